"""Repetition: how often an account says the same thing again.

References
----------
.. [1] Chu, Gianvecchio, Wang and Jajodia (2012), Detecting automation of Twitter accounts: are you a human,
       bot, or cyborg? IEEE TDSC 9(6). doi:10.1109/TDSC.2012.75
.. [2] Gao, Hu, Wilson, Li, Chen and Zhao (2010), Detecting and characterizing social spam campaigns, IMC 2010.
       doi:10.1145/1879141.1879147
.. [3] Simpson (1949), Measurement of diversity, Nature 163. doi:10.1038/163688a0
"""

from typing import Final

import polars as pl

from cib.accounts.history import History
from cib.accounts.indicator import Indicator, answer, few

__all__ = ["REPETITION", "duplicate_texts", "same_opening", "template_repeats"]


def duplicate_texts(history: History) -> pl.DataFrame:
    """Return 1 - distinct texts / texts, over the account's original posts [1]_.

    Texts are the same if they differ in case, links, mentions and white space alone. Texts of which
    nothing else is left are not counted. More posts make repeats likelier.
    """
    found = history.texts.group_by("account", maintain_order=True).agg(texts=pl.col("posts").sum(), distinct=pl.len())
    enough = few("texts", history.settings.min_posts, "original text")
    return answer(history, found, 1 - pl.col("distinct") / pl.col("texts"), enough)


def template_repeats(history: History) -> pl.DataFrame:
    """Return 1 - distinct templates / texts, over the account's original posts [2]_.

    A template is the text without links, mentions and hashtags, with one number as good as another. At least the share
    of repeated texts, and above it where only the blanks of a form are filled in anew.
    """
    counts = history.templates.group_by("account", maintain_order=True)
    found = counts.agg(texts=pl.col("posts").sum(), distinct=pl.len())
    enough = few("texts", history.settings.min_posts, "original text")
    return answer(history, found, 1 - pl.col("distinct") / pl.col("texts"), enough)


def same_opening(history: History) -> pl.DataFrame:
    r"""Return the chance that two of the account's original texts, drawn at random, begin with the same three words.

    Of n texts of more than three words, c with each opening,

    .. math:: \frac{\sum c (c - 1)}{n (n - 1)}

    which does not depend on n [3]_: an account of many posts does not look more alike for it.
    """
    count, texts = pl.col("posts").cast(pl.Int64), pl.col("texts")
    counts = history.openings.group_by("account", maintain_order=True)
    found = counts.agg(texts=count.sum(), twice=(count * (count - 1)).sum())
    longer = ("original text of more than three words", "original texts of more than three words")
    enough = few("texts", history.settings.min_posts, *longer)
    return answer(history, found, pl.col("twice") / (texts * (texts - 1)), enough)


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
    Indicator(
        name="template_repeats",
        family="repetition",
        title="repeated templates",
        unit="share",
        doc="1 - distinct templates / texts, of kind original: as repeated texts, but also without hashtags and with "
        "any number for another",
        needs=("posts.text",),
        unless="fewer than `min_posts` original texts",
        function=template_repeats,
        sentence="{value} % of its original texts fill in a form that it used before; {comparison}.",
        zero="No original text fills in a form that it used before; {comparison}.",
        unusual="high",
        innocent="weather, scores, prices, step counters, quizzes: whatever reports a number each day",
        reference="Gao et al. 2010, doi:10.1145/1879141.1879147; the template: this project",
    ),
    Indicator(
        name="same_opening",
        family="repetition",
        title="texts that begin alike",
        unit="share",
        doc="sum of c (c - 1) / (n (n - 1)), c of n original texts with each opening of three words; longer texts only",
        needs=("posts.text",),
        unless="fewer than `min_posts` original texts of more than three words",
        function=same_opening,
        sentence="Two of its original texts begin with the same three words in {value} % of cases; {comparison}.",
        zero="No two of its original texts begin with the same three words; {comparison}.",
        unusual="high",
        innocent="a daily column, a signature at the start, 'I liked a video', people with a favourite phrase",
        reference="Simpson 1949, doi:10.1038/163688a0; of openings: this project",
    ),
)
"""The indicators of this family, in the order in which they are shown."""
