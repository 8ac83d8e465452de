"""Repetition: how often an account says the same thing again.

References
----------
.. [1] Chu, Gianvecchio, Wang and Jajodia (2012), Detecting automation of Twitter accounts: are you a human,
       bot, or cyborg? IEEE TDSC 9(6). doi:10.1109/TDSC.2012.75
"""

from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = ["REPETITION", "duplicate_texts"]


def duplicate_texts(history: History) -> pl.DataFrame:
    """Return 1 - distinct texts / texts, over the account's original posts [1]_.

    Texts are the same if they differ in case, links, mentions and white space alone. Texts of which
    nothing else is left are not counted. More posts make repeats likelier.
    """
    found = history.texts.group_by("account", maintain_order=True).agg(texts=pl.col("posts").sum(), distinct=pl.len())
    enough = few("texts", history.settings.min_posts, "original text")
    return answer(history, found, 1 - pl.col("distinct") / pl.col("texts"), enough)


REPETITION: Final = (
    Indicator(
        name="duplicate_texts",
        family="repetition",
        title="repeated original texts",
        unit="share",
        doc="1 - distinct texts / texts, of kind original; in lower case, without links and mentions, white space as "
        "one blank",
        needs=("posts.text",),
        unless="fewer than `min_posts` original texts",
        function=duplicate_texts,
        sentence="{value} % of its original texts repeat an earlier one; {comparison}.",
        zero="No original text repeats an earlier one; {comparison}.",
        unusual="high",
        innocent="greetings, thanks to followers, horoscopes, weather, share buttons, a daily call to the same action",
        reference="Chu et al. 2012, doi:10.1109/TDSC.2012.75",
    ),
)
"""The indicators of this family, in the order in which they are shown."""
