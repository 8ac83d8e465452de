"""What an explanation is, and what it may look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from cib.networks.sums import exact_sum
from cib.networks.whence import with_objects
from cib.settings import LayerSettings

__all__ = ["Case", "Explanation", "largest_share", "share"]


def share(value: float) -> str:
    """Return a share in words: whole per cent.

    >>> share(0.666)
    '67 %'
    """
    return f"{100 * value:.0f} %"


@dataclass(frozen=True)
class Case:
    """Networks and what is known about them.

    Attributes
    ----------
    groups : group, account.
    pairs : for each layer that makes edges, PAIRS of the edges inside a group, with `group`.
    objects : OBJECTS of each layer.
    layers : settings of the layers.
    posts : POSTS.
    accounts : ACCOUNTS.
    """

    groups: pl.DataFrame
    pairs: Mapping[str, pl.LazyFrame]
    objects: Mapping[str, pl.LazyFrame]
    layers: Mapping[str, LayerSettings]
    posts: pl.LazyFrame
    accounts: pl.DataFrame

    @cached_property
    def links(self) -> pl.DataFrame:
        """What links members: group, layer, key, pairs (of posts), accounts (that acted on it), members.

        What several layers hold stands once, as the one that has most of it does.
        """
        columns = ["group", "layer", "key", "pairs", "members", "accounts"]
        counted = [
            with_objects(
                pairs.group_by("group", "object").agg(
                    pairs=pl.len(), members=pl.concat_list("a", "b").explode().n_unique()
                ),
                layer, self.objects, self.layers,
            ).select(columns)
            for layer, pairs in self.pairs.items()
        ]  # fmt: skip
        nothing = pl.LazyFrame(
            schema={
                "group": pl.UInt32, "layer": pl.String, "key": pl.String, "pairs": pl.UInt32, "members": pl.UInt32,
                "accounts": pl.UInt32,
            }
        )  # fmt: skip
        once = pl.concat([nothing, *counted]).group_by("group", "layer", "key").max()
        return once.sort("group", "layer", "key").collect(engine="streaming")

    @cached_property
    def acting(self) -> pl.DataFrame:
        """The posts by which members are linked: group, post, account."""
        ends = [
            pairs.select("group", post=f"post_{end}", account=end)
            for pairs in self.pairs.values()
            for end in ("a", "b")
        ]
        nothing = pl.LazyFrame(schema={"group": pl.UInt32, "post": pl.UInt32, "account": pl.UInt32})
        return pl.concat([nothing, *ends]).unique().sort("group", "post", "account").collect(engine="streaming")

    @cached_property
    def history(self) -> pl.DataFrame:
        """All posts of members: account, created_at, interacts (repost, reply, quote or mention)."""
        mentions = pl.col("mentions").list.len().fill_null(0) > 0
        return (
            self.posts.select(
                "account", "created_at", interacts=(pl.col("kind").cast(pl.String) != "original") | mentions
            )
            .join(self.groups.lazy().select("account").unique(), on="account", how="semi")
            .sort("account", "created_at", "interacts")
            .collect(engine="streaming")
        )

    @cached_property
    def sizes(self) -> pl.DataFrame:
        """Accounts of each group: group, size."""
        return self.groups.group_by("group").agg(size=pl.len()).sort("group")

    def traced(self, *names: str) -> list[str]:
        """Return the layers that make edges of one of these traces."""
        return [layer for layer in self.pairs if self.layers[layer].trace in names]


@dataclass(frozen=True)
class Explanation:
    """One organic explanation of a network.

    Attributes
    ----------
    title : in words.
    measure : from a case to group, value (0 to 1; null: the data cannot tell) and detail (of what, null: nothing to
        name). A group without a row is not applicable either.
    needs : what the data must have for it, in words.
    begins, full : the value from which the rank falls, and that from which it has fallen to `factor`.
    factor : what the score is multiplied by in full.
    sentence : from value and detail to words.
    """

    title: str
    measure: Callable[[Case], pl.DataFrame]
    needs: str
    begins: float
    full: float
    factor: float
    sentence: Callable[[float, str], str]

    def effect(self, value: float | None) -> float:
        """Return what the score is multiplied by: 1 below `begins`, then falling in a straight line to `factor`."""
        if value is None:
            return 1.0
        along = min(max((value - self.begins) / (self.full - self.begins), 0.0), 1.0)
        return 1.0 - (1.0 - self.factor) * along


def largest_share(counted: pl.DataFrame, what: str, weight: str) -> pl.DataFrame:
    """Return for each group the largest share of the weight that one `what` has: group, value, detail.

    Rows without `what` count in the whole.

    >>> rows = {"group": [1, 1, 1], "who": ["a", "a", None], "n": [1, 2, 1]}
    >>> largest_share(pl.DataFrame(rows), "who", "n").rows()
    [(1, 0.75, 'a')]
    """
    whole = counted.group_by("group").agg(whole=exact_sum(pl.col(weight)))
    each = counted.drop_nulls(what).group_by("group", what).agg(part=exact_sum(pl.col(weight)))
    top = each.sort(["group", "part", what], descending=[False, True, False]).unique(
        "group", keep="first", maintain_order=True
    )
    joined = whole.join(top, on="group", how="left").sort("group")
    value = (pl.col("part") / pl.col("whole")).fill_null(0.0).clip(0, 1)
    return joined.select("group", value=value, detail=pl.col(what).cast(pl.String))
