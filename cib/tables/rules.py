"""What columns of several tables promise about their values."""

from typing import Final

from cib.contract import Rule

__all__ = ["NOT_EMPTY", "NOT_NEGATIVE", "POSITIVE", "SHARE"]

NOT_EMPTY: Final[tuple[str, Rule]] = ("must not be empty", lambda c: c.str.len_bytes() > 0)
NOT_NEGATIVE: Final[tuple[str, Rule]] = ("must be 0 or more", lambda c: c >= 0)
POSITIVE: Final[tuple[str, Rule]] = ("must be more than 0", lambda c: c > 0)
SHARE: Final[tuple[str, Rule]] = ("must be between 0 and 1", lambda c: c.is_between(0, 1))
