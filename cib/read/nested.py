"""What layouts of JSON documents are written with: values at a path, lists of values, records in lists, references."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cib.read.decoding import decoded_documents
from cib.read.reader import DOCUMENT
from cib.tables import STRINGS

__all__ = ["at", "decoded_values", "first_of", "joined_lists", "names_under", "records", "referring", "values_in"]

_NO_TEXTS: Final = pl.lit(None, dtype=STRINGS)


def at(path: str) -> pl.Expr:
    """Return the value at a dotted path."""
    first, *rest = path.split(".")
    value = pl.col(first)
    for name in rest:
        value = value.struct.field(name)
    return value


def first_of(*paths: str) -> pl.Expr:
    """Return the first text of these that is there and not empty."""
    return pl.coalesce(pl.when(at(path) != "").then(at(path)) for path in paths).alias(paths[0].rpartition(".")[2])


def values_in(path: str, *names: str, where: pl.Expr | None = None) -> pl.Expr:
    """Return, of a list of objects, the first of these values of each as a list of texts; null if there is none.

    Parameters
    ----------
    names : dotted paths within an object; none if the list holds texts.
    where : a condition on the object, as an expression over :func:`polars.element`.
    """
    item = pl.element()
    value = pl.coalesce(_within(item, name) for name in names) if names else item
    kept = pl.when((value != "") if where is None else (value != "") & where).then(value)
    texts = at(path).list.eval(kept).list.drop_nulls()
    return pl.when(texts.list.len() > 0).then(texts).otherwise(_NO_TEXTS)


def _within(item: pl.Expr, path: str) -> pl.Expr:
    for name in path.split("."):
        item = item.struct.field(name)
    return item


def joined_lists(*lists: pl.Expr) -> pl.Expr:
    """Return the items of several lists of texts, each once, in order; null if there is none."""
    whole = pl.concat_list(texts.fill_null([]) for texts in lists).list.unique(maintain_order=True)
    return pl.when(whole.list.len() > 0).then(whole).otherwise(_NO_TEXTS)


def records(frame: pl.DataFrame, record: pl.Struct, lists: Sequence[str], *, keep: Sequence[str] = ()) -> pl.DataFrame:
    """Return the records that documents hold in lists at these paths, and the documents that have none of the lists.

    Parameters
    ----------
    record : what a record has; a document without any of the lists is one itself.
    keep : further columns of the document that its records keep.

    Returns
    -------
    DOCUMENT, ``keep`` and the record's fields, in the documents' order.
    """
    kept = [DOCUMENT, *keep]
    alone = frame.filter(pl.all_horizontal(at(path).is_null() for path in lists)) if lists else frame
    fields = [field.name for field in record.fields]
    own = [pl.col(name) if name in frame.columns else pl.lit(None).alias(name) for name in fields if name not in kept]
    parts = [alone.select(*kept, *own)]
    for path in lists:
        held = frame.select(*kept, at(path).alias("cib:record")).drop_nulls("cib:record")
        parts.append(held.explode("cib:record").drop_nulls("cib:record").unnest("cib:record"))
    whole = pl.concat(parts, how="diagonal_relaxed")
    return whole.cast({name: dtype for name, dtype in dict(record).items() if whole.schema[name] == pl.Null}).sort(
        DOCUMENT, maintain_order=True
    )


def decoded_values(column: pl.Series, dtype: Any) -> pl.Series:
    """Return JSON texts as values of a type; null where a text is null or no JSON, or of another shape."""
    given = pl.col("text").is_not_null()
    document = pl.lit('{"value": ') + pl.col("text") + pl.lit("}")
    texts = column.alias("text").to_frame().filter(given).select(document).to_series()
    frame, _ = decoded_documents([value.encode() for value in texts], pl.Struct({"value": dtype}))
    places = column.is_not_null().arg_true().gather(frame[DOCUMENT]).cast(pl.UInt32)
    found = pl.DataFrame({"place": places, "value": frame["value"]})
    rows = pl.DataFrame({"place": pl.int_range(len(column), dtype=pl.UInt32, eager=True)})
    return rows.join(found, on="place", how="left", maintain_order="left")["value"]


def referring(*references: tuple[str, pl.Expr, pl.Expr, pl.Expr]) -> list[pl.Expr]:
    """Return kind, parent_post_id and parent_account_id by the first reference that is there.

    Parameters
    ----------
    references : kind, whether it is there, the post and the account it names; the first that is there counts.
    """
    kind, post, account = pl.lit("original"), *[pl.lit(None, dtype=pl.String)] * 2
    for name, known, its_post, its_account in reversed(references):
        there = known.fill_null(value=False)
        kind = pl.when(there).then(pl.lit(name)).otherwise(kind)
        post = pl.when(there).then(its_post).otherwise(post)
        account = pl.when(there).then(its_account).otherwise(account)
    return [kind.alias("kind"), post.alias("parent_post_id"), account.alias("parent_account_id")]


def names_under(names: Sequence[str], *prefixes: str) -> list[set[str]]:
    """Return the dotted names below each prefix ('' is the document itself), without it."""
    return [{name.removeprefix(prefix) for name in names if name.startswith(prefix)} for prefix in prefixes]
