"""The tables of a run under a privacy profile: pseudonyms for ids, and what would give an account away left out."""

from collections.abc import Callable
from typing import Final, TypeAlias

import polars as pl

from cib.report.privacy.key import pseudonyms
from cib.report.privacy.veil import Veil
from cib.tables import RUN_TABLES

__all__ = ["kept_networks", "veiled_ends", "veiled_table"]

_WITHHELD: Final = "Not told in a public report."
_DETAIL: Final = r"(?s):\s.*$"
"""In a sentence about a network, what stands after the colon: the account, link, text or word that it is about."""

Change: TypeAlias = Callable[[pl.DataFrame, Veil], pl.DataFrame]


def veiled_table(name: str, frame: pl.DataFrame, veil: Veil, networks: pl.Series | None) -> pl.DataFrame:
    """Return one of RUN_TABLES under the profile, by its key.

    Parameters
    ----------
    networks : numbers of the networks that are told (see :func:`kept_networks`); None: all.
    """
    frame = _ids(frame, veil)
    if networks is not None:
        frame = _told(name, frame, networks)
    for change in (_RESEARCH.get(name), _PUBLIC.get(name) if veil.public else None):
        frame = frame if change is None else change(frame, veil)
    table = RUN_TABLES[name]
    return frame.select(list(table.columns)).sort(table.key) if table.key else frame.select(list(table.columns))


def kept_networks(networks: pl.DataFrame, veil: Veil) -> pl.Series | None:
    """Return the numbers of the networks that are told: in public those of k accounts or more; None for all."""
    return networks.filter(pl.col("accounts") >= veil.settings.k)["network"] if veil.public else None


def veiled_ends(frame: pl.LazyFrame, veil: Veil) -> pl.LazyFrame:
    """Return rows about two accounts with their pseudonyms, turned round where these come in the other order."""
    shown = veil.names.lazy().select("account_id", "shown")
    for end in ("source", "target"):
        frame = frame.join(shown, left_on=end, right_on="account_id", how="left", maintain_order="left")
        frame = frame.with_columns(pl.col("shown").alias(end)).drop("shown")
    names = frame.collect_schema().names()
    turned = pl.col("source") > pl.col("target")
    swapped = {}
    for one in [name for name in names if name.endswith("source")]:
        other = one.removesuffix("source") + "target"
        swapped[one] = pl.when(turned).then(other).otherwise(one)
        swapped[other] = pl.when(turned).then(one).otherwise(other)
    if "delta_s" in names:
        swapped["delta_s"] = pl.when(turned).then(-pl.col("delta_s")).otherwise("delta_s")
    if "lead" in names:
        swapped["lead"] = pl.when(turned).then(1 - pl.col("lead")).otherwise("lead")
    return frame.with_columns(**swapped)


def _ids(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    if "source" in frame.columns:
        return veiled_ends(frame.lazy(), veil).collect()
    if "account_id" not in frame.columns:
        return frame
    shown = veil.names.select("account_id", "shown", "named")
    return frame.join(shown, on="account_id", how="left", maintain_order="left").with_columns(account_id="shown")


def _told(name: str, frame: pl.DataFrame, networks: pl.Series) -> pl.DataFrame:
    """Return the rows of networks that are told; where a network is only a remark, the remark goes."""
    there = networks.implode()
    if name in {"scores", "changes"}:
        return frame.with_columns(pl.when(pl.col("network").is_in(there)).then("network"))
    if "network" in frame.columns:
        frame = frame.filter(pl.col("network").is_in(there))
    if "parent" in frame.columns:
        frame = frame.with_columns(pl.when(pl.col("parent").is_in(there)).then("parent"))
    if "home" in frame.columns:
        frame = frame.with_columns(home=pl.col("network") == pl.col("network").min().over("account_id"))
    return frame


def _accounts(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Return the accounts, those that are not named without what they can be recognised by."""
    del veil
    told = ["handle", "name", "description"]
    return frame.with_columns(pl.when("named").then(name).alias(name) for name in told)


def _accounts_in_public(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Return the accounts with nothing but their platform, and the label where k of them have it in every group."""
    gone = ["created_at", "followers", "following", "post_count", "verified", "default_profile"]
    enough = (pl.len().over("label") >= veil.settings.k) & ~pl.col("account_id").is_in(veil.unlabelled.implode())
    return frame.with_columns(
        *(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in gone),
        label=pl.when(enough).then("label"),
    )


def _days(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Return times as days: the second of a co-action finds the posts in any archive."""
    del veil
    return frame.with_columns(pl.col("first_at", "last_at").dt.truncate("1d"))


def _sentences(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    return frame.with_columns(veil.mask(pl.col("sentence")))


def _without_detail(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    del veil
    return frame.with_columns(pl.col("sentence").str.replace(_DETAIL, "."))


def _enough_members(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    return frame.filter(pl.col("members") >= veil.settings.k)


def _creation(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Return the stretches of creation in which enough accounts lie; of the others nothing but that they are there."""
    few = (pl.col("members") < veil.settings.k) | (pl.col("inside") < veil.settings.k).fill_null(value=False)
    finding = ["first_at", "days", "inside", "expected", "p"]
    return frame.with_columns(
        *(pl.when(~few).then(name).alias(name) for name in finding),
        sentence=pl.when(few).then(pl.lit(_WITHHELD)).otherwise("sentence"),
    )


def _timing(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Return what was found on timing, in words where enough accounts were tested."""
    few = pl.col("tested") < veil.settings.k
    return frame.with_columns(sentence=pl.when(few).then(pl.lit(_WITHHELD)).otherwise("sentence"))


def _nothing(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    del veil
    return frame.clear()


def _texts(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    short = veil.mask(pl.col("text")).str.slice(0, veil.settings.quote)
    frame = frame.with_columns(text=short).filter(pl.col("text") != "")
    return frame.unique("text", keep="first", maintain_order=True)


def _verdicts(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    """Return verdicts with masked notes; what was judged is named by a mark, since its name is made of the accounts."""
    return frame.with_columns(
        veil.mask(pl.col("explanation")),
        veil.mask(pl.col("note")),
        pseudonyms(frame["subject"], veil.key, kind="subject"),
    )


def _without_notes(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    del veil
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in ("explanation", "note"))


def _without_examples(frame: pl.DataFrame, veil: Veil) -> pl.DataFrame:
    del veil
    return frame.with_columns(examples=pl.lit([], dtype=frame.schema["examples"]), reason=_unquoted(pl.col("reason")))


def _unquoted(text: pl.Expr) -> pl.Expr:
    """Return a reason without what it quotes from a row."""
    return text.str.replace_all(r"'[^']*'|\"[^\"]*\"", "'…'")


_RESEARCH: Final[dict[str, Change]] = {
    "accounts": _accounts,
    "explanations": _sentences,
    "indicators": _sentences,
    "generic": _texts,
    "ledger": _without_examples,
    "verdicts": _verdicts,
}
"""What both profiles change beside ids."""

_PUBLIC: Final[dict[str, Change]] = {
    "accounts": _accounts_in_public,
    "edges": _days,
    "graph": _days,
    "networks": _days,
    "explanations": _without_detail,
    "indicators": _nothing,
    "generic": _nothing,
    "network_indicators": _enough_members,
    "network_creation": _creation,
    "network_timing": _timing,
    "changes": _nothing,
    "verdicts": _without_notes,
}
"""What a public report changes beyond that: indicators are about single accounts, generic texts are texts, and bands of
accounts that stay together can be of one or two."""
