"""Canonical links: speed, and what becomes one here and elsewhere; `python bench/links.py --data FOLDER`.

Takes every link that stands in the text files below the folder, but for t.co's and those cut off. The other libraries
are no dependencies of cib: `pip install ural courlan w3lib` where this runs. Prints Markdown.
"""

import argparse
import gzip
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from cib.traces.address import canonical

LINK = re.compile(r"https?://[^\s\"'<>\\)\]},|]+")
SHOWN = 5


def links_below(folder: Path) -> pl.Series:
    """Return the distinct links in CSV, JSON, YAML, text and Markdown files, sorted."""
    found: set[str] = set()
    for path in sorted(folder.rglob("*")):
        if re.search(r"\.(csv|jsonl?|gz|ya?ml|txt|md)$", path.name):
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            text = raw.decode("utf-8", "replace").replace("\\/", "/").replace("\\u0026", "&")
            found.update(LINK.findall(text))
    return pl.Series(sorted(link for link in found if "//t.co/" not in link and "…" not in link))


def tried(function: Callable[[str], str], link: str) -> str | None:
    """Return what a library makes of a link; None if it gives up."""
    try:
        return function(link)
    except ValueError:
        return None


def merged(frame: pl.DataFrame, by: str, other: str) -> tuple[int, list[list[str]]]:
    """Return how many groups are one form in column `by` and several in `other`, and the first of them."""
    groups = frame.drop_nulls().group_by(by).agg(pl.col(other).n_unique().alias("forms"), "link").sort(by)
    apart = groups.filter(pl.col("forms") > 1)
    return len(apart), apart["link"].head(SHOWN).to_list()


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    links = links_below(parser.parse_args().data)
    million = pl.concat([links + (f"?n={n}" if n % 2 else f"&x={n}") for n in range(25)]).unique()
    before = time.process_time()
    canonical(million)
    here = len(million) / (time.process_time() - before)
    print(f"| | links a CPU second |\n|---|---:|\n| cib, {len(million):,} distinct | {here:,.0f} |")
    from courlan import clean_url
    from ural import normalize_url
    from w3lib.url import canonicalize_url

    libraries = {"ural": normalize_url, "courlan": clean_url, "w3lib": canonicalize_url}
    frame = pl.DataFrame({"link": links, "cib": canonical(links)})
    for name, function in libraries.items():
        before = time.process_time()
        forms = [tried(function, link) for link in links]
        print(f"| {name}, {len(links):,} | {len(links) / (time.process_time() - before):,.0f} |")
        frame = frame.with_columns(pl.Series(name, forms, dtype=pl.String))
    for name in ("ural", "w3lib"):
        for by, other in ((name, "cib"), ("cib", name)):
            count, groups = merged(frame.select("link", "cib", name), by, other)
            print(f"\n{count:,} groups are one for {by} and not for {other}, such as {groups}")


if __name__ == "__main__":
    main()
