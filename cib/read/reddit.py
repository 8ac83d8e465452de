"""Reddit: listings and comment pages of its API, and lines of submissions and comments as Pushshift has them [1]_ [2]_.

Posts are named with their sort, ``t3_`` for a submission and ``t1_`` for a comment, so that parents are found.
Accounts are named by user name: old lines have no other. A crosspost repeats a submission; a comment replies
to a comment or a submission. The dumps (``.zst``) are read as they are.

.. [1] Reddit, API documentation, www.reddit.com/dev/api
.. [2] Baumgartner et al. (2020), The Pushshift Reddit dataset, ICWSM 14. doi:10.1609/icwsm.v14i1.7347
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.nested import at, first_of, joined_lists, names_under, records, referring
from cib.read.reader import DOCUMENT, Layout, Reader
from cib.read.wording import decoded, urls_in

__all__ = ["REDDIT"]

_PARENT: Final = record(_="name id author")
_THING: Final[dict[str, Any]] = {
    "_": """
    id name author created_utc body selftext title url permalink is_self parent_id link_id link_author
    crosspost_parent
    """,
    "crosspost_parent_list": json_list(_PARENT),
    # A listing's own things lie one level lower; a thing of the API is wrapped in its kind.
    "kind": pl.String(),
}
_FLAT: Final = record(**_THING)
_CHILD: Final = record(_="kind", data=_FLAT)
_SCHEMA: Final = pl.Struct(dict(_FLAT) | {"data": record(children=json_list(_CHILD))})
_REMOVED: Final = ["[removed]", "[deleted]", "[deleted by user]"]
_USERS: Final = r"(?:^|[\s(/,.:;!?\"'*>])u/([A-Za-z0-9_-]{3,20})"


def _recognise(columns: Sequence[str]) -> str:
    places = names_under(columns, "", "data.", "data.children.data.", "children.data.")
    for names in places:
        if names >= {"subreddit", "author", "created_utc"} and names & {"body", "title", "selftext"}:
            return "it has the fields subreddit, author and created_utc of Reddit"
    return ""


def _unfold(document: dict[str, Any]) -> Iterator[Any]:
    """Yield the things of a page, with the answers below each comment: one object a thing."""
    left: deque[Any] = deque([document])
    while left:
        node = left.popleft()
        if not isinstance(node, dict):
            continue
        held = node.get("data")
        inner = held if isinstance(held, dict) else {}
        listed = held if isinstance(held, list) else inner.get("children")
        if isinstance(listed, list) and node.get("kind") != "more":
            left.extendleft(reversed(listed))
            continue
        thing = inner | {"kind": node.get("kind")} if inner else node
        left.appendleft(thing.pop("replies", None))
        yield thing


def _things(frame: pl.DataFrame) -> pl.DataFrame:
    """Return all things, one a row: those of listings, and those that stand alone."""
    listed = records(frame, _CHILD, ["data.children"]).drop_nulls("data")
    listed = listed.rename({"kind": "outer"}).unnest("data").with_columns(kind="outer").drop("outer")
    alone = records(frame.filter(at("data.children").is_null()), _FLAT, [])
    return pl.concat([listed, alone], how="diagonal").sort(DOCUMENT, maintain_order=True)


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    things = _things(frame).with_columns(is_comment=pl.col("body").is_not_null() & pl.col("title").is_null())
    is_comment = pl.col("is_comment")
    own = [pl.when(~pl.col(name).is_in(_REMOVED)).then(name).alias(name) for name in ("selftext", "body")]
    things = things.with_columns(own).with_columns(text=_text())
    things = things.with_columns(said=urls_in(decoded(things["text"])), url=decoded(things["url"]))
    crosspost = first_of("crosspost_parent")
    original = at("crosspost_parent_list").list.first().struct.field("author")
    parent = first_of("parent_id", "link_id")
    kind = pl.when(is_comment).then(pl.lit("t1_")).otherwise(pl.lit("t3_"))
    by = pl.when(parent.str.starts_with("t3_")).then(first_of("link_author"))
    return things.select(
        DOCUMENT,
        pl.coalesce(pl.when(pl.col("name").str.contains(r"^t\d_")).then("name"), kind + pl.col("id")).alias("post_id"),
        first_of("author").alias("account_id"),
        pl.col("created_utc").alias("created_at"),
        "text",
        joined_lists(_linked(), pl.col("said")).alias("urls"),
        pl.lit(None, dtype=pl.List(pl.String)).alias("hashtags"),
        pl.col("text").str.extract_all(_USERS).list.eval(pl.element().str.extract(r"u/(.+)$")).alias("mentions"),
        *referring(
            ("repost", crosspost.is_not_null(), crosspost, original),
            ("reply", is_comment, parent, by),
        ),
        first_of("author").alias("handle"),
        _no_post().alias(REFUSE),
    )


def _text() -> pl.Expr:
    """Return a comment's text, or a submission's title and text."""
    return (
        pl.when("is_comment")
        .then("body")
        .otherwise(pl.concat_str([first_of("title"), first_of("selftext")], separator="\n\n", ignore_nulls=True))
    )


def _linked() -> pl.Expr:
    """Return the link that a submission is about, which is not its own address."""
    url = first_of("url")
    own = (pl.col("is_self") == "true").fill_null(value=False) | url.str.contains(
        "/comments/" + pl.col("id"), literal=True
    )
    return pl.concat_list(pl.when(~own & url.str.contains(r"^https?://")).then(url)).list.drop_nulls()


def _kind() -> pl.Expr:
    """Return the kind of a thing: said beside it, or before its id; null if it is not."""
    return pl.coalesce("kind", pl.col("name").str.extract(r"^(t\d)_"))


def _no_post() -> pl.Expr:
    kind = pl.col("kind")
    return (
        pl.when(kind == "more")
        .then(pl.lit("it stands for comments that were not fetched"))
        .when(~_kind().is_in(["t1", "t3"]))
        .then(pl.format("it is a thing of kind '{}', not a submission or a comment", _kind().str.slice(0, 20)))
        .when(pl.col("created_utc").is_null() & pl.col("author").is_null())
        .then(pl.lit("it holds no submission and no comment"))
    )


REDDIT: Final = Reader(
    name="reddit",
    doc="Reddit: listings and comment pages of the API, lines of submissions and comments (Pushshift)",
    recognise=_recognise,
    platform="reddit",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        unfold=(re.compile(rb'"replies"\s*:\s*\{|^\s*\{\s*"data"\s*:\s*\[|^\s*\{\s*"kind"\s*:\s*"t\d"'), _unfold),
        lists=("children", "data"),
        origins={
            "post_id": "name, else id with t1_ or t3_ before it",
            "account_id": "author",
            "created_at": "created_utc",
            "text": "body, or title and selftext",
            "urls": "url of a submission that is no self-post, links in the text",
            "mentions": "u/name in the text",
            "kind": "crosspost_parent makes a repost, body a reply",
            "parent_account_id": "crosspost_parent_list.author, link_author",
        },
    ),
)
