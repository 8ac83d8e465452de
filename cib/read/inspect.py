"""What ``cib inspect`` shows: how a file would be read, before anything is run on it.

The file is read whole, by the same code as a run, into a folder that is thrown away afterwards; so what
is shown is what a run does.
"""

import json
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import polars as pl

from cib.errors import InputError
from cib.read.fields import FIELDS
from cib.read.ids import id_times
from cib.read.plan import Plan, plan_files
from cib.read.rows import time_rule
from cib.read.stage import ReadSummary, read
from cib.read.time_patterns import patterns_for
from cib.read.times import BAD_TIME, NO_ZONE
from cib.settings import InputSettings, RunSettings
from cib.tables import ACCOUNTS, LEDGER, POSTS

__all__ = ["Inspection", "Layout", "describe", "inspect"]

Idle: TypeAlias = Callable[[pl.LazyFrame, float], dict[str, str]]

_SHORT: Final = 100
_COARSE_S: Final = 60.0
_SOME: Final = 1000
_MANY: Final = 30
_SHARES: Final = {
    "link": pl.col("urls").is_not_null(),
    "hashtag": pl.col("hashtags").is_not_null(),
    "mention": pl.col("mentions").is_not_null(),
    "text": pl.col("text").is_not_null(),
    "media": pl.col("media").is_not_null(),
    "other object": pl.col("objects").is_not_null(),
    "reply's parent": (pl.col("kind") == "reply") & pl.col("parent_post_id").is_not_null(),
    "repost's original": (pl.col("kind") == "repost") & pl.col("parent_post_id").is_not_null(),
}
_UNITS: Final = {86400.0: "whole days", 3600.0: "whole hours", 60.0: "whole minutes", 1.0: "whole seconds"}


@dataclass(frozen=True)
class Layout:
    """How the files of one layout are read.

    Attributes
    ----------
    files : their names.
    form : csv, ndjson or parquet.
    format, why : the reader, and why that one.
    delimiter, encoding : of text files.
    fields : field, its columns, and where that comes from.
    unused : column and why it is not used.
    rows : the first rows as they are in the file.
    zone : how times without a zone are taken.
    documents : whether the rows are taken out of JSON documents, not columns of a table.
    times : strptime patterns that would read its times, where no common form does.
    """

    files: list[str]
    form: str
    format: str
    why: str
    delimiter: str
    encoding: str
    fields: list[tuple[str, tuple[str, ...], str]]
    unused: list[tuple[str, str]]
    rows: list[dict[str, Any]]
    zone: str
    documents: bool
    times: list[str]


@dataclass(frozen=True)
class Inspection:
    """What reading the input would give.

    Attributes
    ----------
    layouts : one for each way in which files are laid out; mostly one.
    summary : what was read; None if it cannot be.
    problem : why it cannot be read, '' if it can.
    posts : the first posts, as read.
    shares : sort of trace -> share of the posts that have it.
    coverage : field of posts, or of accounts with 'account ' before it -> share that has it.
    layers : layer -> why it cannot run on these posts, '' if it can.
    gone : file, reason, number and first examples of the rows that are refused, dropped or merged.
    toml : an ``[input]`` section that says all this explicitly.
    """

    layouts: list[Layout]
    summary: ReadSummary | None
    problem: str
    posts: list[dict[str, Any]]
    shares: dict[str, float]
    coverage: dict[str, float]
    layers: dict[str, str]
    gone: list[tuple[str, str, int, list[str]]]
    toml: str


def inspect(path: Path, settings: InputSettings, *, rows: int = 5, idle: Idle | None = None) -> Inspection:
    """Read a file, folder or glob and say how it was understood.

    Parameters
    ----------
    path : what ``input.files`` would name, relative to the current folder.
    settings : the input section; its ``files``, ``accounts`` and ``sources`` are not used.
    rows : first rows to show.
    idle : (POSTS, the step their times keep to in seconds) -> layer -> why it cannot run, '' if it can.

    Raises
    ------
    InputError, ConfigError
        The columns cannot be made out at all. What goes wrong later, in the rows, is part of the answer.
    """
    root = Path.cwd()
    # The whole path, since the section may be pasted into a config in another folder.
    settings = settings.model_copy(update={"files": (str(root / path),), "accounts": (), "sources": {}})
    plans = plan_files(settings, root)
    layouts = _layouts(plans, settings, rows)
    with tempfile.TemporaryDirectory(prefix="cib-inspect-") as folder:
        out = Path(folder)
        try:
            summary = read(settings, root=root, out=out, memory=RunSettings().memory)
        except InputError as error:
            gone = _refused(out / "quarantine.ndjson")
            return Inspection(layouts, None, str(error), [], {}, {}, {}, gone, _toml(layouts, settings, gone))
        posts, accounts = pl.scan_parquet(out / "posts.parquet"), pl.scan_parquet(out / "accounts.parquet")
        first = posts.head(rows).select("created_at", "account_id", "kind", "text").collect().to_dicts()
        gone = _gone(out / "ledger.parquet")
        toml = _toml(layouts, settings, gone, advice=_advice(posts, settings, summary))
        return Inspection(
            layouts=layouts, summary=summary, problem="", posts=first, gone=gone, toml=toml,
            shares=_means(posts, _SHARES), coverage=_coverage(posts, accounts),
            layers=idle(posts, summary.resolution_s) if idle is not None else {},
        )  # fmt: skip


def _means(frame: pl.LazyFrame, shares: dict[str, pl.Expr]) -> dict[str, float]:
    means = frame.select(**{name: share.mean() for name, share in shares.items()})
    return means.collect(engine="streaming").row(0, named=True)


def _coverage(posts: pl.LazyFrame, accounts: pl.LazyFrame) -> dict[str, float]:
    """Return the share of posts, and of accounts, that have each field that may be missing."""
    of_posts = {name: pl.col(name).is_not_null() for name, column in POSTS.columns.items() if column.nullable}
    of_accounts = {
        f"account {name}": pl.col(name).is_not_null() for name, column in ACCOUNTS.columns.items() if column.nullable
    }
    return _means(posts, of_posts) | _means(accounts, of_accounts)


def _advice(posts: pl.LazyFrame, settings: InputSettings, summary: ReadSummary) -> str:
    """Return the setting that would make coarse times finer, '' if nothing would."""
    if settings.id_times != "off" or summary.resolution_s < _COARSE_S:
        return ""
    some = posts.select("post_id", "platform").head(_SOME).collect()
    told = id_times(some["post_id"], some["platform"], exact=True).drop_nulls()
    return '# id_times = "finer"  # the ids tell finer times than the source' if len(told) else ""


def _layouts(plans: list[Plan], settings: InputSettings, rows: int) -> list[Layout]:
    """Group files that are read alike, in order of first appearance."""
    alike: dict[tuple[object, ...], list[Plan]] = {}
    for plan in plans:
        key = (
            plan.file.form,
            plan.reader.name,
            plan.source.delimiter,
            *plan.source.names,
            *plan.mapped.columns.items(),
        )
        alike.setdefault(key, []).append(plan)
    return [_layout(group, settings, rows) for group in alike.values()]


def _layout(plans: list[Plan], settings: InputSettings, rows: int) -> Layout:
    plan = plans[0]
    mapped = plan.mapped
    return Layout(
        files=[same.file.label for same in plans],
        form=plan.file.form,
        format=plan.reader.name,
        why=plan.why,
        delimiter=plan.source.delimiter,
        encoding=plan.file.encoding,
        fields=[(name, mapped.columns[name], mapped.why[name]) for name in FIELDS if name in mapped.columns],
        unused=[(name, mapped.aside.get(name, "")) for name in mapped.unused(plan.source.names)],
        rows=plan.head.head(rows).to_dicts(),
        zone=_zone(plan, settings),
        documents=plan.source.layout is not None,
        times=_odd_times(plan),
    )


def _odd_times(plan: Plan) -> list[str]:
    names = plan.mapped.columns.get("created_at", ())
    return patterns_for(plan.head[names[0]]) if names and names[0] in plan.head.columns else []


def _zone(plan: Plan, settings: InputSettings) -> str:
    if settings.timezone:
        return f"taken as {settings.timezone} (input.timezone)"
    zone = time_rule(plan.reader, settings).zone
    return f"taken as {zone} (the source's convention)" if zone else "refused (set input.timezone)"


def _gone(ledger: Path) -> list[tuple[str, str, int, list[str]]]:
    lost = LEDGER.check(pl.read_parquet(ledger)).filter(pl.col("rows_out") < pl.col("rows_in"))
    return [(row["where"], row["reason"], row["rows_in"] - row["rows_out"], row["examples"]) for row in lost.to_dicts()]


def _refused(quarantine: Path) -> list[tuple[str, str, int, list[str]]]:
    """Count the quarantine itself: of a file that cannot be read there is no ledger."""
    if not quarantine.exists() or not quarantine.stat().st_size:
        return []
    schema = {"file": pl.String, "row": pl.UInt32, "reason": pl.String, "start": pl.String}
    lines = pl.scan_ndjson(quarantine, schema=schema)
    counts = lines.group_by("file", "reason").agg(n=pl.len(), first=pl.col("row").sort().head(3)).sort("file", "reason")
    return [
        (row["file"], row["reason"], row["n"], [f"row {number}" for number in row["first"]])
        for row in counts.collect(engine="streaming").to_dicts()
    ]


def _toml(
    layouts: list[Layout], settings: InputSettings, gone: list[tuple[str, str, int, list[str]]], *, advice: str = ""
) -> str:
    """Return an [input] section that fixes what was guessed; with several layouts, columns stay to be guessed."""
    defaults = InputSettings()
    first = layouts[0]
    alone = len(layouts) == 1
    chosen: dict[str, Any] = {"files": list(settings.files), "format": first.format if alone else "auto"}
    if alone and first.form == "csv":
        chosen["delimiter"] = first.delimiter
    for key in (
        "platform",
        "timezone",
        "time_format",
        "encoding",
        "list_separator",
        "exact_repeats",
        "damaged_ids",
        "id_times",
    ):
        value = getattr(settings, key)
        if value != getattr(defaults, key):
            chosen[key] = value
    lines = ["[input]", *(f"{key} = {_toml_value(value)}" for key, value in chosen.items())]
    lines += _remarks(first, {reason for _, reason, _, _ in gone}, settings)
    if advice:
        lines.append(advice)
    if alone and first.documents:
        return "\n".join([*lines, "# What is which field of a JSON document is the format's own business.", ""])
    if not alone:
        return "\n".join([*lines, "# The files differ in their columns, so these are left to be recognised.", ""])
    lines += ["", "[input.columns]"]
    lines += [
        f"{name} = {_toml_value(columns[0] if len(columns) == 1 else list(columns))}"
        for name, columns, _ in first.fields
    ]
    return "\n".join([*lines, ""])


def _remarks(layout: Layout, reasons: set[str], settings: InputSettings) -> Iterator[str]:
    """Yield what the user may have to add, as comments."""
    odd = layout.times if BAD_TIME in reasons and not settings.time_format else []
    first = {"%d": ", the day first", "%m": ", the month first"}
    yield from (f'# time_format = "{form}"  # it reads these times{first.get(form[:2], "")}' for form in odd)
    if NO_ZONE in reasons or (odd and not settings.timezone):
        yield '# timezone = "UTC"  # the times carry no zone: name the one that the source means'


def _toml_value(value: str | list[str]) -> str:
    """Write a string or a list of strings; JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def describe(inspection: Inspection) -> str:
    """Return the inspection as text for a terminal; nothing from the files can control it."""
    parts = [line for layout in inspection.layouts for line in _layout_lines(layout)]
    if inspection.summary is None:
        parts += ["", f"It cannot be read: {_plain(inspection.problem, 2000)}", *_raw_lines(inspection.layouts[0])]
    else:
        parts += ["", *_summary_lines(inspection, inspection.summary)]
    if inspection.gone:
        parts += ["", "Rows that do not become posts of their own:"]
        parts += [
            f"  {count:,} of {_plain(where)}: {_plain(reason, 300)} ({', '.join(map(_plain, examples))})"
            for where, reason, count, examples in inspection.gone
        ]
    notes = inspection.summary.notes if inspection.summary else []
    parts += ["", *(f"Note: {_plain(note, 500)}" for note in notes)] if notes else []
    toml = [_plain(line, 2000) for line in inspection.toml.splitlines()]
    return "\n".join([*parts, "", "To fix what was guessed, put this into the config:", "", *toml, ""])


def _layout_lines(layout: Layout) -> Iterator[str]:
    more = f" and {len(layout.files) - 1:,} more" if len(layout.files) > 1 else ""
    how = f", columns separated by {layout.delimiter!r}" if layout.form == "csv" else ""
    how += f", {layout.encoding}" if layout.form != "parquet" else ""
    yield f"{_plain(layout.files[0])}{more}: {layout.form}{how}"
    yield f"Format: {layout.format} ({_plain(layout.why, 300)})"
    yield "Fields:" if layout.documents else "Columns:"
    width = max(len(name) for name, _, _ in layout.fields)
    for name, columns, why in layout.fields:
        origin = why if layout.documents else f"{', '.join(map(_plain, columns))}  ({why})"
        yield f"  {name:<{width}}  <- {origin}"
    if layout.unused:
        told = [f"{_plain(name)} ({why})" for name, why in layout.unused if why]
        silent = [_plain(name) for name, why in layout.unused if not why]
        rest = [f"and {len(silent) - _MANY} more"] if len(silent) > _MANY else []
        yield f"Not used: {', '.join(told + silent[:_MANY] + rest)}"


def _summary_lines(inspection: Inspection, summary: ReadSummary) -> Iterator[str]:
    rows = sum(entry["rows"] for entry in summary.inputs)
    unit = _UNITS.get(summary.resolution_s, "parts of seconds")
    yield f"Rows: {rows:,}; posts: {summary.posts:,}; accounts: {summary.accounts:,}; refused rows: {summary.refused:,}"
    yield f"Times: {summary.first_at} to {summary.last_at}, in {unit}"
    yield f"Times without a zone: {', '.join(dict.fromkeys(layout.zone for layout in inspection.layouts))}"
    yield "Posts with: " + ", ".join(f"{name} {share:.1%}" for name, share in inspection.shares.items())
    coverage = {name: share for name, share in inspection.coverage.items() if share}
    yield "Fields known of: " + ", ".join(f"{name} {share:.0%}" for name, share in coverage.items())
    yield "Fields not known: " + ", ".join(name for name in inspection.coverage if name not in coverage)
    yield from _layer_lines(inspection.layers)
    yield "First posts:"
    for post in inspection.posts:
        at, account = post["created_at"], _plain(post["account_id"], 40)
        yield f"  {at:%Y-%m-%d %H:%M:%S} {account} {post['kind']} {_plain(post['text'] or '')}".rstrip()


def _layer_lines(layers: dict[str, str]) -> Iterator[str]:
    able = [name for name, reason in layers.items() if not reason]
    if layers:
        yield f"Layers that can run: {', '.join(map(_plain, able)) or 'none'}"
    yield from (f"  cannot: {_plain(name)}: {_plain(reason, 300)}" for name, reason in layers.items() if reason)


def _raw_lines(layout: Layout) -> Iterator[str]:
    yield "First rows:"
    for row in layout.rows:
        yield "  " + _plain(json.dumps(row, default=str, ensure_ascii=False), 300)


def _plain(text: str, length: int = _SHORT) -> str:
    """Shorten a text and escape everything in it that is not a visible character or a blank."""
    short = text if len(text) <= length else text[: length - 1] + "…"
    return "".join(_escaped(char) if _unseen(char) else char for char in short)


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
