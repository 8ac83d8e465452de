"""What a table promises, and how a frame is held to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import polars as pl

from cib.errors import TableError

__all__ = ["Column", "Rule", "Table"]

Rule: TypeAlias = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    dtype : the polars type, exactly.
    doc : what it holds, with its unit.
    nullable : whether a null is a value ("not known") or a mistake.
    rule : a sentence and an expression that is true for every allowed non-null value.
    people : whether it counts accounts, so that small numbers are not told in public (see :mod:`cib.report.privacy`).
    """

    dtype: pl.DataType | type[pl.DataType]
    doc: str
    nullable: bool = False
    rule: tuple[str, Rule] | None = None
    people: bool = False


@dataclass(frozen=True)
class Table:
    """The contract of a table: its columns, its key, and how to check a frame against it."""

    name: str
    doc: str
    columns: dict[str, Column]
    key: tuple[str, ...] = field(default=())

    @property
    def schema(self) -> pl.Schema:
        """The table's polars schema."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """Return the table with no rows."""
        return pl.DataFrame(schema=self.schema)

    def shape(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with the table's columns in order, absent nullable ones added as null."""
        missing = [
            pl.lit(None, dtype=column.dtype).alias(name)
            for name, column in self.columns.items()
            if column.nullable and name not in frame.columns
        ]
        return self.check(frame.with_columns(missing).select(list(self.columns)))

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame unchanged, or raise with the column and the rule that it breaks.

        Raises
        ------
        TableError
            A column is absent, extra, of the wrong type, null where it must not be, out of range,
            or the key repeats. The sentence names table, column, rule and an offending value.

        Notes
        -----
        Linear in rows; one pass for nulls and rules, one hash of the key.
        """
        self.check_schema(frame.schema)
        problems = frame.select(**self._violations())
        for name, count in problems.row(0, named=True).items():
            if count:
                column, rule = name.split("|", 1)
                raise TableError(self._sentence(frame, column, rule, count))
        if self.key and frame.select(pl.struct(self.key).is_duplicated().any()).item():
            twice = frame.filter(pl.struct(self.key).is_duplicated()).select(self.key).row(0)
            msg = f"Table '{self.name}': {', '.join(self.key)} must be unique, but {twice} occurs more than once."
            raise TableError(msg)
        return frame

    def check_schema(self, schema: pl.Schema) -> None:
        """Raise if names or types differ; enough for a lazy frame, whose rows are not there yet."""
        for name, column in self.columns.items():
            if name not in schema:
                msg = f"Table '{self.name}': column '{name}' is missing ({column.doc}). Found: {', '.join(schema)}."
                raise TableError(msg)
            if schema[name] != column.dtype:
                msg = f"Table '{self.name}': column '{name}' must be {column.dtype}. Got {schema[name]}."
                raise TableError(msg)
        extra = [name for name in schema if name not in self.columns]
        if extra:
            msg = f"Table '{self.name}': column '{extra[0]}' does not belong to it. Allowed: {', '.join(self.columns)}."
            raise TableError(msg)

    def _violations(self) -> dict[str, pl.Expr]:
        counts = {}
        for name, column in self.columns.items():
            if not column.nullable:
                counts[f"{name}|must not be null"] = pl.col(name).is_null().sum()
            if column.rule is not None:
                sentence, rule = column.rule
                counts[f"{name}|{sentence}"] = (~rule(pl.col(name))).fill_null(value=False).sum()
        return counts

    def _sentence(self, frame: pl.DataFrame, column: str, rule: str, count: int) -> str:
        contract = self.columns[column]
        bad = pl.col(column).is_null()
        if contract.rule is not None and rule == contract.rule[0]:
            bad = (~contract.rule[1](pl.col(column))).fill_null(value=False)
        example = frame.filter(bad)[column][0]
        return (
            f"Table '{self.name}': column '{column}' {rule}. {count} of {len(frame)} rows break this, e.g. {example!r}."
        )
