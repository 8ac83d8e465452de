"""What can go wrong, as one tree.

::

    CibError                a mistake we can explain: one sentence, exit code below, no traceback
    ├── ConfigError    (2)  the detection config: unknown key, value out of range, unreadable TOML
    ├── InputError     (3)  the user's files: missing, empty, unreadable, wrong columns or times
    ├── TableError     (4)  a table that breaks its contract: a stage was given the wrong thing
    └── RunError       (5)  the run itself: folder in use or not writable, no such run, over a limit

Every message says what happened, where, and what to do about it.
"""

__all__ = ["CibError", "ConfigError", "InputError", "RunError", "TableError"]


class CibError(Exception):
    """A mistake that can be explained to the user in a sentence."""

    exit_code = 1


class ConfigError(CibError):
    """The detection config cannot be used."""

    exit_code = 2


class InputError(CibError):
    """An input file cannot be used."""

    exit_code = 3


class TableError(CibError):
    """A table breaks its contract (see :mod:`cib.tables`)."""

    exit_code = 4


class RunError(CibError):
    """A run cannot start, cannot go on, or is not there."""

    exit_code = 5
