"""The documentation as a site: pages that stand elsewhere in the repository, and those written from the code.

A hook of MkDocs (see mkdocs.yml). Links that lead out of the site lose their target and keep their words.
"""

import json
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
from reference import pages

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "README.md": "start.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "data/README.md": "data.md",
    "configs/default.toml": "default-config.md",
}
_REMOTE = re.compile(r"https://[^\"' ]*/iframe-worker/shim")
"""What the theme fetches so that its search works without a server; docs/vendor has it, iframe-worker 1.0.4, MIT."""
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)|!\[([^\]]*)\]\(([^)\s]+)\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in docs/."""
    made = {new: _text(ROOT / old) for old, new in ELSEWHERE.items()}
    made |= {"tutorial.md": _notebook(ROOT / "docs" / "tutorial.ipynb")} | pages()
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Lead links to where the pages stand on the site."""
    old = next((old for old, new in ELSEWHERE.items() if new == page.file.src_uri), f"docs/{page.file.src_uri}")
    here = posixpath.dirname(page.file.src_uri)

    def led(found: re.Match[str]) -> str:
        picture = found[2] is None
        words, target = (found[3], found[4]) if picture else (found[1], found[2])
        if "://" in target or target.startswith(("#", "mailto:")):
            return found[0]
        path, hash_, heading = target.partition("#")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(old), path))
        there = ELSEWHERE.get(place, place.removeprefix("docs/") if place.startswith("docs/") else "")
        if files.get_file_from_path(there) is None:
            return words
        return f"{'!' * picture}[{words}]({posixpath.relpath(there, here or '.')}{hash_}{heading})"

    return _LINK.sub(led, markdown)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Take the one script that the theme would fetch from docs/vendor."""
    here = posixpath.dirname(page.file.dest_uri)
    return _REMOTE.sub(posixpath.relpath("vendor/iframe-worker.js", here or "."), output)


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text if path.suffix == ".md" else f"# {path.parent.name}/{path.name}\n\n```{path.suffix[1:]}\n{text}```\n"


def _notebook(path: Path) -> str:
    """Return a notebook's cells as a page; its outputs are not kept."""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(parts) + "\n"
