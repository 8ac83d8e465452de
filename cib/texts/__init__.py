"""Texts: what makes two of them the same, from the same words to the same meaning (see :mod:`cib.texts.groups`)."""

from cib.texts.groups import RUNGS, Grouped, group_texts
from cib.texts.normalise import as_toolkit, long_enough, normalise, template

__all__ = ["RUNGS", "Grouped", "as_toolkit", "group_texts", "long_enough", "normalise", "template"]
