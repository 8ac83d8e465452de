"""Telegram Desktop's ``result.json``: one chat, or all chats of an account [1]_.

A message is named by its chat and its number, an account by its id with its sort before it ('user123', 'channel123').
A forward is a repost of which the export says whose it was, not which message. Service messages are no posts; a
message that answers the one that opened a topic just stands in that topic. Links without a scheme get one.

.. [1] Telegram Desktop, export to machine-readable JSON, github.com/telegramdesktop/tdesktop
   (Telegram/SourceFiles/export/output/export_output_json.cpp)
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.documents import AROUND
from cib.read.nested import at, first_of, joined_lists, names_under, referring
from cib.read.reader import DOCUMENT, Layout, Reader

__all__ = ["TELEGRAM"]

_MESSAGE: Final = record(
    _="""
    id type action date date_unixtime from from_id actor actor_id forwarded_from forwarded_from_id saved_from
    reply_to_message_id text via_bot
    """,
    text_entities=json_list(record(_="type text href")),
)
_CHAT: Final = record(_="id", messages=json_list(_MESSAGE))
_CHATS: Final = ("chats", "left_chats")
_SCHEMA: Final = pl.Struct(
    dict(_MESSAGE) | dict(_CHAT) | {AROUND: record(_="id")} | {name: record(list=json_list(_CHAT)) for name in _CHATS}
)
_SHAPE: Final = {"id", "type", "date"}
_MORE: Final = {"text_entities", "date_unixtime", "from_id", "from", "text_entities.type", "actor"}


def _recognise(columns: Sequence[str]) -> str:
    places = names_under(columns, "messages.", *(f"{name}.list.messages." for name in _CHATS))
    if any(names >= _SHAPE and names & _MORE for names in places):
        return "it has the messages of a Telegram Desktop export (id, type, date)"
    return ""


def _unfold(document: dict[str, Any]) -> Iterator[Any]:
    """Write the texts of older exports, lists of strings and of marked parts, as newer ones do."""
    chats = [document, {"messages": [document]}]
    for name in _CHATS:
        held = document.get(name)
        chats += held.get("list", []) if isinstance(held, dict) else []
    for chat in chats:
        messages = chat.get("messages") if isinstance(chat, dict) else None
        for message in messages if isinstance(messages, list) else []:
            parts = message.get("text") if isinstance(message, dict) else None
            if isinstance(parts, list):
                marked = [part if isinstance(part, dict) else {"type": "plain", "text": part} for part in parts]
                message["text_entities"] = message.get("text_entities") or marked
                message["text"] = "".join(str(part.get("text") or "") for part in marked)
    yield document


def _messages(frame: pl.DataFrame) -> pl.DataFrame:
    """Return all messages, one a row, with the id of their chat."""
    fields = [field.name for field in _MESSAGE.fields]
    alone = frame.filter(pl.col(AROUND).is_not_null()).select(DOCUMENT, *fields, chat_id=at(f"{AROUND}.id"))
    chats = [frame.select(DOCUMENT, chat=pl.struct("id", "messages"))]
    for name in _CHATS:
        held = frame.select(DOCUMENT, chat=at(f"{name}.list")).drop_nulls("chat").explode("chat")
        chats.append(held.drop_nulls("chat"))
    listed = pl.concat(chats).select(DOCUMENT, chat_id=at("chat.id"), message=at("chat.messages"))
    listed = listed.drop_nulls("message").explode("message").drop_nulls("message").unnest("message")
    return pl.concat([listed, alone], how="diagonal").sort(DOCUMENT, maintain_order=True)


class _Rows:
    """Makes rows of messages, and remembers the topics that earlier ones opened."""

    def __init__(self) -> None:
        self.topics = pl.DataFrame(schema={"chat_id": pl.String, "topic": pl.String})

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        messages = _messages(frame)
        opened = messages.filter(pl.col("action") == "topic_created").select("chat_id", topic="id")
        self.topics = pl.concat([self.topics, opened]).unique(maintain_order=True)
        return _rows(messages, self.topics)


def _rows(messages: pl.DataFrame, topics: pl.DataFrame) -> pl.DataFrame:
    messages = messages.join(
        topics.with_columns(opens=True),
        left_on=["chat_id", "reply_to_message_id"], right_on=["chat_id", "topic"], how="left", maintain_order="left",
    )  # fmt: skip
    forwarded = first_of("forwarded_from", "saved_from", "forwarded_from_id").is_not_null()
    source = first_of("forwarded_from_id")
    replied = pl.when(pl.col("opens").is_null()).then(first_of("reply_to_message_id"))
    none = pl.lit(None, dtype=pl.String)
    number = first_of("from_id", "actor_id")
    return messages.select(
        DOCUMENT,
        pl.format("{}/{}", pl.col("chat_id").fill_null("chat"), "id").alias("post_id"),
        number.alias("account_id"),
        first_of("date_unixtime", "date").alias("created_at"),
        _text().alias("text"),
        _links().alias("urls"),
        _marked("hashtag", strip="#").alias("hashtags"),
        _marked("mention", strip="@").alias("mentions"),
        *referring(
            ("repost", forwarded, none, source),
            ("reply", replied.is_not_null(), pl.format("{}/{}", "chat_id", replied), none),
        ),
        first_of("via_bot").alias("client"),
        first_of("from").alias("name"),
        _no_post().alias(REFUSE),
    )


def _text() -> pl.Expr:
    parts = at("text_entities").list.eval(pl.element().struct.field("text")).list.join("", ignore_nulls=True)
    return pl.coalesce(pl.when(parts != "").then(parts), first_of("text"))


def _marked(sort: str, *, strip: str = "", field: str = "text") -> pl.Expr:
    """Return what the text's parts of one sort say."""
    item = pl.element().struct
    found = pl.when(item.field("type") == sort).then(item.field(field).str.strip_chars_start(strip))
    return joined_lists(at("text_entities").list.eval(found).list.drop_nulls())


def _links() -> pl.Expr:
    written = _marked("link").list.eval(
        pl.when(pl.element().str.contains(r"^[A-Za-z][A-Za-z0-9+.-]*://"))
        .then(pl.element())
        .otherwise(pl.format("http://{}", pl.element()))
    )
    return joined_lists(written, _marked("text_link", field="href"))


def _no_post() -> pl.Expr:
    kind = pl.col("type")
    return (
        pl.when(kind == "service")
        .then(
            pl.format(
                "it is a service message ({}), not a post", pl.col("action").fill_null("of no kind").str.slice(0, 40)
            )
        )
        .when(kind.is_not_null() & (kind != "message"))
        .then(pl.format("it is a '{}', not a message", kind.str.slice(0, 40)))
    )


TELEGRAM: Final = Reader(
    name="telegram",
    doc="Telegram Desktop's result.json: one chat, or all chats of an account",
    recognise=_recognise,
    platform="telegram",
    layout=Layout(
        schema=_SCHEMA,
        rows=_Rows(),
        afresh=_Rows,
        unfold=(re.compile(rb'"text"\s*:\s*\['), _unfold),
        lists=("messages",),
        origins={
            "post_id": "id of the chat / id of the message",
            "account_id": "from_id",
            "created_at": "date_unixtime, else date (local time of the computer that exported)",
            "text": "text_entities, else text",
            "urls": "text_entities: link, text_link",
            "hashtags": "text_entities: hashtag",
            "mentions": "text_entities: mention",
            "kind": "forwarded_from makes a repost, reply_to_message_id a reply unless it opened a topic",
            "parent_account_id": "forwarded_from_id",
        },
    ),
)
