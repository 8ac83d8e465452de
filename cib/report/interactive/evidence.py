"""What stands behind the strongest links: each layer against chance, and in each the two posts closest in time."""

from collections.abc import Callable
from typing import Any, Final

import polars as pl

from cib.report.interactive.chosen import Chosen
from cib.report.interactive.columns import coarse, packed, texts
from cib.report.interactive.graph import layer_numbers
from cib.report.quotes import posts
from cib.report.run import RunFiles
from cib.settings import ReportSettings
from cib.tables import KINDS

__all__ = ["evidence_block"]

_TEXT: Final = 400
_OBJECT: Final = 160
_HALF: Final = 2**32
_PAIRS: Final[dict[str, Any]] = {"e": pl.UInt32, "number": pl.UInt8}
_KEYS: Final = {
    "apart": (pl.col("delta_s").abs() * 1e6).round().cast(pl.Int64),
    "rows": pl.col("row_source").cast(pl.UInt64) * _HALF + pl.col("row_target"),
}


def evidence_block(run: RunFiles, chosen: Chosen, settings: ReportSettings) -> str:
    """Return the packed evidence of the `settings.drawn_edges` strongest links of the page.

    Notes
    -----
    Three passes over the evidence; memory for links times layers, whatever the number of pairs.
    """
    edges = chosen.edges.head(settings.drawn_edges).with_row_index("e").select("e", "source", "target", "layers")
    pairs = _affordable(_pairs(run, edges), settings.page_posts)
    told = posts(run, pl.concat([pairs["row_source"], pairs["row_target"]]), length=_TEXT).sort("post")
    return packed(_layers(run, edges) | _told_pairs(pairs, told) | _told_posts(chosen.nodes, told))


def _layers(run: RunFiles, edges: pl.DataFrame) -> dict[str, Any]:
    """Return for each link and layer that carries it what was found and what chance would give."""
    numbers = layer_numbers(run)
    wanted = edges.lazy().explode("layers").rename({"layers": "layer"})
    code = pl.col("layer").replace_strict(numbers, list(range(len(numbers))), default=255, return_dtype=pl.UInt8)
    names = ["e", "objects", "overlap", "expected", "p", "q", "delta_median_s"]
    found = (
        run.scan("edges")
        .join(wanted, on=["source", "target", "layer"])
        .select(code.alias("number"), *names)
        .sort("e", "number")
        .collect()
    )
    found = found.with_columns(pl.col("p", "q").log10())
    columns = {
        "statEdge": "e",
        "statLayer": "number",
        "statObjects": "objects",
        "statOverlap": "overlap",
        "statExpected": "expected",
        "statP": "p",
        "statQ": "q",
        "statDelay": "delta_median_s",
    }
    told = {name: found[column].to_numpy() for name, column in columns.items()}
    return {name: coarse(column) if column.dtype.kind == "f" else column for name, column in told.items()}


def _pairs(run: RunFiles, edges: pl.DataFrame) -> pl.DataFrame:
    """Return for each link and layer the two posts closest in time, of those the earliest read; links in their order.

    In three passes, each of which keeps one row a link and layer, because the links can have any number of pairs.
    """
    near = _reduced(run, edges, lambda pairs: pairs.group_by("e").agg(pl.col("apart").min()))
    first = _reduced(
        run,
        edges,
        lambda pairs: pairs.join(near.lazy(), on=["e", "number", "apart"]).group_by("e").agg(pl.col("rows").min()),
    )
    found = _reduced(
        run,
        edges,
        lambda pairs: (
            pairs.join(first.lazy(), on=["e", "number", "rows"]).group_by("e", "rows").agg(pl.col("object").min())
        ),
    )
    halves = {"row_source": pl.col("rows") // _HALF, "row_target": pl.col("rows") % _HALF}
    return found.with_columns(half.cast(pl.UInt32).alias(name) for name, half in halves.items()).sort("e", "number")


def _reduced(run: RunFiles, edges: pl.DataFrame, reduce: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """Return what is left of each layer's pairs of the links, with the layer's number."""
    known = edges.lazy().select("e", "source", "target")
    parts = []
    for number, layer in enumerate(layer_numbers(run)):
        frame = run.evidence().get(layer)
        if frame is None:
            continue
        code = pl.lit(number, pl.UInt8).alias("number")
        pairs = frame.join(known, on=["source", "target"]).select("e", code, "object", **_KEYS)
        parts.append(reduce(pairs).with_columns(code))
    return pl.concat([pl.DataFrame(schema=_PAIRS), *pl.collect_all(parts, engine="streaming")], how="diagonal")


def _affordable(pairs: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return the first pairs, as long as they need no more than so many different posts."""
    rows = pairs.with_row_index("n").select("n", row=pl.concat_list("row_source", "row_target")).explode("row")
    fresh = rows.unique("row", keep="first", maintain_order=True).with_columns(used=pl.int_range(1, pl.len() + 1))
    over = fresh.filter(pl.col("used") > most)["n"]
    return pairs.head(len(pairs) if over.is_empty() else int(over[0]))


def _told_pairs(pairs: pl.DataFrame, told: pl.DataFrame) -> dict[str, Any]:
    """Return the pairs, their objects and posts by number."""
    objects = pairs.select(pl.col("object").unique().sort())
    number = told.select("post", n=pl.int_range(pl.len(), dtype=pl.UInt32))
    known = pairs.join(objects.with_row_index("o"), on="object", how="left", maintain_order="left")
    for end in ("source", "target"):
        posted = number.rename({"n": end})
        known = known.join(posted, left_on=f"row_{end}", right_on="post", how="left", maintain_order="left")
    columns = {"pairEdge": "e", "pairLayer": "number", "pairObject": "o", "pairOne": "source", "pairOther": "target"}
    return {name: known[column].to_numpy() for name, column in columns.items()} | {
        "objects": texts(objects["object"], length=_OBJECT)
    }


def _told_posts(nodes: pl.DataFrame, told: pl.DataFrame) -> dict[str, Any]:
    """Return the posts: whose, when (seconds since 1970), of which kind, its id, and which of the different texts."""
    known = told.join(nodes.select("account_id", "i"), on="account_id", how="left", maintain_order="left")
    more = pl.when(pl.col("more") > 0).then(pl.format("… [{} more characters]", "more")).otherwise(pl.lit(""))
    said = known.select(said=pl.concat_str("text", more))["said"]
    different = said.unique().sort()
    place = said.replace_strict(different, pl.int_range(len(different), dtype=pl.UInt32, eager=True))
    kinds = list(KINDS)
    kind = known["kind"].replace_strict(kinds, list(range(len(kinds))), return_dtype=pl.UInt8)
    return {
        "kinds": kinds,
        "postAccount": known["i"].to_numpy(),
        "postAt": known["created_at"].dt.epoch("s").clip(0, _HALF - 1).cast(pl.UInt32).to_numpy(),
        "postKind": kind.to_numpy(),
        "postText": place.to_numpy(),
        "texts": texts(different, length=2 * _TEXT),
        "postId": texts(known["post_id"], length=_OBJECT),
    }
