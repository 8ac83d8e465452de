"""Crowds that nobody coordinates: what the default finds in them; `python bench/crowds.py --data FOLDER`.

Public collections (data/README.md says where they are published), each with 19 shuffles, which is what tier B asks for,
and once more with links asked for no false-discovery rate. Prints Markdown.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import polars as pl
from quoted import table

from cib import config as configs
from cib.pipeline import Job, run

ROOT: Final = Path(__file__).parents[1]
SHUFFLES: Final = 19
CROWDS: Final = {
    "70 minutes of a boxing match, same hashtags, same minutes (FiveThirtyEight 2017)": {
        "input.files": ["control/mayweather_mcgregor_2017.csv"],
        "input.timezone": "America/New_York",
        "input.platform": "twitter",
    },
    "breaking-news conversations 2014 to 2016 (PHEME)": {
        "input.files": ["control/news_event_tweets.parquet"],
        "input.timezone": "UTC",
        "input.platform": "twitter",
    },
}
TIERS: Final = ("A", "B", "C")


def found(data: Path, given: dict[str, Any], q: float | None) -> dict[str, str]:
    """Run a crowd; return its posts and accounts, links, networks and these by tier."""
    settings = configs.load(
        ROOT / "bench" / "default.toml",
        overrides={**given, "control.runs": SHUFFLES, **({} if q is None else {"graph.q": q})},
    )
    with tempfile.TemporaryDirectory() as folder:
        out = run(Job("crowd", settings, data, Path(folder) / "out"))
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        links = pl.scan_parquet(out / "tables" / "graph.parquet").select(pl.len()).collect().item()
        tiers = pl.read_parquet(out / "tables" / "networks.parquet", columns=["tier"])["tier"].to_list()
    return {
        "size": f"{manifest['read']['posts']:,}, {manifest['read']['accounts']:,}",
        "links": f"{links:,}",
        "networks": str(len(tiers)),
        "tiers": ", ".join(str(tiers.count(tier)) for tier in TIERS),
    }


def main() -> None:
    """Parse the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data.absolute()
    rows = []
    for name, given in CROWDS.items():
        default, loose = found(data, given, None), found(data, given, 1.0)
        open_to_all = ", ".join(loose[what] for what in ("links", "networks", "tiers"))
        rows.append([name, *(default[what] for what in ("size", "links", "networks", "tiers")), open_to_all])
    head = ["corpus", "posts, accounts", "links kept", "networks", "of these in tier A, B, C"]
    print(table([*head, "with `[graph] q = 1`: links, networks, of these in tier A, B, C"], rows))


if __name__ == "__main__":
    main()
