"""Client: the programs an account's posts were sent with, where the source names them.

References
----------
.. [1] Chu, Gianvecchio, Wang and Jajodia (2012), Detecting automation of Twitter accounts: are you a human,
       bot, or cyborg? IEEE TDSC 9(6). doi:10.1109/TDSC.2012.75
.. [2] Saeed et al. (2024), Unraveling the web of disinformation, RAID 2024. arXiv:2407.18098
"""

from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = ["CLIENT", "automation_client_share", "client_diversity", "rare_client_share"]

_RARE: Final = 0.01
"""A client is rare if no more than this share of the accounts use it (and always if just one does)."""
_ACCOUNTS_NEEDED: Final = 20
"""Accounts with a client below which nothing can be called rare."""

# Services that post from feeds, on schedules or by rules, at the start of the name. Clients for people to type in
# (TweetDeck, Tweetbot) are left out although they can schedule, for most of their posts are typed.
_SERVICES: Final = (
    r"autotweet|botize|buffer|cheap bots|crowdfire|dlvr\.it|everypost|fs poster|hootsuite|ifttt|jetpack|meetedgar|"
    r"postcron|recurpost|roundteam|sendible|social ?oomph|socialbee|socialflow|sprinklr|sprout social|statusbrew|"
    r"twittbot|twitterfeed|wordpress|zapier|zoho social"
)
_AUTOMATION: Final = rf"^(?:{_SERVICES})\b|\b(?:bots?|rss|scheduler|scheduled|auto-?post\w*)\b"


def _named(history: History) -> pl.DataFrame:
    """Return account, client, posts with the bare names: Twitter's exports wrap them in an HTML link."""
    name = pl.col("client").str.replace_all(r"<[^>]*>", "").str.strip_chars().str.to_lowercase()
    bare = history.clients.with_columns(client=name).filter(pl.col("client") != "")
    return bare.group_by("account", "client").agg(pl.col("posts").sum()).sort("account", "posts")


def _enough(history: History) -> pl.Expr:
    return few("posts", history.settings.min_posts, "post with a client", "posts with a client")


def client_diversity(history: History) -> pl.DataFrame:
    """Return the effective number of clients, exp(-sum p ln p) over the clients' shares of the posts.

    1 for a single client; k for k clients used alike.
    """
    count, posts = pl.col("posts"), pl.col("all")
    found = (
        _named(history)
        .with_columns(all=count.sum().over("account"))
        .group_by("account", "all", maintain_order=True)
        .agg(surprise=(count * (posts.cast(pl.Float64) / count).log()).sum())
        .rename({"all": "posts"})
    )
    return answer(history, found, (pl.col("surprise") / pl.col("posts")).exp(), _enough(history))


def _share(named: pl.DataFrame, of: pl.Expr) -> pl.DataFrame:
    count = pl.col("posts")
    return named.group_by("account", maintain_order=True).agg(such=count.filter(of).sum(), posts=count.sum())


def rare_client_share(history: History) -> pl.DataFrame:
    """Return the share of posts sent with a client that at most 1 % of the accounts (or one account) use [2]_.

    Out of the accounts with a known client. What is rare depends on the corpus.
    """
    named = _named(history)
    everyone = named["account"].n_unique()
    found = _share(named.with_columns(users=pl.len().over("client")), pl.col("users") <= max(1, _RARE * everyone))
    corpus = few(pl.lit(everyone), _ACCOUNTS_NEEDED, "account with a client", "accounts with a client")
    return answer(history, found, pl.col("such") / pl.col("posts"), corpus, _enough(history))


def automation_client_share(history: History) -> pl.DataFrame:
    """Return the share of posts sent with a service that posts from feeds, on schedules or by rules [1]_."""
    found = _share(_named(history), pl.col("client").str.contains(_AUTOMATION))
    return answer(history, found, pl.col("such") / pl.col("posts"), _enough(history))


CLIENT: Final = (
    Indicator(
        name="client_diversity",
        family="client",
        title="effective number of clients",
        unit="clients",
        doc="exp(-sum of p ln p), p each client's share of the posts that name one",
        needs=("posts.client",),
        unless="fewer than `min_posts` posts with a client",
        function=client_diversity,
        sentence="Posts with an effective number of {value} programs; {comparison}.",
        unusual="both",
        innocent="high: phone, tablet, browser and a scheduler, or several people; low: one phone",
        reference="Hill number of order 1; clients in Chu et al. 2012, doi:10.1109/TDSC.2012.75",
    ),
    Indicator(
        name="rare_client_share",
        family="client",
        title="share from rare clients",
        unit="share",
        doc="posts sent with a client that at most max(1, 1 %) of the accounts use / posts that name one",
        needs=("posts.client",),
        unless=f"fewer than `min_posts` posts with a client; fewer than {_ACCOUNTS_NEEDED} accounts with one",
        function=rare_client_share,
        sentence="{value} % of its posts come from programs that hardly any account here uses; {comparison}.",
        zero="Uses no program that is rare here; {comparison}.",
        unusual="high",
        innocent="hobby programmers, an organisation's own publishing system, niche phones",
        reference="Saeed et al. 2024, arXiv:2407.18098",
    ),
    Indicator(
        name="automation_client_share",
        family="client",
        title="share from automation services",
        unit="share",
        doc="posts sent with a known feed, scheduling or rule service / posts that name a client",
        needs=("posts.client",),
        unless="fewer than `min_posts` posts with a client",
        function=automation_client_share,
        sentence="{value} % of its posts come from services that post from feeds or on schedules; {comparison}.",
        zero="No post comes from a service known to post from feeds or on schedules; {comparison}.",
        unusual="high",
        innocent="newsrooms, shops, authorities, NGOs: scheduling is ordinary office work",
        reference="Chu et al. 2012, doi:10.1109/TDSC.2012.75; list of services: this project",
    ),
)
"""The indicators of this family, in the order in which they are shown."""
