"""Who is named and who is not, in one place: the accounts of a run with what stands for them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import polars as pl

from cib.report.privacy.key import pseudonyms
from cib.report.privacy.masks import Mask
from cib.settings import PrivacySettings

__all__ = ["Veil"]

_NATIVE: Final = r"^[^:]*:(.*)$"


@dataclass(frozen=True)
class Veil:
    """A profile, its key, and the accounts it applies to.

    Attributes
    ----------
    accounts : RUN_ACCOUNTS, or at least its account_id, platform, handle and followers.
    unlabelled : what stands for the accounts whose label is not told, since too few of a network have it.
    """

    settings: PrivacySettings
    key: bytes
    accounts: pl.DataFrame
    unlabelled: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))

    @property
    def public(self) -> bool:
        """Whether nobody is named and nothing quoted."""
        return self.settings.profile == "public"

    @cached_property
    def names(self) -> pl.DataFrame:
        """Each account: account_id, shown (what stands for it, 'platform:~…' or its own id), named, small.

        Small: fewer followers than the bound, or nobody knows how many. Named: not small, and not in public.
        """
        small = (pl.col("followers") < self.settings.followers).fill_null(value=True)
        known = self.accounts.select("account_id", "platform", small=small)
        pseudonym = pseudonyms(known["account_id"], self.key, kind="account").alias("pseudonym")
        named = pl.lit(value=False) if self.public else ~pl.col("small")
        shown = pl.when("named").then("account_id").otherwise(pl.concat_str("platform", pl.lit(":"), "pseudonym"))
        return (
            known.with_columns(pseudonym, named=named)
            .with_columns(shown=shown)
            .select("account_id", "shown", "named", "small")
        )

    @cached_property
    def aliases(self) -> pl.DataFrame:
        """What accounts go by in posts, lower-case and once each: alias, shown, named, small.

        An alias is an account_id, the id without its platform, or a handle; of several accounts that share one, the
        first that is small counts, because that protects.
        """
        handle = pl.col("handle").str.strip_chars().str.strip_prefix("@")
        both = self.accounts.select("account_id", handle=handle).join(self.names, on="account_id")
        listed = [
            both.select(name.alias("alias"), "shown", "named", "small")
            for name in (pl.col("account_id"), pl.col("account_id").str.extract(_NATIVE), pl.col("handle"))
        ]
        found = pl.concat(listed).drop_nulls("alias").with_columns(pl.col("alias").str.to_lowercase())
        found = found.filter(pl.col("alias") != "").sort("alias", "small", "shown", descending=[False, True, False])
        return found.unique("alias", keep="first", maintain_order=True)

    @cached_property
    def mask(self) -> Mask:
        """Take the names of accounts that are not named out of texts."""
        hidden = self.aliases.filter(~pl.col("named"))
        short = hidden["shown"].str.extract(_NATIVE)
        return Mask(hidden["alias"], short.fill_null("…"))

    def stands_for(self, names: pl.Series) -> pl.Series:
        """Return what stands for accounts as posts name them, by handle or id; nobody knows a name: a pseudonym."""
        known = (
            names.alias("name").to_frame().with_columns(alias=pl.col("name").str.to_lowercase().str.strip_prefix("@"))
        )
        known = known.join(
            self.aliases.select("alias", "shown", "named"), on="alias", how="left", maintain_order="left"
        )
        unknown = pseudonyms(known["alias"], self.key, kind="name")
        shown = pl.when("named").then("name").otherwise(pl.coalesce("shown", pl.lit("@") + unknown))
        return known.select(shown.alias("shown"))["shown"]
