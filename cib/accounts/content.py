"""Content: what an account's posts are made of. A matter of style and task; not a sign of automation alone.

Links, hashtags and mentions are counted in the account's own posts: a repost carries somebody else's.

References
----------
.. [1] Varol, Ferrara, Davis, Menczer and Flammini (2017), Online human-bot interactions: detection, estimation,
       and characterization, ICWSM 11. doi:10.1609/icwsm.v11i1.14871
"""

from functools import partial
from math import log
from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few
from cib.tables import KINDS

__all__ = ["CONTENT", "act_mix", "density", "kind_share", "link_share", "target_entropy"]

_VAROL: Final = "Varol et al. 2017, doi:10.1609/icwsm.v11i1.14871"


def kind_share(history: History, *, kind: str) -> pl.DataFrame:
    """Return the share of the account's posts that are of one kind (repost or reply) [1]_.

    Where the whole corpus has none the source may not mark them, and nothing is said.
    """
    such = pl.col("kind") == kind
    found = history.posts.group_by("account", maintain_order=True).agg(posts=pl.len(), such=such.sum())
    plural = {"repost": "reposts", "reply": "replies"}[kind]
    unmarked = pl.when(found["such"].sum() == 0).then(
        pl.lit(f"No {kind} in the whole corpus: the source may not mark {plural}.")
    )
    enough = few("posts", history.settings.min_posts, "post")
    return answer(history, found, pl.col("such") / pl.col("posts"), unmarked, enough)


def act_mix(history: History) -> pl.DataFrame:
    r"""Return how evenly the account's posts are original, repost, reply and quote, as a share of the largest possible.

    .. math:: -\frac{1}{\ln 4} \sum_k p_k \ln p_k

    0 if it does one thing only, 1 if it does all four alike. Where the whole corpus has one kind nothing is said.
    """
    count, posts = pl.col("count"), pl.col("posts")
    kinds = history.posts.group_by("account", "kind").agg(count=pl.len()).sort("account", "count")
    found = (
        kinds.with_columns(posts=count.sum().over("account"))
        .group_by("account", "posts", maintain_order=True)
        .agg(surprise=(count * (posts.cast(pl.Float64) / count).log()).sum())
    )
    one = pl.lit(kinds["kind"].n_unique() < 2)
    unmarked = pl.when(one).then(pl.lit("One kind of post in the whole corpus: the source may not mark kinds."))
    enough = few("posts", history.settings.min_posts, "post")
    return answer(history, found, pl.col("surprise") / posts / log(len(KINDS)), unmarked, enough)


def _own(history: History, column: str) -> pl.DataFrame:
    """Return account, own (its posts, not reposts, for which the count is known), total and some (posts with any)."""
    count = pl.col(column)
    own = history.posts.filter(pl.col("kind") != "repost", count.is_not_null())
    return own.group_by("account", maintain_order=True).agg(own=pl.len(), total=count.sum(), some=(count > 0).sum())


def link_share(history: History) -> pl.DataFrame:
    """Return the share of own posts with at least one link."""
    enough = few("own", history.settings.min_posts, "own post")
    return answer(history, _own(history, "links"), pl.col("some") / pl.col("own"), enough)


def density(history: History, *, of: str) -> pl.DataFrame:
    """Return how many hashtags or mentions an own post has on average [1]_."""
    enough = few("own", history.settings.min_posts, "own post")
    return answer(history, _own(history, of), pl.col("total") / pl.col("own"), enough)


def target_entropy(history: History) -> pl.DataFrame:
    r"""Return how evenly the account spreads its attention over those it addresses [1]_.

    An address is the author of the post replied to, reposted or quoted, or, where that is not known, each account
    mentioned; the account itself does not count. With n addresses, a share p of them to each target,

    .. math:: -\frac{1}{\ln n} \sum p \ln p

    0 if all go to one target, 1 if each goes to another.
    """
    count, acts = pl.col("posts"), pl.col("acts")
    found = (
        history.targets.with_columns(acts=count.sum().over("account"))
        .group_by("account", "acts", maintain_order=True)
        .agg(surprise=(count * (acts.cast(pl.Float64) / count).log()).sum())
    )
    enough = few("acts", history.settings.min_posts, "address", "addresses")
    return answer(history, found, pl.col("surprise") / acts / acts.log(), enough)


CONTENT: Final = (
    Indicator(
        name="repost_share",
        family="content",
        title="share of reposts",
        unit="share",
        doc="posts of kind repost / posts",
        needs=("posts.kind",),
        unless="fewer than `min_posts` posts; no repost in the whole corpus",
        function=partial(kind_share, kind="repost"),
        sentence="{value} % of its posts are reposts; {comparison}.",
        zero="Never reposts; {comparison}.",
        unusual="high",
        innocent="most people repost more than they write; fans, activists and listeners above all",
        reference=_VAROL,
    ),
    Indicator(
        name="reply_share",
        family="content",
        title="share of replies",
        unit="share",
        doc="posts of kind reply / posts",
        needs=("posts.kind",),
        unless="fewer than `min_posts` posts; no reply in the whole corpus",
        function=partial(kind_share, kind="reply"),
        sentence="{value} % of its posts are replies; {comparison}.",
        zero="Never replies; {comparison}.",
        unusual="both",
        innocent="low: broadcasters and listeners; high: customer service, people in conversation",
        reference=_VAROL,
    ),
    Indicator(
        name="act_mix",
        family="content",
        title="mix of acts",
        unit="0 to 1",
        doc="-(sum over original, repost, reply and quote of p ln p) / ln 4, p each kind's share of the posts",
        needs=("posts.kind",),
        unless="fewer than `min_posts` posts; one kind of post in the whole corpus",
        function=act_mix,
        sentence="Mix of original posts, reposts, replies and quotes: {value} (0 one only, 1 all alike); {comparison}.",
        unusual="low",
        innocent="broadcasters who only post, listeners who only repost, customer service that only replies",
        reference="Shannon entropy of the kinds, which are features in " + _VAROL,
    ),
    Indicator(
        name="link_share",
        family="content",
        title="share of posts with a link",
        unit="share",
        doc="own posts (not reposts) with a link / own posts",
        needs=("posts.urls",),
        unless="fewer than `min_posts` own posts",
        function=link_share,
        sentence="{value} % of its own posts carry a link; {comparison}.",
        zero="None of its own posts carries a link; {comparison}.",
        unusual="high",
        innocent="newsrooms, bloggers, librarians, shops",
        reference=_VAROL,
    ),
    Indicator(
        name="hashtag_density",
        family="content",
        title="hashtags per post",
        unit="hashtags a post",
        doc="hashtags in own posts (not reposts) / own posts",
        needs=("posts.hashtags",),
        unless="fewer than `min_posts` own posts",
        function=partial(density, of="hashtags"),
        sentence="Uses {value} hashtags per post of its own; {comparison}.",
        zero="Uses no hashtags in posts of its own; {comparison}.",
        unusual="high",
        innocent="photographers, event marketing, hashtag games",
        reference=_VAROL,
    ),
    Indicator(
        name="mention_density",
        family="content",
        title="mentions per post",
        unit="mentions a post",
        doc="mentions in own posts (not reposts) / own posts",
        needs=("posts.mentions",),
        unless="fewer than `min_posts` own posts",
        function=partial(density, of="mentions"),
        sentence="Mentions {value} accounts per post of its own; {comparison}.",
        zero="Mentions nobody in posts of its own; {comparison}.",
        unusual="high",
        innocent="long conversations whose participants are all named, fans, petitioners",
        reference=_VAROL,
    ),
    Indicator(
        name="target_entropy",
        family="content",
        title="spread of those addressed",
        unit="0 to 1",
        doc="-(sum over targets of p ln p) / ln n over n addresses: the parent's author where known, else each "
        "mention; not the account itself",
        needs=("posts.parent_account_id|posts.mentions",),
        unless="fewer than `min_posts` addresses",
        function=target_entropy,
        sentence="Spread over those it addresses: {value} (0 always the same, 1 each time another); {comparison}.",
        unusual="both",
        innocent="low: fans of one artist, supporters of one politician; high: news accounts, customer service",
        reference=_VAROL,
    ),
)
"""The indicators of this family, in the order in which they are shown."""
