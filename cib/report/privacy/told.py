"""What a report says about its own privacy profile."""

from typing import Any

from cib.report.words import count

__all__ = ["profile_sentence"]


def profile_sentence(manifest: dict[str, Any]) -> str:
    """Return with which profile a report was made, and what that means.

    >>> profile_sentence({})[:29]
    'Made with the profile “open”:'
    """
    about = manifest.get("privacy", {"profile": "open"})
    if about["profile"] == "research":
        return (
            f"Made with the profile “research”: accounts with fewer than {about['followers']:,} followers, or of "
            f"unknown reach, have pseudonyms (~…), and at most {about['quote']} characters of a post are quoted, "
            "without names and addresses of profiles. Whoever searches for a quote can still find its author."
        )
    if about["profile"] == "public":
        untold = f" {count(about['untold'], 'smaller network')} not told." if about["untold"] else ""
        return (
            "Made with the profile “public”: no account is named, no post quoted, and no group of fewer than "
            f"{about['k']} accounts told.{untold} Times of single acts are moved by up to half an hour. The numbers "
            "and tables of the whole run are with its makers."
        )
    return (
        "Made with the profile “open”: accounts and posts stand here as they were published. To pass it on, make it "
        "with another profile ([privacy])."
    )
