"""`cib verdict`: what an analyst says of a network or an account of a run, and how often the tool was right so far."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

import polars as pl

from cib.errors import InputError, RunError
from cib.intervals import of_share
from cib.networks.verdicts import VERDICT_COLUMNS, subject_of
from cib.pipeline.verdicts import Verdicts, file_of, members_file, read_verdicts
from cib.report.run import RunFiles
from cib.report.words import count, listed
from cib.settings import VerdictSettings

__all__ = ["Said", "record", "so_far"]

Kind: TypeAlias = Literal["network", "account"]


@dataclass(frozen=True)
class Said:
    """A verdict: confirmed, rejected or unsure; what it is instead, in a word or two; and a note."""

    verdict: str
    explanation: str = ""
    note: str = ""


def record(run: RunFiles, kind: Kind, which: str, said: Said, file: Path | None = None) -> str:
    """Add a verdict to a file, in place of an earlier one on the same network or account; return what was done.

    Parameters
    ----------
    which : number of a network in the run, or an account_id.
    file : the file of verdicts; None: the one that the run's config names, or the run folder's own.

    Raises
    ------
    CibError
        There is no such network or account, or the file cannot be read or written.
    """
    settings = VerdictSettings.model_validate(run.manifest["config"]["settings"].get("verdicts", {}))
    path = file or file_of(settings, Path(run.manifest["config"]["path"]).parent, run.folder)
    members = _members(run, which) if kind == "network" else [_account(run, which)]
    subject = subject_of(members) if kind == "network" else members[0]
    known = read_verdicts(path)
    row = {
        "kind": kind, "subject": subject, "verdict": said.verdict, "explanation": said.explanation or None,
        "note": said.note or None, "run": str(run.manifest["config"]["name"]),
        "recorded_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip
    rows = pl.concat([known.rows, pl.DataFrame([row], schema=known.rows.schema)])
    rows = rows.unique(["kind", "subject"], keep="last", maintain_order=True).select(VERDICT_COLUMNS)
    judged = known.judged
    if kind == "network":
        new = pl.DataFrame({"subject": [subject] * len(members), "account_id": members})
        judged = pl.concat([judged.filter(pl.col("subject") != subject), new])
    _write({members_file(path): judged, path: rows})
    what = f"Network {which} ({count(len(members), 'account')})" if kind == "network" else f"Account {which}"
    precision = so_far(_found(run, Verdicts(rows, judged), settings))
    return "\n".join([f"{what}: {said.verdict}. Recorded in {path}.", *precision])


def _members(run: RunFiles, which: str) -> list[str]:
    members = run.table("members", ["network", "account_id"])
    mine = members.filter(pl.col("network").cast(pl.String) == which)["account_id"].sort().to_list()
    if not mine:
        msg = f"The run in '{run.folder}' has no network '{which}'. `cib networks` lists them with their numbers."
        raise InputError(msg)
    return list(mine)


def _account(run: RunFiles, which: str) -> str:
    if run.scan("accounts").filter(pl.col("account_id") == which).select(pl.len()).collect().item():
        return which
    msg = f"The run in '{run.folder}' has no account '{which}'. Give its id, which reads 'platform:id'."
    raise InputError(msg)


def _found(run: RunFiles, verdicts: Verdicts, settings: VerdictSettings) -> pl.DataFrame:
    members = run.table("members", ["network", "account_id"])
    return verdicts.of(members, run.table("accounts", ["account_id"]), settings)


def _write(files: Mapping[Path, pl.DataFrame]) -> None:
    """Write files by renames, so that none is ever half there."""
    for path, frame in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
            with os.fdopen(handle, "wb") as target:
                frame.write_csv(target)
            Path(name).replace(path)
        except OSError as error:
            msg = f"'{path}' cannot be written ({error.strerror}). Choose another file with --file."
            raise RunError(msg) from error


def so_far(found: pl.DataFrame) -> list[str]:
    """Return what was said of a run's networks and accounts, and how often the tool was right; [] if nothing was.

    Parameters
    ----------
    found : VERDICTS.

    Examples
    --------
    >>> said = ["confirmed", "confirmed", "rejected", "unsure"]
    >>> so_far(pl.DataFrame({"kind": ["network"] * 4, "verdict": said}))
    ['Verdicts on networks: 2 confirmed, 1 rejected and 1 unsure. Precision so far 0.67 (0.21 to 0.94).']
    """
    lines = []
    for kind in ("network", "account"):
        counts = dict(found.filter(pl.col("kind") == kind)["verdict"].value_counts().iter_rows())
        if not counts:
            continue
        told = listed([f"{counts[word]} {word}" for word in ("confirmed", "rejected", "unsure") if word in counts])
        right, judged = counts.get("confirmed", 0), counts.get("confirmed", 0) + counts.get("rejected", 0)
        low, high = of_share(right, judged)
        precision = f" Precision so far {right / judged:.2f} ({low:.2f} to {high:.2f})." if judged else ""
        lines.append(f"Verdicts on {kind}s: {told}.{precision}")
    return lines
