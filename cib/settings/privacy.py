"""The section of the config that says what leaves the house about single accounts."""

from typing import Annotated, Literal

from pydantic import Field

from cib.settings.values import Section

__all__ = ["PrivacySettings"]


class PrivacySettings(Section):
    """What page, figures and exports say about single accounts; tables, evidence and cache always hold everything."""

    profile: Literal["open", "research", "public"] = "open"
    """open: everything as it was published, for work at one's own desk. research: accounts below `followers` have
    pseudonyms, and quotes are masked and short. public: no account is named, no text quoted, no group below `k`
    told."""
    key: str = ""
    """File with the secret that pseudonyms are made with, relative to the config's folder: the same secret gives the
    same pseudonyms in every run. '': `privacy.key` in the run folder, made once. Whoever has it can tell who is who."""
    followers: Annotated[int, Field(ge=0)] = 10_000
    """Accounts with fewer followers, or nobody knows how many, are private persons until the contrary is known. Higher
    protects more. Their posts are not found by this alone: what is quoted can be searched for."""
    quote: Annotated[int, Field(ge=0)] = 140
    """Characters of a post that are quoted (research). Shorter protects more, and convinces less; 0 quotes nothing."""
    k: Annotated[int, Field(ge=2)] = 5
    """Groups of fewer accounts than this are not told, and their number is '<k' (public). Higher protects more."""
