"""What would change our mind about a network: what is left of it under other settings, as far as a run can say."""

from typing import Any, Final

import polars as pl

from cib.report.grid import Cell, Grid, by_network, figure_cell, text_cell
from cib.report.quotes import within
from cib.report.run import RunFiles
from cib.report.words import duration, number, people, share

__all__ = ["sensitivity"]

_WINDOWS: Final = (2, 10)
"""The window is divided by these."""
_WEIGHTS: Final = (2, 4)
"""The least weight of a link is multiplied by these."""
_SAFE: Final = 0.9
_UNSAFE: Final = 0.5


def sensitivity(run: RunFiles, members: pl.DataFrame) -> dict[int, Grid]:
    """Return for each network what is left of its links and accounts if a setting were another.

    Links only go; those that a longer window or a lower threshold would add are not in the tables.

    Notes
    -----
    One pass over the evidence of each layer with a window.
    """
    links = within(run.scan("graph"), members).collect()
    size = dict(members.group_by("network").len().iter_rows())
    parts = [_weights(run, links), _layers(links), *_windows(run, members, links)]
    left = pl.concat(parts).sort("network", maintain_order=True)
    all_links = dict(links.group_by("network").len().iter_rows())
    steady = {network: _seeds(part, run.least) for network, part in by_network(members.sort("network")).items()}
    return {
        network: Grid(
            "What would change our mind: what is left under other settings",
            ["If", "Links left", "of all", "Accounts still linked", "of all"],
            [
                *(_cells(row, all_links[network], size[network], run.least) for row in part.iter_rows(named=True)),
                *steady[network],
            ],
            "Only what a stricter setting takes away; what a looser one would add takes a new run. Run again with "
            "another window, resolution or seed, and `cib compare` says what became of each network.",
            sorts=False,
        )
        for network, part in by_network(left).items()
    }


def _cells(row: dict[str, Any], links: int, accounts: int, least: int) -> list[Cell]:
    return [
        text_cell(row["if"]),
        figure_cell(row["links"]),
        figure_cell(row["links"] / max(links, 1), share),
        *_counted(row["accounts"], accounts, least),
    ]


def _counted(n: int, of: int, least: int) -> list[Cell]:
    """Return a number of accounts and its share; both withheld where it is below the least that may be told."""
    few = n < least
    return [figure_cell(max(n, least), lambda _: people(n, least)), figure_cell(None if few else n / max(of, 1), share)]


def _left(links: pl.DataFrame, networks: pl.Series, condition: str) -> pl.DataFrame:
    """Count what links remain in each network, and the accounts they join."""
    counted = links.group_by("network").agg(
        links=pl.len().cast(pl.Int64), accounts=pl.col("source").append(pl.col("target")).n_unique().cast(pl.Int64)
    )
    every = networks.unique().sort().to_frame()
    joined = every.join(counted, on="network", how="left").with_columns(pl.col("links", "accounts").fill_null(0))
    return joined.select("network", pl.lit(condition).alias("if"), "links", "accounts")


def _weights(run: RunFiles, links: pl.DataFrame) -> pl.DataFrame:
    least = float(run.manifest["config"]["settings"]["graph"]["min_weight"])
    return pl.concat(
        _left(links.filter(pl.col("weight") >= times * least), links["network"], f"links had to weigh {number(w)} nats")
        for times, w in ((times, times * least) for times in _WEIGHTS)
    )


def _layers(links: pl.DataFrame) -> pl.DataFrame:
    """Return what is left without each layer: the links that another layer carries as well."""
    names = links["layers"].explode().drop_nulls().unique().sort()
    parts = []
    for name in names:
        carried = pl.col("layers").list.contains(name)
        touched = links.filter(carried)["network"].unique()
        kept = links.filter(~carried | (pl.col("layers").list.len() > 1))
        mine = kept.filter(pl.col("network").is_in(touched.implode()))
        parts.append(_left(mine, touched, f"the layer {name} did not count"))
    return pl.concat([_left(links.clear(), links["network"].clear(), ""), *parts])


def _windows(run: RunFiles, members: pl.DataFrame, links: pl.DataFrame) -> list[pl.DataFrame]:
    """Return for each layer with a window how many of its links still had enough objects in a shorter one.

    Windows below the resolution of the times say nothing, and are left out.
    """
    parts = []
    finest = float(run.manifest["read"]["resolution_s"])
    for layer, frame in run.evidence().items():
        about = run.manifest["layers"][layer]
        if not about["window"].endswith("s"):
            continue
        window, least = float(about["window"].removesuffix("s")), int(about["min_objects"])
        carried = links.filter(pl.col("layers").list.contains(layer)).select("network", "source", "target")
        shorter = [by for by in _WINDOWS if window / by >= finest]
        counts = {f"d{by}": _near(window / by) for by in shorter}
        kept = within(frame, members).join(carried.lazy(), on=["network", "source", "target"], how="semi")
        counted = kept.group_by("network", "source", "target").agg(**counts).collect(engine="streaming")
        parts += [
            _left(
                counted.filter(pl.col(f"d{by}") >= least),
                carried["network"],
                f"the window of {layer} were {duration(window / by)} instead of {duration(window)} (its links alone)",
            )
            for by in shorter
        ]
    return parts


def _near(seconds: float) -> pl.Expr:
    """Return how many objects have a pair of posts no further apart than that."""
    return pl.col("object").filter(pl.col("delta_s").abs() <= seconds).n_unique()


def _seeds(members: pl.DataFrame, least: int) -> list[list[Cell]]:
    """Return how many members are grouped together again from other random starts and resampled graphs."""
    n = len(members)
    steady = int((members["stability"] >= _SAFE).sum())
    loose = int((members["stability"] < _UNSAFE).sum())
    dash = text_cell(None)
    drawn = "seeds and links are drawn again: members that come out together in"
    return [
        [text_cell(f"{drawn} {name}"), dash, dash, *_counted(k, n, least)]
        for name, k in ((f"{share(_SAFE)} or more", steady), (f"less than {share(_UNSAFE)}", loose))
    ]
