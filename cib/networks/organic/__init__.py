"""Networks -> what else they could be: each organic explanation with its value, a sentence, and its effect on the rank.

An explanation is a function from a :class:`~cib.networks.organic.case.Case` to a value for each network, and a line in
:data:`EXPLANATIONS`; the common checks in tests/networks/test_organic.py then run over it. None decides: a campaign can
look like fans, and fans can be a campaign.
"""

from typing import Final

import polars as pl

from cib.networks.organic import people, sharing
from cib.networks.organic.case import Case, Explanation, share

__all__ = ["EXPLANATIONS", "Case", "Explanation", "explain"]

EXPLANATIONS: Final[dict[str, Explanation]] = {
    "fans": Explanation(
        "followers of one account", sharing.fans, "reposts, quotes or replies with the author they answer",
        0.5, 0.9, 0.5,
        lambda x, of: f"{share(x)} of the posts that link them repost, quote or answer one account: {of}.",
    ),
    "publisher": Explanation(
        "one publisher's accounts", people.publisher, "links, and handles or names of accounts",
        0.4, 0.8, 0.5,
        lambda x, of: f"{share(x)} of links and of members go by one site: {of}.",
    ),
    "feeds": Explanation(
        "automatic feeds", people.feeds, "20 posts of half of the members",
        0.4, 0.8, 0.6,
        lambda x, _: f"{share(x)} of the members post at regular intervals and to nobody.",
    ),
    "generic_text": Explanation(
        "a template that many use", sharing.generic_text, "shared texts",
        0.3, 0.7, 0.4,
        lambda x, _: f"{share(x)} of what links them are texts that mostly others use too.",
    ),
    "one_day": Explanation(
        "a single event", sharing.one_day, "shared objects",
        0.6, 0.9, 0.5,
        lambda x, of: f"{share(x)} of what links them lies within 24 hours from {of}.",
    ),
    "one_object": Explanation(
        "one viral object", sharing.one_object, "shared objects",
        0.5, 0.9, 0.5,
        lambda x, of: f"{share(x)} of what links them is on one object: {of}.",
    ),
    "collected": Explanation(
        "what the data were collected by", sharing.collected, "shared objects",
        0.4, 0.8, 0.5,
        lambda x, _: f"{share(x)} of what links them is on objects that a twentieth of all accounts share.",
    ),
    "language_pool": Explanation(
        "few speakers of a language", people.language_pool, "languages of posts, at least two",
        0.1, 0.5, 0.7,
        lambda x, of: f"They are {share(x)} of all accounts in these data that post in {of}.",
    ),
    "one_person": Explanation(
        "several accounts of one person", people.one_person, "at most 12 accounts, active often enough to meet",
        0.8, 0.95, 0.8,
        lambda x, _: f"They are active in the same hour {share(x)} less often than their habits would have it.",
    ),
    "advocates": Explanation(
        "open advocates of one cause", people.advocates, "names or descriptions of accounts",
        0.5, 0.9, 0.6,
        lambda x, of: f"{share(x)} of the members name in their profile what few others do: {of}.",
    ),
}  # fmt: skip
"""The explanations, by name, in the order in which they are shown."""

_SCHEMA: Final = {
    "group": pl.UInt32,
    "name": pl.String,
    "value": pl.Float64,
    "applicable": pl.Boolean,
    "factor": pl.Float64,
    "sentence": pl.String,
}


def explain(case: Case) -> pl.DataFrame:
    """Return one row a network and explanation: group, name, value, applicable, factor, sentence.

    Parameters
    ----------
    case : the networks, and the data they were found in.

    Returns
    -------
    DataFrame : by group, in the order of :data:`EXPLANATIONS`. The factor is 1 where the explanation does not apply.

    Notes
    -----
    Some passes over the posts of members and over the evidence inside networks; nothing of others is held.
    """
    groups = case.sizes["group"].to_list()
    rows = []
    if groups:
        for name, explanation in EXPLANATIONS.items():
            measured = explanation.measure(case)
            known = {group: (value, detail) for group, value, detail in measured.iter_rows()}
            rows += [(group, name, *_said(explanation, *known.get(group, (None, None)))) for group in groups]
    order = list(EXPLANATIONS)
    found = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    place = pl.col("name").replace_strict(order, range(len(order)), return_dtype=pl.UInt8)
    return found.sort("group", place) if rows else found


def _said(explanation: Explanation, value: float | None, detail: str | None) -> tuple[float | None, bool, float, str]:
    if value is None:
        return None, False, 1.0, f"The data cannot tell: it needs {explanation.needs}."
    return value, True, explanation.effect(value), explanation.sentence(value, (detail or "none")[:100])
