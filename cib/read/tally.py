"""The account of rows: how many came, which went and why, with examples; and the quarantine file."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from cib.tables import LEDGER

__all__ = ["BY_ID", "Tally", "as_start"]

_EXAMPLES = 3
BY_ID: Final = "the time of these rows is the one that their id tells (input.id_times): kept"


@dataclass
class Tally:
    """Counts rows in and out of every file.

    Attributes
    ----------
    quarantine : the file that refused rows are written to, one JSON object a row.
    rows : file -> rows that were there, refused ones included.
    refused : file -> rows refused.
    examples : (file, reason) -> the first of these rows.
    damaged : rows kept although an id in them was rounded.
    by_id : file -> rows whose time is the one that their id tells, and the first of them.
    remarks : further lines of the ledger.
    gone : (file, reason) -> rows that went for this reason, in order of first appearance.
    """

    quarantine: Path
    rows: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    damaged: int = 0
    by_id: dict[str, tuple[int, list[int]]] = field(default_factory=dict)
    remarks: list[tuple[str, str, str, int, int, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with an empty quarantine."""
        self.quarantine.write_bytes(b"")

    def refuse(self, label: str, refused: pl.DataFrame) -> None:
        """Count rows (columns row, reason, start) as refused and write them to the quarantine."""
        if refused.is_empty():
            return
        shown = refused.sort("row").select(pl.lit(label).alias("file"), "row", "reason", "start")
        with self.quarantine.open("ab") as file:
            file.write(shown.write_ndjson().encode("utf-8"))
        self.refused[label] += len(shown)
        for reason, part in sorted(shown.partition_by("reason", as_dict=True, maintain_order=True).items()):
            self.drop(label, str(reason[0]), len(part), [f"row {row}" for row in part["row"].head(_EXAMPLES)])

    def drop(self, label: str, reason: str, count: int, examples: Iterable[str]) -> None:
        """Count rows that went for a reason, with examples of them."""
        if count:
            self.gone[label, reason] += count
            known = self.examples.setdefault((label, reason), [])
            known.extend(list(examples)[: _EXAMPLES - len(known)])

    def timed(self, label: str, rows: pl.Series) -> None:
        """Count rows of a file, by their numbers, whose time is the one that their id tells."""
        if len(rows):
            known = self.by_id.setdefault(label, (0, rows.head(_EXAMPLES).to_list()))
            self.by_id[label] = (known[0] + len(rows), known[1])

    def remark(self, where: str, reason: str, rows: tuple[int, int], examples: pl.Series) -> None:
        """Add a line of its own to the ledger: rows in and out, and the first of the examples."""
        self.remarks.append(("read", where, reason, *rows, examples.head(_EXAMPLES).to_list()))

    def take(self, other: "Tally") -> None:
        """Add what another tally counted, in the order in which files are read; its quarantine is empty afterwards."""
        with self.quarantine.open("ab") as file, other.quarantine.open("rb") as rows:
            shutil.copyfileobj(rows, file)
        other.quarantine.write_bytes(b"")
        self.rows.update(other.rows)
        self.refused.update(other.refused)
        self.damaged += other.damaged
        for (label, reason), count in other.gone.items():
            self.drop(label, reason, count, other.examples[label, reason])
        for label, (count, examples) in other.by_id.items():
            known = self.by_id.get(label, (0, []))
            self.by_id[label] = (known[0] + count, known[1] or examples)
        self.remarks += other.remarks

    def commonest(self, label: str) -> str:
        """Return the reason for which most rows of a file went, '' if none did."""
        counts = {reason: count for (file, reason), count in self.gone.items() if file == label}
        return max(counts, key=lambda reason: (counts[reason], reason), default="")

    def ledger(self) -> pl.DataFrame:
        """Return the ledger: file by file, each reason taking in what the one before it left."""
        lines: list[tuple[str, str, str, int, int, list[str]]] = []
        for label, rows in self.rows.items():
            left = rows
            reasons = [(reason, count) for (file, reason), count in self.gone.items() if file == label]
            for reason, count in reasons or [("every row was taken", 0)]:
                lines.append(("read", label, reason, left, left - count, self.examples.get((label, reason), [])))
                left -= count
        lines += [
            ("read", label, BY_ID, count, count, [f"row {row}" for row in rows])
            for label, (count, rows) in self.by_id.items()
        ]
        return LEDGER.check(pl.DataFrame(lines + self.remarks, schema=LEDGER.schema, orient="row"))


def as_start(frame: pl.DataFrame, length: int) -> pl.Series:
    """Return the beginning of each row as JSON, for rows that have no text of their own."""
    return pl.Series(
        [json.dumps(row, default=str, ensure_ascii=False)[:length] for row in frame.to_dicts()], dtype=pl.String
    )
