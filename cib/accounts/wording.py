"""From an indicator's bare values to what is said: does it apply, how does the account compare, in a sentence.

The same for every indicator. A sentence holds numbers and our own words only, never a word of a post or
a profile, so it is safe wherever it is shown.
"""

import re
from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator
from cib.tables import INDICATORS

__all__ = ["compare", "middle_ranks", "number", "percent", "say"]

# Sums of floats may differ in the last digits with the number of threads; nine decimals do not.
_DECIMALS: Final = 9

_HERE: Final = " % of the accounts here"

_ABSENT: Final = {
    "accounts.created_at": ("creation dates", "creation date"),
    "accounts.handle": ("handles", "handle"),
    "accounts.followers": ("numbers of followers", "number of followers"),
    "accounts.following": ("numbers of accounts followed", "number of accounts followed"),
    "accounts.post_count": ("numbers of posts over an account's life", "number of posts over its life"),
    "accounts.default_profile": ("marks of unchanged profiles", "mark of an unchanged profile"),
    "accounts.description": ("profile texts", "profile text"),
    "posts.urls": ("links", ""),
    "posts.hashtags": ("hashtags", ""),
    "posts.mentions": ("mentions", ""),
    "posts.text": ("texts of original posts", ""),
    "posts.client": ("clients", ""),
    "posts.parent_post_id": ("reposts together with what they repost", ""),
    "posts.parent_account_id|posts.mentions": ("accounts that posts are addressed to", ""),
}
"""A field in the plural (nobody has it) and in the singular (this account lacks it)."""


def compare(indicator: Indicator, history: History) -> pl.DataFrame:
    """Return an indicator's values for all accounts, and where each stands among the accounts it applies to.

    Returns
    -------
    One row an account, in the order of `history.accounts`: account, value, applicable, reason, detail, percentile
    (share of the applicable accounts with a value as low or lower), below and above (shares strictly lower and
    strictly higher). Values that are not finite numbers count as not applicable.
    """
    answers = _answers(indicator, history)
    value = pl.col("value").round(_DECIMALS)
    clean = answers.with_columns(value=pl.when("applicable", value.is_finite()).then(value + 0.0))
    count = pl.col("value").count()
    return clean.with_columns(
        applicable=pl.col("value").is_not_null(),
        reason=pl.when(pl.col("value").is_null()).then(pl.coalesce("reason", *_unknown(indicator, history))),
        percentile=pl.col("value").rank("max") / count,
        below=(pl.col("value").rank("min").cast(pl.Int64) - 1) / count,
    ).with_columns(above=1 - pl.col("percentile"))


def _answers(indicator: Indicator, history: History) -> pl.DataFrame:
    missing = [need for need in indicator.needs if not history.gives(need)]
    if missing:
        reason = pl.lit(f"The source gives no {_field(missing[0])[0]}.")
        value = pl.lit(None, dtype=pl.Float64)
        answers = history.accounts.select("account", value=value, applicable=pl.lit(value=False), reason=reason)
    else:
        answers = indicator.function(history)
    return answers if "detail" in answers.columns else answers.with_columns(detail=pl.lit(""))


def _unknown(indicator: Indicator, history: History) -> list[pl.Expr]:
    """Return why a value may be missing without a refusal: the account lacks a field that others have."""
    lacking = [
        pl.when(history.accounts[column].is_null()).then(pl.lit(f"Its {_field(need)[1]} is not known."))
        for need in indicator.needs
        for table, _, column in [need.partition(".")]
        if table == "accounts"
    ]
    return [*lacking, pl.lit("The data on this account do not allow it.")]


def _field(need: str) -> tuple[str, str]:
    column = need.rpartition(".")[2].replace("_", " ")
    return _ABSENT.get(need, (f"values of {column}", column))


def middle_ranks(compared: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return one column an indicator: share lower plus half the share equal, in [0, 1]; null where not applicable.

    Unlike the percentile it is one half for everyone where all are alike, so a value that nearly everyone
    has, such as 0 for a rare flag, is not taken for an extreme.
    """
    middle = (pl.col("below") + pl.col("percentile")) / 2
    return pl.DataFrame({name: frame.select(middle).to_series() for name, frame in compared.items()})


def say(indicator: Indicator, compared: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of tables.INDICATORS for one indicator, from what `compare` found."""
    spoken = _fill(indicator.sentence, indicator)
    if indicator.zero:
        spoken = pl.when(pl.col("value") == 0).then(_fill(indicator.zero, indicator)).otherwise(spoken)
    sentence = pl.when("applicable").then(spoken).otherwise("reason")
    return compared.with_columns(name=pl.lit(indicator.name), sentence=sentence).select(INDICATORS.schema.names())


def _fill(template: str, indicator: Indicator) -> pl.Expr:
    value = pl.col("value")
    places = {
        "value": percent(value) if indicator.unit == "share" else number(value),
        "comparison": _same(value) if indicator.unit == "yes or no" else _comparison(indicator),
        "detail": pl.col("detail"),
    }
    parts = re.split(r"\{(\w+)\}", template)
    spoken = pl.concat_str(places[part] if index % 2 else pl.lit(part) for index, part in enumerate(parts) if part)
    return spoken.str.replace("^under", "Under")


def _comparison(indicator: Indicator) -> pl.Expr:
    below, above = pl.col("below"), pl.col("above")
    more, less = (pl.concat_str(_cut_percent(share), pl.lit(_HERE)) for share in (below, above))
    high = pl.when(below >= 0.001).then("more than " + more).otherwise(pl.lit("hardly any account here has less"))
    low = pl.when(above >= 0.001).then("less than " + less).otherwise(pl.lit("hardly any account here has more"))
    sides = {"high": high, "low": low, "both": pl.when(below >= above).then(high).otherwise(low)}
    alike = pl.when(below == 0, above == 0).then(pl.lit("as all accounts here"))
    return _among_others(alike.otherwise(sides[indicator.unusual]))


def _same(value: pl.Expr) -> pl.Expr:
    alike = pl.when(value == 0).then("percentile").otherwise(1 - pl.col("below"))
    return _among_others(pl.concat_str(pl.lit("the same holds for "), percent(alike), pl.lit(_HERE)))


def _among_others(comparison: pl.Expr) -> pl.Expr:
    alone = pl.col("value").count() == 1
    return pl.when(alone).then(pl.lit("no other account here to compare with")).otherwise(comparison)


def number(value: pl.Expr) -> pl.Expr:
    """Return '212', '0.35', '0.0048': whole from 100 on, else two decimals, or else two figures."""
    size, whole, fine = value.abs(), value.round(0).round_sig_figs(6), value.round_sig_figs(2)
    return _bare(pl.when(size >= 100).then(whole).when(size >= 0.01).then(value.round(2)).otherwise(fine))


def percent(share: pl.Expr) -> pl.Expr:
    """Return a share in percent, rounded, but never 0 or 100 unless it is exactly that."""
    small = pl.when(share > 0, share < 0.001).then(pl.lit("under 0.1"))
    return small.when(share.is_between(0.01, 0.99)).then(_bare((share * 100).round(0))).otherwise(_cut_percent(share))


def _cut_percent(share: pl.Expr) -> pl.Expr:
    """Return a share in percent, cut off, so that 'more than' stays true; one decimal near 0 and 100."""
    # The tiny addend keeps 0.29 * 100 = 28.999... from being cut to 28.
    tenths = (share * 1000 + 1e-6).floor()
    return _bare(pl.when(share.is_between(0.01, 0.99)).then((tenths / 10).floor()).otherwise((tenths / 10).round(1)))


def _bare(number: pl.Expr) -> pl.Expr:
    return (number + 0.0).cast(pl.String).str.strip_suffix(".0")
