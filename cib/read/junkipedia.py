"""Junkipedia's API: posts of channels on many platforms [1]_.

The names of its CSV's columns are published nowhere; the generic reader reads such files and
knows some of them.

.. [1] Junkipedia, API documentation, docs.junkipedia.org; field names as clients of the API read them
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cib.read.batch import REFUSE
from cib.read.decoding import json_list, record
from cib.read.nested import at, first_of, names_under, records
from cib.read.reader import DOCUMENT, Layout, Reader

__all__ = ["JUNKIPEDIA"]

_POST: Final = record(
    _="id type",
    attributes=record(
        _="post_uid published_at url channel_id title text description",
        search_data_fields=record(
            _="""
            channel_id channel_uid channel_name platform_name description sanitized_text title language_code
            """
        ),
    ),
)
_SCHEMA: Final = pl.Struct(dict(_POST) | {"data": json_list(_POST)})


def _recognise(columns: Sequence[str]) -> str:
    for names in names_under(columns, "data.", ""):
        if "attributes.published_at" in names and any(
            name.startswith("attributes.search_data_fields.") for name in names
        ):
            return "it has the fields attributes.published_at and search_data_fields of Junkipedia"
    return ""


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    said = "attributes.search_data_fields."
    return records(frame, _POST, ["data"]).select(
        DOCUMENT,
        first_of("attributes.post_uid", "id").alias("post_id"),
        first_of(f"{said}channel_uid", f"{said}channel_id", "attributes.channel_id", f"{said}channel_name").alias(
            "account_id"
        ),
        first_of(f"{said}platform_name").alias("platform"),
        at("attributes.published_at").alias("created_at"),
        first_of(
            f"{said}sanitized_text", f"{said}description", "attributes.text", "attributes.description", f"{said}title"
        ).alias("text"),
        first_of(f"{said}language_code").alias("language"),
        first_of(f"{said}channel_name").alias("name"),
        pl.when(pl.col("attributes").is_null()).then(pl.lit("it holds no post")).alias(REFUSE),
    )


JUNKIPEDIA: Final = Reader(
    name="junkipedia",
    doc="Junkipedia's API: posts of channels on many platforms",
    recognise=_recognise,
    platform="generic",
    layout=Layout(
        schema=_SCHEMA,
        rows=_rows,
        lists=("data",),
        origins={
            "post_id": "attributes.post_uid, else id",
            "account_id": "search_data_fields: channel_uid, else channel_id, else channel_name",
            "platform": "search_data_fields.platform_name",
            "created_at": "attributes.published_at",
            "text": "search_data_fields: sanitized_text, else description",
        },
    ),
)
