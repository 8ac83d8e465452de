"""What the rows of bench/worlds.py come to, as Markdown and as a figure."""

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import polars as pl
from quoted import table

COLUMNS: Final = ("score", "coherence", "centrality", "strength")
RATES: Final = (0.001, 0.01, 0.05)
TIERS: Final = ("A", "B", "C", "abstain")
TRIVIAL: Final = {"posts": "number of posts", "random": "chance"}
_DEFAULT: Final = "default"
_DECOYS: Final = {
    "fans": "fans of one account",
    "newsroom": "a newsroom",
    "feeds": "feeds of one source",
    "activists": "activists",
    "share_button": "users of a share button",
    "news_day": "the public on a day of news",
    "public": "other ordinary accounts",
}
Rows: TypeAlias = list[dict[str, Any]]


def rows_of(*files: Path) -> Rows:
    """Return the rows that were kept in files."""
    return [row for file in files for row in json.loads(file.read_text(encoding="utf-8"))]


def _by(rows: Rows, *keys: str) -> dict[tuple[Any, ...], Rows]:
    """Return the rows by the values of some keys, in order."""
    found: dict[tuple[Any, ...], Rows] = {}
    for row in sorted(rows, key=lambda row: tuple(row[key] for key in keys)):
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def _sized(rows: Rows) -> Rows:
    """Return the rows with the size of their campaign."""
    return [row | {"size": int(row["campaign"].split("@")[0])} for row in rows]


def ladder(rows: Rows) -> str:
    """Return the average precision of the default's score by size and level, without decoys and with them."""
    head = ["accounts @ level", "worlds without, with decoys"]
    head += [
        f"{which}{what}"
        for which in ("without decoys: ", "with decoys: ")
        for what in ("median", "mean", "least", "first in rank")
    ]
    told = []
    for (size, level), part in _by(_sized(rows), "size", "level").items():
        halves = [[row for row in part if row["decoys"] is decoys] for decoys in (False, True)]
        figures = [cell for half in halves for cell in _spread(half)]
        told.append([f"{size} @ {level}", ", ".join(str(len(half)) for half in halves), *figures])
    return table(head, told)


def _spread(rows: Rows) -> list[str]:
    if not rows:
        return ["–"] * 4
    scores = [row["score"] for row in rows]
    first = np.mean([row["rank"] == 1 for row in rows])
    return [
        *(f"{value:.2f}" for value in (np.median(scores), np.mean(scores), min(scores))),
        f"{first:.0%}".replace("%", " %"),
    ]


def limit(rows: Rows) -> str:
    """Return for each size the lowest level down to which the mean average precision is 0.95 or more, either way."""
    means = {
        key: min(np.mean([row["score"] for row in part if row["decoys"] is decoys]) for decoys in (False, True))
        for key, part in _by(_sized(rows), "size", "level").items()
    }
    said = []
    for size in sorted({size for size, _ in means}):
        levels = sorted(level for one, level in means if one == size)
        reached = [level for level in levels if all(means[size, below] >= 0.95 for below in levels if below <= level)]
        said.append(f"{size} accounts: " + (f"down to level {max(reached)}" if reached else "at no level"))
    return "; ".join(said)


def short(rows: Rows) -> str:
    """Return the median average precision with decoys of campaigns of 20 accounts and more, in a line."""
    said = []
    for (level,), part in _by([row for row in _sized(rows) if row["decoys"] and row["size"] >= 20], "level").items():
        medians = [f"{np.median([row['score'] for row in one]):.2f}" for one in _by(part, "size").values()]
        said.append(f"level {level}: {', '.join(medians)}")
    return "; ".join(said)


def methods(rows: Rows, measure: str) -> str:
    """Return one measure of every config, medians over worlds; a method's is that of the best of its columns.

    Parameters
    ----------
    rows : of several configs on the same worlds.
    measure : "" for the average precision, or a false-alarm rate.
    """
    campaigns = list(_by(_sized(rows), "size", "level"))
    asked = f" recall {measure}" if measure else ""
    head = [
        f"recall at {float(measure):.1%} false alarms" if measure else "average precision",
        *(f"{size} @ {level}" for size, level in campaigns),
    ]
    told = []
    for config in dict.fromkeys(row["config"] for row in rows):
        by_campaign = _by(_sized([row for row in rows if row["config"] == config]), "size", "level")
        told.append([named(config), *(f"{_best(by_campaign[key], asked):.2f}" for key in campaigns)])
    own = [row for row in rows if row["config"] == _DEFAULT]
    if own:
        plain = _by(_sized(own), "size", "level")
        told.insert(
            1,
            [
                "default, ranked by strength alone",
                *(f"{_median(plain[key], 'strength' + asked):.2f}" for key in campaigns),
            ],
        )
    return table(head, told)


def named(config: str) -> str:
    """Return what a config is called in a table."""
    return TRIVIAL.get(config, config if config == _DEFAULT else f"`{config}`")


def _median(rows: Rows, column: str) -> float:
    return float(np.median([row[column] for row in rows]))


def _best(rows: Rows, asked: str) -> float:
    """Return the median of a measure by the column with the best average precision; by the score, if it is our own."""
    columns = [by for by in COLUMNS if all(row.get(by) is not None for row in rows)]
    by = "score" if rows[0]["own"] or len(columns) == 1 else max(columns, key=lambda column: _median(rows, column))
    return _median(rows, by + asked)


def worst(rows: Rows) -> str:
    """Return the highest score of any network of ordinary accounts or decoys, with decoys and without."""
    both = [
        max((row["worst"] or 0.0 for row in rows if row["decoys"] is decoys), default=0.0) for decoys in (True, False)
    ]
    return f"{both[0]:.1f} with decoys and {both[1]:.1f} without"


def decoys(rows: Rows) -> str:
    """Return how far the best network of each kind of decoy came in the worlds that have them."""
    worlds = list({(row["seed"], row["level"]): row["tiers"] for row in rows if row["decoys"]}.values())
    told = []
    for name, words in _DECOYS.items():
        held = [tiers[name] for tiers in worlds if name in tiers]
        told.append([words, f"{len(held)} of {len(worlds)}", *(held.count(tier) for tier in TIERS)])
    return table(["most of a network is", "worlds with one", *TIERS], told)


def tiers(rows: Rows) -> str:
    """Return the tier of the best network of each campaign and decoy, over worlds."""
    worlds = list({(row["seed"], row["level"]): row["tiers"] for row in rows}.values())
    names = [*_by(_sized(rows), "size", "level"), *_DECOYS]
    told = []
    for name in names:
        key = name if isinstance(name, str) else f"{name[0]}@{name[1]}"
        held = [tiers[key] for tiers in worlds if key in tiers]
        words = _DECOYS.get(key, f"a campaign of {key.replace('@', ' at level ')}")
        told.append([words, *(held.count(tier) for tier in TIERS), len(worlds) - len(held)])
    return table(["most of a network is", *TIERS, "in no network"], told)


def draw(rows: Rows, out: Path) -> None:
    """Draw the median average precision of each size over the levels, with and without decoys."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "cib"
    own = _sized([row for row in rows if row["config"] == _DEFAULT])
    frame = pl.DataFrame([{key: row[key] for key in ("size", "level", "decoys", "score")} for row in own])
    figure, both = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    for axes, with_decoys in zip(both, (False, True), strict=True):
        part = frame.filter(decoys=with_decoys).sort("size", "level")
        for (size,), one in part.group_by("size", maintain_order=True):
            by_level = one.group_by("level", maintain_order=True).agg(
                low=pl.col("score").quantile(0.25), middle=pl.col("score").median(), high=pl.col("score").quantile(0.75)
            )
            axes.plot(by_level["level"], by_level["middle"], marker="o", label=f"{size} accounts")
            axes.fill_between(by_level["level"], by_level["low"], by_level["high"], alpha=0.2)
        title = "with decoys" if with_decoys else "without decoys"
        axes.set(title=title, xlabel="level of the ladder", ylim=(-0.02, 1.02))
    both[0].set_ylabel("average precision of score")
    both[0].legend(frameon=False, fontsize="small")
    figure.savefig(out, metadata={"Date": None})
