"""A network in small drawings: hours, languages, creation dates, and moments in which many members acted at once."""

from typing import Any, Final

import polars as pl

from cib.report.charts import Chart, bar_chart
from cib.report.grid import by_network
from cib.report.quotes import within
from cib.report.run import RunFiles
from cib.report.safe import cut
from cib.report.words import count, duration, moment, share

__all__ = ["portraits"]

_HOURS: Final = [f"{hour:02d}" for hour in range(24)]
_LANGUAGES: Final = 6
_MONTHS: Final = 36
"""Most bars of creation dates by month or quarter; further apart they are counted by year."""
_MOMENTS: Final = 4
_MINUTE: Final = 60
_STRIP: Final = 600
"""Seconds that a strip shows from its first act."""
_BINS: Final = 60


def portraits(run: RunFiles, members: pl.DataFrame) -> dict[int, dict[str, Any]]:
    """Return for each network `charts`, `languages` and `moments`, strips of single objects, as its data allow.

    A report that may tell no small number of accounts has no moments.

    Notes
    -----
    One pass over the posts, two over the evidence of the layers with a window.
    """
    counted = _counted(run, members)
    moments = {} if run.least else _moments(run, members)  # a moment is of few accounts, and its second finds the posts
    created = _created(run, members)
    charts: dict[int, list[Chart]] = {network: [] for network in members["network"].unique().sort()}
    languages: dict[int, list[tuple[str, float, str, str]]] = {}
    everyone = counted.group_by("hour", "language").agg(pl.col("all").sum())
    for network, part in by_network(counted.filter(pl.col("network").is_not_null()).sort("network")).items():
        charts[network].append(_hours(part, everyone))
        languages[network] = _languages(part, everyone)
    for network, part in by_network(created).items():
        charts[network].append(_cohort(part["created_at"]))
    return {
        network: {"charts": drawn, "moments": moments.get(network, []), "languages": languages.get(network, [])}
        for network, drawn in charts.items()
    }


def _counted(run: RunFiles, members: pl.DataFrame) -> pl.DataFrame:
    """Count posts: network (null: all accounts), hour of the day, language, posts; `all` counts every account's."""
    posts = run.scan_posts().select("account_id", "language", hour=pl.col("created_at").dt.hour())
    by_account = posts.group_by("account_id", "hour", "language").len().collect(engine="streaming")
    known = pl.col("language").fill_null("unknown")
    everyone = by_account.group_by("hour", known).agg(pl.col("len").sum().alias("all"))
    mine = by_account.join(members.select("account_id", "network"), on="account_id")
    inside = mine.group_by("network", "hour", known).agg(pl.col("len").sum().alias("posts"))
    both = [inside, everyone.with_columns(network=pl.lit(None, pl.UInt32))]
    return pl.concat(both, how="diagonal_relaxed").sort("network", "hour", "language")


def _hours(mine: pl.DataFrame, everyone: pl.DataFrame) -> Chart:
    values, usual = (_shares(frame, column) for frame, column in ((mine, "posts"), (everyone, "all")))
    note = "Share of its posts in each hour of the day (UTC); the line: all accounts."
    return bar_chart("Hours of activity, per cent", values, _HOURS, usual=usual, note=note)


def _shares(counted: pl.DataFrame, column: str) -> list[float]:
    """Return the per cent of posts in each hour."""
    hours = dict(counted.group_by("hour").agg(pl.col(column).sum()).iter_rows())
    total = sum(hours.values()) or 1
    return [100 * (hours.get(hour) or 0) / total for hour in range(24)]


def _languages(mine: pl.DataFrame, everyone: pl.DataFrame) -> list[tuple[str, float, str, str]]:
    """Return the languages of a network's posts, if known: name, share, share in words, and that of all accounts."""
    said = mine.group_by("language").agg(pl.col("posts").sum()).sort("posts", "language", descending=[True, False])
    if said["language"].to_list() == ["unknown"]:
        return []
    of_all = dict(everyone.group_by("language").agg(pl.col("all").sum()).iter_rows())
    total, everything = said["posts"].sum(), sum(of_all.values()) or 1
    top = said.head(_LANGUAGES)
    rows = top.select("language", "posts").iter_rows()
    return [(cut(name, 30), n / total, share(n / total), share(of_all[name] / everything)) for name, n in rows]


def _created(run: RunFiles, members: pl.DataFrame) -> pl.DataFrame:
    dated = run.table("accounts", ["account_id", "created_at"]).drop_nulls()
    return members.select("network", "account_id").join(dated, on="account_id").sort("network", "created_at")


def _cohort(created: pl.Series) -> Chart:
    """Draw when the members' accounts were made, in months, quarters or years."""
    for width in ("1mo", "1q", "1y"):
        begun = created.dt.truncate(width).sort()
        starts = pl.datetime_range(begun[0], begun[-1], width, eager=True)
        if len(starts) <= _MONTHS:
            break
    made = dict(begun.value_counts().iter_rows())
    names = [f"{start:%Y-%m}" for start in starts]
    note = f"{count(len(created), 'member')} with a known date."
    return bar_chart("When the accounts were created", [made.get(start, 0) for start in starts], names, note=note)


def _moments(run: RunFiles, members: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Return for each network the objects on which most members acted within a minute, and how the acts went on."""
    asked = set(run.telling(timed=True))
    layers = {layer: frame for layer, frame in run.evidence().items() if layer in asked}
    parts = [_dense(layer, frame, members) for layer, frame in layers.items()]
    if not parts:
        return {}
    best = pl.concat(pl.collect_all(parts, engine="streaming")).sort(
        "network", "members", "at", "layer", "object", descending=[False, True, False, False, False]
    )
    best = best.unique(["network", "object"], keep="first", maintain_order=True)
    top = best.group_by("network", maintain_order=True).head(_MOMENTS)
    acts = pl.concat(pl.collect_all([_acts(layer, frame, members, top) for layer, frame in layers.items()]))
    drawn = {key: part for key, part in acts.group_by("network", "layer", "object")}  # noqa: C416 - a dict of parts
    found: dict[int, list[dict[str, Any]]] = {}
    for row in top.iter_rows(named=True):
        strip = _strip(row, drawn[row["network"], row["layer"], row["object"]])
        found.setdefault(row["network"], []).append(strip | {"shared": run.shared(row["layer"])})
    return found


def _dense(layer: str, frame: pl.LazyFrame, members: pl.DataFrame) -> pl.LazyFrame:
    """Return each object's minute with most members whose posts a pair links."""
    near = within(frame.filter(pl.col("delta_s").abs() <= _MINUTE), members)
    minute = pl.min_horizontal("time_source", "time_target").dt.truncate("1m")
    counted = near.group_by("network", "object", at=minute).agg(
        members=pl.col("source").append(pl.col("target")).n_unique()
    )
    ranked = counted.sort("network", "members", "at", "object", descending=[False, True, False, False])
    first = ranked.group_by("network", maintain_order=True).head(10 * _MOMENTS)
    return first.select("network", "object", "at", pl.col("members").cast(pl.UInt32), layer=pl.lit(layer))


def _acts(layer: str, frame: pl.LazyFrame, members: pl.DataFrame, top: pl.DataFrame) -> pl.LazyFrame:
    """Return who acted when on the objects at the top, from their minute on."""
    wanted = top.filter(layer=layer).lazy().select("network", "object", start="at")
    linked = within(frame, members).join(wanted, on=["network", "object"])
    ends = pl.concat(
        linked.select("network", "object", "start", account=end, time=f"time_{end}") for end in ("source", "target")
    )
    after = (pl.col("time") - pl.col("start")).dt.total_seconds()
    near = ends.unique().with_columns(second=after).filter(pl.col("second").is_between(0, _STRIP - 1))
    return near.select("network", "object", "account", "second", layer=pl.lit(layer)).sort("second", "account")


def _strip(row: dict[str, Any], acts: pl.DataFrame) -> dict[str, Any]:
    """Return one object's first ten minutes as a chart of acts."""
    width = _STRIP / _BINS
    binned = dict(acts.group_by(bin=(pl.col("second") / width).floor().cast(pl.Int64)).len().iter_rows())
    names = [f"+{duration(n * width)}" if n else "0" for n in range(_BINS)]
    whole = acts["account"].n_unique()
    note = (
        f"{count(row['members'], 'member')} in the minute from {moment(row['at'])}, "
        f"{whole:,} within {duration(_STRIP)} of it."
    )
    values = [float(binned.get(n, 0)) for n in range(_BINS)]
    every = 2 * _MINUTE // int(width)
    return {
        "layer": row["layer"],
        "object": cut(row["object"], 160),
        "chart": bar_chart(f"Acts from {moment(row['at'])} on", values, names, note=note, every=every),
    }
