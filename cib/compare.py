"""Two runs side by side: the links, accounts and networks of both or of one alone, and which settings may be why."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from cib.errors import RunError
from cib.report.run import RunFiles
from cib.report.safe import for_sheet, for_terminal
from cib.report.words import aligned, count, listed

__all__ = ["Change", "Comparison", "Fate", "Shared", "compare", "describe", "write_lists"]

_HALF: Final = 0.5
_ENDS: Final = ["source", "target"]
_ALL_LAYERS: Final = "all layers"
_ABSENT: Final = "(none)"
_SHOWN: Final = 100
"""Longest value of a setting that is printed."""
_WHERE: Final = ("both", "only first", "only second")


@dataclass(frozen=True)
class Shared:
    """How many members of two sets are in both, only in the first, only in the second."""

    both: int
    first: int
    second: int

    @property
    def jaccard(self) -> float:
        """Share of all members that are in both sets; 1 for two empty sets, which are the same."""
        total = self.both + self.first + self.second
        return self.both / total if total else 1.0


@dataclass(frozen=True)
class Fate:
    """What became of a network of the first run in the second, or where one of the second comes from.

    Attributes
    ----------
    network, accounts : number and size in the first run; None and 0: it is new.
    became : kept (as many accounts), grew, shrank, split, merged, gone or new (see :func:`compare`).
    other, other_accounts : the network of the second run that is most like it (Jaccard index); None and 0 without any.
    shared : accounts in both.
    counterparts : all networks of the second run that belong together with it.
    """

    network: int | None
    accounts: int
    became: str
    other: int | None
    other_accounts: int
    shared: int
    counterparts: tuple[int, ...] = ()

    @property
    def jaccard(self) -> float:
        """Jaccard index of the two networks' accounts."""
        return self.shared / (self.accounts + self.other_accounts - self.shared)


@dataclass(frozen=True)
class Change:
    """A value that two manifests do not share; None: the key is not there."""

    key: str
    first: str | None
    second: str | None


@dataclass(frozen=True)
class Comparison:
    """Two runs, compared.

    Attributes
    ----------
    folders : of both runs, as given.
    read : (posts, accounts) of both.
    same_data : whether both read files of the same content.
    changes : settings and versions that differ, by dotted key.
    links : links of the fused graph, and kept edges of each layer, by name.
    accounts : accounts in a network.
    ami, ari : adjusted mutual information (arithmetic mean) and adjusted Rand index of the two partitions of the
        accounts that are in a network in both runs; None if there are none.
    fates : every network of the first run, then the new ones of the second.
    """

    folders: tuple[str, str]
    read: tuple[tuple[int, int], tuple[int, int]]
    same_data: bool
    changes: list[Change]
    links: dict[str, Shared]
    accounts: Shared
    ami: float | None
    ari: float | None
    fates: list[Fate]


def compare(first: RunFiles, second: RunFiles) -> Comparison:
    """Compare two runs.

    Two networks *belong together* if at least half of the smaller one's accounts are in the other. A network of the
    first run with no counterpart in the second is *gone*, with several it is *split*; if its one counterpart belongs to
    several networks of the first run it is *merged*; else it *grew*, *shrank* or is *kept*, by its number of accounts.
    A network of the second run with no counterpart in the first is *new*.

    Parameters
    ----------
    first, second : two runs, of the same data or not.

    Raises
    ------
    RunError
        A run is not complete.
    TableError
        A run was written by another version, whose tables have other columns.

    Notes
    -----
    Linear in edges; the edges of one layer of both runs are held at a time.
    """
    one, two = first.manifest, second.manifest
    homes = [run.homes for run in (first, second)]
    members = [run.table("members", ["account_id", "network"]) for run in (first, second)]
    ami, ari = _agreement(*homes)
    return Comparison(
        folders=(str(first.folder), str(second.folder)),
        read=((one["read"]["posts"], one["read"]["accounts"]), (two["read"]["posts"], two["read"]["accounts"])),
        same_data=_contents(one) == _contents(two),
        changes=_changes(_told(one), _told(two)),
        links={name: _shared(_links(first, name), _links(second, name), on=_ENDS) for name in _names(one, two)},
        accounts=_shared(*homes, on=["account_id"]),
        ami=ami,
        ari=ari,
        fates=_fates(*members),
    )


def _names(one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    """Return what links are compared by: all layers together, then each layer of either run."""
    return [_ALL_LAYERS, *dict.fromkeys([*one["layers"], *two["layers"]])]


def _links(run: RunFiles, name: str) -> pl.DataFrame:
    """Return source, target and weight of the fused graph, or of the edges of a layer that its rules keep."""
    if name == _ALL_LAYERS:
        return run.table("graph", [*_ENDS, "weight"])
    return run.scan("edges").filter(pl.col("layer") == name, "kept").select(*_ENDS, "weight").collect()


def _shared(first: pl.DataFrame, second: pl.DataFrame, *, on: list[str]) -> Shared:
    both = len(first.join(second, on=on, how="semi"))
    return Shared(both, len(first) - both, len(second) - both)


def _agreement(first: pl.DataFrame, second: pl.DataFrame) -> tuple[float | None, float | None]:
    from sklearn import metrics

    both = first.join(second, on="account_id").sort("account_id")
    if both.is_empty():
        return None, None
    with warnings.catch_warnings():  # it warns of many small networks, as if they were mistaken for measurements
        warnings.simplefilter("ignore", UserWarning)
        labels = both["network"].to_numpy(), both["network_right"].to_numpy()
        return float(metrics.adjusted_mutual_info_score(*labels)), float(metrics.adjusted_rand_score(*labels))


def _fates(first: pl.DataFrame, second: pl.DataFrame) -> list[Fate]:
    """Return what became of each network of the first run, in their order, then the new ones of the second."""
    before, after = (dict(members.group_by("network").len().sort("network").iter_rows()) for members in (first, second))
    shared = first.join(second, on="account_id").group_by("network", "network_right").len(name="shared")
    sizes = [frame.group_by("network").len() for frame in (first, second)]
    met = (
        shared.join(sizes[0], on="network")
        .join(sizes[1], left_on="network_right", right_on="network", suffix="_right")
        .with_columns(
            together=pl.col("shared") >= _HALF * pl.min_horizontal("len", "len_right"),
            likeness=pl.col("shared") / (pl.col("len") + pl.col("len_right") - pl.col("shared")),
        )
        .sort(["network", "likeness", "network_right"], descending=[False, True, False])
    )
    together = met.filter("together").sort("network", "network_right")
    counterparts = dict(together.group_by("network").agg("network_right").iter_rows())
    origins = dict(together.group_by("network_right").len().iter_rows())
    best = {row[0]: row[1:] for row in met.unique("network", keep="first").select(*shared.columns).iter_rows()}
    fates = []
    for network, accounts in before.items():
        other, both = best.get(network, (None, 0))
        parts = tuple(counterparts.get(network, ()))
        became = _became(accounts, [(after[part], origins[part]) for part in parts])
        fates.append(Fate(network, accounts, became, other, after.get(other, 0), both, parts))
    new = [Fate(None, 0, "new", number, size, 0) for number, size in after.items() if number not in origins]
    return fates + new


def _became(accounts: int, counterparts: list[tuple[int, int]]) -> str:
    """Return the word for a network from the sizes of its counterparts and how many networks each comes from."""
    if len(counterparts) != 1:
        return "split" if counterparts else "gone"
    size, origins = counterparts[0]
    if origins > 1:
        return "merged"
    return "kept" if size == accounts else "grew" if size > accounts else "shrank"


def _contents(manifest: dict[str, Any]) -> list[str]:
    return sorted(file["blake2b"] for file in manifest["inputs"])


def _told(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what may explain a difference: settings (the names of input files apart) and versions."""
    settings = manifest["config"]["settings"]
    named = {name: value for name, value in settings["input"].items() if name not in {"files", "accounts"}}
    versions = {"cib": manifest["cib_version"], "python": manifest["python"], "packages": manifest["packages"]}
    told: dict[str, Any] = settings | {"input": named} | versions
    return told


def _changes(first: dict[str, Any], second: dict[str, Any], prefix: str = "") -> list[Change]:
    """Return the keys that differ, in the order of the first; a section that only one has is one change."""
    found = []
    for name in dict.fromkeys([*first, *second]):
        one, two = first.get(name), second.get(name)
        if isinstance(one, dict) and isinstance(two, dict):
            found += _changes(one, two, f"{prefix}{name}.")
        elif one != two or (name in first) != (name in second):
            values = (_value(one) if name in first else None, _value(two) if name in second else None)
            found.append(Change(prefix + name, *values))
    return found


def _value(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def write_lists(first: RunFiles, second: RunFiles, path: Path) -> int:
    """Write every link and every account in a network of either run as CSV, and return the rows.

    Columns: kind (link, account), layer, account_id, other_account_id (of links), found_in (both, first, second),
    first, second (weight of the link, number of the account's network). Text that a spreadsheet would run is defused.

    Raises
    ------
    RunError
        A run is not complete, or the file cannot be written.
    """
    names = _names(first.manifest, second.manifest)
    parts = [
        _listed(_links(first, name), _links(second, name), on=_ENDS).with_columns(
            kind=pl.lit("link"), layer=pl.lit(name)
        )
        for name in names
    ]
    accounts = _listed(first.homes, second.homes, on=["account_id"])
    parts.append(
        accounts.with_columns(
            kind=pl.lit("account"), layer=pl.lit(None, pl.String), target=pl.lit(None, pl.String)
        ).rename({"account_id": "source"})
    )
    columns = ["kind", "layer", *_ENDS, "found_in", "first", "second"]
    rows = pl.concat(part.select(columns) for part in parts)
    named = rows.rename({"source": "account_id", "target": "other_account_id"})
    try:
        for_sheet(named).write_csv(path)
    except OSError as error:
        msg = f"Cannot write {path}: {error.strerror or error}. Choose another file with --out."
        raise RunError(msg) from error
    return len(rows)


def _listed(first: pl.DataFrame, second: pl.DataFrame, *, on: list[str]) -> pl.DataFrame:
    """Return the members of both sets, by their keys, with the value of each set and where they were found."""
    value = first.columns[-1]
    both = first.rename({value: "first"}).join(second.rename({value: "second"}), on=on, how="full", coalesce=True)
    found = (
        pl.when(pl.col("first").is_null())
        .then(pl.lit("second"))
        .when(pl.col("second").is_null())
        .then(pl.lit("first"))
        .otherwise(pl.lit("both"))
    )
    return both.with_columns(pl.col("first", "second").cast(pl.Float64), found_in=found).sort(on)


def describe(found: Comparison) -> str:
    """Return the comparison as text for a terminal."""
    lines = [
        f"{name:<6}  {for_terminal(folder)}: {count(posts, 'post')} by {count(accounts, 'account')}"
        for name, folder, (posts, accounts) in zip(("first", "second"), found.folders, found.read, strict=True)
    ]
    if not found.same_data:
        lines += [
            "",
            "The runs read different files: what differs below may come from the data, not from the settings.",
        ]
    return "\n".join([*lines, "", *_said_changes(found.changes), "", *_said_sets(found), "", *_said_fates(found.fates)])


def _said_changes(changes: list[Change]) -> list[str]:
    if not changes:
        return ["Settings and versions are the same."]
    rows = [[f"  {for_terminal(one.key)}", f"{_cut(one.first)} -> {_cut(one.second)}"] for one in changes]
    return ["Settings and versions that differ, first -> second:", *aligned(rows, left={0, 1})]


def _cut(value: str | None) -> str:
    text = _ABSENT if value is None else for_terminal(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _said_sets(found: Comparison) -> list[str]:
    named = {f"links, {name}": sets for name, sets in found.links.items()} | {"accounts in networks": found.accounts}
    rows = [
        [for_terminal(name), *(f"{n:,}" for n in (sets.both, sets.first, sets.second)), f"{sets.jaccard:.3f}"]
        for name, sets in named.items()
    ]
    lines = aligned([["", *_WHERE, "Jaccard"], *rows], left={0})
    if found.ami is None or found.ari is None:
        return [*lines, "No account is in a network in both runs."]
    same = f"On the {count(found.accounts.both, 'account')} in a network in both, the groups agree: "
    return [*lines, f"{same}AMI {found.ami:.3f}, ARI {found.ari:.3f} (0 is chance, 1 is identity)"]


def _said_fates(fates: list[Fate]) -> list[str]:
    if not fates:
        return ["Neither run found a network."]
    heads = ["first", "accounts", "became", "second", "accounts", "in both", "Jaccard"]
    rows = [
        [
            "–" if one.network is None else str(one.network),
            f"{one.accounts:,}" if one.accounts else "–",
            one.became,
            "–" if one.other is None else str(one.other),
            f"{one.other_accounts:,}" if one.other_accounts else "–",
            f"{one.shared:,}",
            f"{one.jaccard:.3f}",
        ]
        for one in fates
    ]
    words = [fate.became for fate in fates]
    summary = listed([f"{words.count(word):,} {word}" for word in dict.fromkeys(words)])
    splits = [
        f"{one.network} is split into {listed([str(part) for part in one.counterparts])}"
        for one in fates
        if one.became == "split"
    ]
    return [f"Networks: {summary}", *aligned([heads, *rows], left={2}), *splits]
