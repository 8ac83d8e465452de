"""Techniques of the DISARM framework [1]_ whose behaviour the data show.

Whether it is a technique, with an intent and a campaign behind it, is for an analyst: people copy texts and use
hashtags without any.

.. [1] DISARM Foundation, DISARM Red Framework, https://github.com/DISARMFoundation/DISARMframeworks (CC BY-SA 4.0).
   Names and ids as of its generated_pages/techniques at commits 5409c8c (T0084.001), 49df5f6 (T0015.001, T0118) and
   29792a7 (T0119.002).
"""

from typing import Final

import polars as pl

from cib.report.run import RunFiles

__all__ = ["SHOWN", "techniques", "traces_of"]

SHOWN: Final = {
    "T0084.001": ("Use Copypasta", "several accounts posted the same or nearly the same text"),
    "T0015.001": ("Use Existing Hashtag", "several accounts used the same hashtags"),
    "T0118": ("Amplify Existing Narrative", "several accounts reposted the same posts or spread the same links"),
    "T0119.002": ("Post across Platform", "accounts on several platforms acted on the same objects"),
}
"""Id: its name, and what the data show of it."""

_BY_TRACE: Final = {
    **dict.fromkeys(("text", "template", "near_copy", "rewording", "translation"), "T0084.001"),
    **dict.fromkeys(("hashtag", "hashtag_sequence"), "T0015.001"),
    **dict.fromkeys(("repost", "fast_repost", "url", "domain"), "T0118"),
}


def traces_of(run: RunFiles) -> dict[str, str]:
    """Return the trace of each layer of a run."""
    return {name: str(about["trace"]) for name, about in run.manifest["layers"].items()}


def techniques(tables: dict[str, pl.DataFrame], traces: dict[str, str]) -> pl.DataFrame:
    """Return network, id, name of each technique that the layers of a network show, by network and id.

    Parameters
    ----------
    tables : networks, members and accounts of the run.
    traces : layer: its trace.
    """
    carried = tables["networks"].select("network", layer="layers").explode("layer").drop_nulls()
    by_layer = {layer: _BY_TRACE.get(traces.get(layer, "")) for layer in carried["layer"].unique()}
    shown = carried.select("network", id=pl.col("layer").replace_strict(by_layer, default=None, return_dtype=pl.String))
    placed = tables["members"].join(tables["accounts"].select("account_id", "platform"), on="account_id")
    several = placed.group_by("network").agg(n=pl.col("platform").n_unique()).filter(pl.col("n") > 1)
    both = pl.concat([shown, several.select("network", id=pl.lit("T0119.002"))]).drop_nulls().unique()
    names = {number: name for number, (name, _) in SHOWN.items()}
    named = both.with_columns(name=pl.col("id").replace_strict(names, default=None, return_dtype=pl.String))
    return named.sort("network", "id")
