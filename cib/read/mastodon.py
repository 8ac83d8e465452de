"""Mastodon and servers with its API (Pleroma, Akkoma, GoToSocial): statuses, searches, contexts, streams [1]_.

The ids of statuses and accounts are one server's own, so an account is named by user and host, as in
``name@example.org``; a server's own accounts get its host from their address. Ids of statuses stay as they are:
files from several servers do not agree on them. The text is HTML and is read as plain text.

.. [1] Mastodon, API entities, docs.joinmastodon.org/entities/Status and docs.joinmastodon.org/methods/streaming
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.markup import links_in_markup, plain_text
from cib.read.nested import at, decoded_values, first_of, names_under, records, referring, values_in
from cib.read.reader import DOCUMENT, Layout, Reader

__all__ = ["MASTODON"]

_ACCOUNT: Final = record(
    _="id username acct url uri display_name created_at followers_count following_count statuses_count note verified"
)
_INNER: Final[dict[str, Any]] = {
    "_": "id uri url created_at content text language in_reply_to_id in_reply_to_account_id quote_id",
    "account": _ACCOUNT,
    "tags": json_list(record(_="name")),
    "mentions": json_list(record(_="id acct username url")),
    "media_attachments": json_list(record(_="id url")),
    "application": record(_="name"),
}
_STATUS: Final = record(
    **_INNER,
    reblog=record(**_INNER),
    quote=record(_="id quoted_status_id", account=_ACCOUNT, quoted_status=record(_="id", account=_ACCOUNT)),
)
_LISTS: Final = ("statuses", "ancestors", "descendants")
# A quote, a notification and a conversation hold one status each.
_HELD: Final = ("quoted_status", "status", "last_status")
_SCHEMA: Final = pl.Struct(
    dict(_STATUS)
    | {name: json_list(_STATUS) for name in _LISTS}
    | dict.fromkeys(_HELD, _STATUS)
    | {"event": pl.String(), "payload": pl.String()}
)
_UPDATES: Final = ("update", "status.update")
_SAID: Final = ("text", "language", "urls", "hashtags", "mentions", "media")
_HOST: Final = r"^https?://(?:[^/@]*@)?([^/?#]+)"


def _recognise(columns: Sequence[str]) -> str:
    if "event" in columns and {"payload", "stream"} & set(columns):
        return "it has the fields event and payload of Mastodon's streams"
    places = ("", *(f"{name}." for name in _HELD), *(f"{name}." for name in _LISTS))
    found = any(
        names >= {"id", "account.acct"} and names & {"content", "reblog.id"} for names in names_under(columns, *places)
    )
    return "it has the fields account.acct and content of Mastodon statuses" if found else ""


def _statuses(frame: pl.DataFrame) -> pl.DataFrame:
    """Return all statuses, one a row, with the stream's event."""
    posted = pl.when(pl.col("event").is_in(_UPDATES)).then("payload")
    sent = frame.select(DOCUMENT, posted=posted).with_columns(
        decoded_values(frame.select(posted).to_series(), _STATUS).alias("sent")
    )
    frame = frame.with_columns(held=pl.concat_list(pl.coalesce(sent["sent"], *_HELD)).list.drop_nulls())
    frame = frame.with_columns(held=pl.when(pl.col("held").list.len() > 0).then("held"))
    return records(frame, _STATUS, [*_LISTS, "held"], keep=["event"])


def _address(path: str, status: str) -> pl.Expr:
    """Return an account as name@host, in lower case; the host of a server's own account from an address."""
    acct = first_of(f"{path}.acct", f"{path}.username")
    links = [f"{path}.url", f"{path}.uri", f"{status}uri", f"{status}url"]
    host = pl.coalesce(first_of(link).str.extract(_HOST) for link in links)
    whole = pl.when(acct.str.contains("@", literal=True) | host.is_null()).then(acct)
    return whole.otherwise(pl.format("{}@{}", acct, host)).str.to_lowercase()


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    items = _statuses(frame).with_columns(reposted=at("reblog.id"))
    is_repost = pl.col("reposted").is_not_null()
    said = [
        pl.when(is_repost).then(inner).otherwise(outer).alias(name)
        for inner, outer, name in zip(_said("reblog."), _said(""), _SAID, strict=True)
    ]
    quoted = first_of("quote.quoted_status.id", "quote.quoted_status_id", "quote.id", "quote_id")
    quoting = pl.coalesce(_address("quote.quoted_status.account", ""), _address("quote.account", ""))
    replied = first_of("in_reply_to_id")
    return items.select(
        DOCUMENT,
        first_of("id").alias("post_id"),
        _address("account", "").alias("account_id"),
        "created_at",
        *said,
        *referring(
            ("repost", is_repost, pl.col("reposted"), _address("reblog.account", "reblog.")),
            ("quote", quoted.is_not_null(), quoted, quoting),
            ("reply", replied.is_not_null(), replied, _answered()),
        ),
        at("application.name").alias("client"),
        _address("account", "").alias("handle"),
        first_of("account.display_name").alias("name"),
        at("account.created_at").alias("account_created_at"),
        at("account.followers_count").alias("followers"),
        at("account.following_count").alias("following"),
        at("account.statuses_count").alias("post_count"),
        plain_text(at("account.note")).alias("description"),
        at("account.verified").alias("verified"),
        pl.when(pl.col("event").is_not_null() & ~pl.col("event").is_in(_UPDATES))
        .then(pl.format("it is an event '{}', not a status", pl.col("event").str.slice(0, 40)))
        .when(pl.col("id").is_null())
        .then(pl.lit("it holds no status"))
        .alias(REFUSE),
    )


def _said(prefix: str) -> list[pl.Expr]:
    content = at(f"{prefix}content")
    return [
        pl.coalesce(pl.when(plain_text(content) != "").then(plain_text(content)), first_of(f"{prefix}text")),
        first_of(f"{prefix}language"),
        links_in_markup(content),
        values_in(f"{prefix}tags", "name"),
        values_in(f"{prefix}mentions", "acct", "username"),
        values_in(f"{prefix}media_attachments", "id"),
    ]


def _answered() -> pl.Expr:
    """Return the account replied to: the status's own, or the mentioned one with that number."""
    number = pl.when(pl.col("in_reply_to_account_id").str.contains(r"^\w+$")).then("in_reply_to_account_id")
    item = pl.element().struct
    host = item.field("url").str.extract(_HOST)
    acct = pl.coalesce(item.field("acct"), item.field("username"))
    whole = pl.when(acct.str.contains("@", literal=True) | host.is_null()).then(acct)
    named = pl.format("{}={}", item.field("id"), whole.otherwise(pl.format("{}@{}", acct, host)))
    mentioned = at("mentions").list.eval(named).list.join("\n", ignore_nulls=True).str.to_lowercase()
    found = mentioned.str.extract(pl.format("(?m)^{}=(.+)$", number.str.to_lowercase()))
    return pl.when(number == at("account.id")).then(_address("account", "")).otherwise(found)


MASTODON: Final = Reader(
    name="mastodon",
    doc="Mastodon and servers with its API: statuses, searches, contexts, streams",
    recognise=_recognise,
    platform="mastodon",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        lists=_LISTS,
        origins={
            "post_id": "id (of the server that was asked)",
            "account_id": "account.acct, with the host of account.url where it has none",
            "text": "content without its markup, of a reblog that of the status it repeats",
            "urls": "links in content, without mentions and hashtags",
            "mentions": "mentions: acct",
            "media": "media_attachments: id",
            "kind": "reblog, else quote, else in_reply_to_id",
        },
    ),
)
