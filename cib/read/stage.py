"""The reading stage: raw files in, the posts and accounts tables out.

First every file is cut into batches, each batch becomes posts, and the posts are written as parts.
Then the parts are gone through once more: rows that come again are settled, accounts are numbered in
the order of their ids, and all is written as one table. Memory is that of a batch, of the accounts,
and of 24 bytes a post (or less, in passes, if ``memory`` says so).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl

from cib.errors import InputError
from cib.read.account_lists import ALL_ACCOUNTS, AccountLists
from cib.read.accounts import observed
from cib.read.ahead import ahead
from cib.read.assemble import Parts, Times, write_accounts, write_posts
from cib.read.batch import ROW, START_LENGTH, Batch, as_shown
from cib.read.fields import ACCOUNT_FIELDS
from cib.read.plan import Plan, plan_files
from cib.read.repeats import CONFLICT, NUMBER, Duplicates, Fates, Policies, repeat_key, settle_repeats
from cib.read.rows import DAMAGE, REASON, TIMED, posts_of
from cib.read.source import batches
from cib.read.tally import Tally, as_start
from cib.settings import InputSettings

__all__ = [
    "NO_POST",
    "ReadSummary",
    "batch_bytes",
    "count_gone",
    "policies_for",
    "read",
    "read_file",
    "summary_of",
]

NO_POST: Final = (
    "No post is left: all are by accounts on the block list, or by others than those on the allow list. Check [block] "
    "and [allow]."
)

# Text, its lists and the copies that polars makes of them: about twelve times the bytes read.
_BATCH_SHARE: Final = 24
_BATCH_BYTES: Final = (1 << 20, 16 << 20)


@dataclass(frozen=True)
class ReadSummary:
    """What was read.

    Attributes
    ----------
    posts, accounts : rows of the two tables.
    refused : rows in the quarantine.
    resolution_s : the coarsest step that all times keep to, if there are enough of them to tell: a day, an
        hour, a minute, a second, else a millisecond.
    first_at, last_at : first and last time, ISO 8601.
    inputs : for each file its name, path, size in bytes, format, rows and refused rows.
    notes : sentences that the report must carry.
    """

    posts: int
    accounts: int
    refused: int
    resolution_s: float
    first_at: str
    last_at: str
    inputs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(
    settings: InputSettings, *, root: Path, out: Path, memory: int, accounts: AccountLists = ALL_ACCOUNTS
) -> ReadSummary:
    """Read all input files into ``out``: posts, accounts and ledger as Parquet, refused rows as NDJSON.

    Parameters
    ----------
    settings : the config's input section.
    root : the folder that relative paths in it start from.
    out : an empty folder.
    memory : bytes of working memory; bounds the size of batches and of the comparison of post ids.
    accounts : whose posts are left out, or kept to.

    Raises
    ------
    InputError
        Nothing to read; a file that is missing, empty or damaged; a mapped column that is not there; a file of
        which every row is refused (the sentence says why).
    ConfigError
        A setting that cannot be: an unknown reader, field or time zone.
    """
    plans = plan_files(settings, root)
    tally = Tally(out / "quarantine.ndjson")
    with TemporaryDirectory(dir=out, prefix="parts-") as folder:
        parts = Parts(Path(folder))
        for plan in plans:
            read_file(plan, parts, tally, batch_bytes(memory), accounts)
        if not parts.rows:
            raise InputError(NO_POST)
        fates = _settle(plans, parts, tally, settings.duplicates, memory)
        known, notes = write_accounts(parts, fates, settings, root, tally)
        known.write_parquet(out / "accounts.parquet", compression="zstd")
        times = write_posts(parts, fates, known, out / "posts.parquet")
    tally.ledger().write_parquet(out / "ledger.parquet", compression="zstd")
    return summary_of(plans, tally, times, len(known), notes)


def batch_bytes(memory: int) -> int:
    """Return how many bytes of text are worked on at once, by a bound for the working memory, bytes."""
    low, high = _BATCH_BYTES
    return min(max(memory // _BATCH_SHARE, low), high)


def read_file(plan: Plan, parts: Parts, tally: Tally, size: int, accounts: AccountLists) -> None:
    """Write the posts and the accounts seen in each batch of a file.

    Parameters
    ----------
    plan : how it is read.
    parts : gets the batches, numbered from the posts that it has.
    tally : counts its rows.
    size : bytes of text of a batch.
    accounts : whose posts are left out, or kept to.

    Raises
    ------
    InputError
        The file is damaged, or none of its rows is a post.
    """
    label, good = plan.file.label, 0
    for sound in ahead(_good_posts(plan, tally, size)):
        good += len(sound)
        posts = accounts.applied(sound, label, tally)
        if len(posts):
            numbers = pl.int_range(parts.rows, parts.rows + len(posts), dtype=pl.UInt32, eager=True).alias(NUMBER)
            key = repeat_key(posts, exact_repeats=plan.settings.exact_repeats)
            seen = observed(posts)
            parts.add(posts.drop(ACCOUNT_FIELDS, strict=False).with_columns(numbers, key), seen, plan.origin)
    if not good:
        raise InputError(_nothing(label, tally))


def _nothing(label: str, tally: Tally) -> str:
    """Say why a file gave no post."""
    rows = tally.rows[label]
    if not rows:
        return f"'{label}' has a header and no rows."
    return f"'{label}': every one of its {rows:,} rows was refused, most because {tally.commonest(label)}."


def _good_posts(plan: Plan, tally: Tally, size: int) -> Iterator[pl.DataFrame]:
    """Yield the whole posts of each batch; the others go to the quarantine."""
    label, settings = plan.file.label, plan.settings
    for batch in ahead(batches(plan.source, plan.wanted, settings, size)):
        tally.rows[label] += len(batch.frame) + len(batch.refused)
        posts = posts_of(batch.frame, plan.mapped, plan.reader, settings, label)
        refused = posts[REASON].is_not_null()
        reasons = posts.filter(refused).select(row="source_row", reason=REASON)
        starts = _starts(batch, refused)
        tally.refuse(label, pl.concat([batch.refused, reasons.with_columns(start=starts)]))
        good = posts.filter(~refused)
        tally.damaged += good[DAMAGE].count()
        tally.timed(label, good.filter(TIMED)["source_row"])
        yield good.drop(REASON, DAMAGE, TIMED)


def _starts(batch: Batch, refused: pl.Series) -> pl.Series:
    """Return the beginning of each refused row as it stands in the file, or as JSON where it has no text of its own."""
    if batch.raw is None:
        return as_start(batch.frame.filter(refused).drop(ROW), START_LENGTH)
    shown = [as_shown(raw).rstrip("\r\n") for raw in batch.raw(refused.arg_true().to_list())]
    return pl.Series(shown, dtype=pl.String)


def _settle(plans: list[Plan], parts: Parts, tally: Tally, duplicates: Duplicates, memory: int) -> Fates:
    """Settle the rows that come again, and count them."""
    fates = settle_repeats(parts.posts, policies_for(plans, duplicates), parts.folder, rows=parts.rows, memory=memory)
    count_gone(fates.gone.lazy(), tally)
    return fates


def policies_for(plans: list[Plan], duplicates: Duplicates) -> Policies:
    """Return what rows with the same post id are, in each of the files."""
    return Policies({plan.file.label: plan.reader.repeats for plan in plans}, duplicates)


def count_gone(gone: pl.LazyFrame, tally: Tally) -> None:
    """Count the rows that go because they come again, in the order of :data:`~cib.read.repeats.NUMBER`."""
    same = ["source_file", "reason"]
    facts = {"first": pl.col(NUMBER).min(), "rows": pl.len(), "shown": pl.col("source_row").sort_by(NUMBER).head(3)}
    groups = gone.group_by(same).agg(**facts).sort("first").collect(engine="streaming")
    contradict = gone.filter(pl.col("reason") == CONFLICT).sort(NUMBER).collect(engine="streaming")
    for label, reason, count, examples in groups.select(*same, "rows", "shown").iter_rows():
        if reason == CONFLICT:
            part = contradict.filter(pl.col("source_file") == label)
            shown = as_start(part.select("post_id", "account_id", "text"), START_LENGTH)
            tally.refuse(label, part.select(row="source_row", reason="reason").with_columns(start=shown))
        else:
            tally.drop(label, reason, count, [f"row {row}" for row in examples])


def summary_of(plans: list[Plan], tally: Tally, times: Times, accounts: int, notes: list[str]) -> ReadSummary:
    """Return what was read, by the plans, what was counted, and the number of accounts."""
    inputs = [
        {
            "file": plan.file.label,
            "path": str(plan.file.path),
            "bytes": plan.file.path.stat().st_size,
            "format": plan.reader.name,
            "rows": tally.rows[plan.file.label],
            "refused": tally.refused[plan.file.label],
        }
        for plan in plans
    ]
    if tally.damaged:
        notes = [
            *notes,
            f"{tally.damaged:,} rows with a rounded id were kept: different accounts or posts may share it.",
        ]
    said = dict.fromkeys(note for plan in plans for note in plan.notes)
    return ReadSummary(
        posts=times.posts,
        accounts=accounts,
        refused=sum(tally.refused.values()),
        resolution_s=times.resolution_s,
        first_at=times.first_at.isoformat(),
        last_at=times.last_at.isoformat(),
        inputs=inputs,
        notes=[*said, *notes],
    )
