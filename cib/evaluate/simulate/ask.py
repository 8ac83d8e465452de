"""From what a user asks for to files: a world of its own, or campaigns in posts that are there."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl

from cib import config
from cib.errors import ConfigError, InputError
from cib.evaluate.simulate.assemble import build
from cib.evaluate.simulate.into import Corpus, corpus, plant
from cib.evaluate.simulate.tables import POSTS
from cib.evaluate.simulate.write import Form, write
from cib.read import read
from cib.report.run import open_run
from cib.report.words import count
from cib.settings import InputSettings, RunSettings, Settings
from cib.settings.world import DECOYS, WorldSettings

__all__ = ["asked", "simulate"]

_BATCH: Final = 500_000


def simulate(
    world: Path | None, out: Path, *, into: Path | None = None, form: Form = "parquet", **asked_for: Any
) -> str:
    """Write a world, or posts with campaigns planted in them, and return what was written in words.

    Parameters
    ----------
    world : TOML file of a world's settings, None for the defaults.
    out : folder to write.
    into : a run's folder, a file of posts, or a config that names some: campaigns are planted there, and of the
        settings only the campaigns and the seed count.
    form : parquet, csv or ndjson.
    asked_for : see :func:`asked`.

    Raises
    ------
    CibError
        The settings, the posts or the folder cannot be used.
    """
    settings = asked(world, **asked_for)
    if into is not None:
        return _planted(into, settings, out, form)
    made = build(settings)
    path = write(out, made.batches(), made.accounts, made.truth, settings, form)
    return _summary(made.truth, path)


def asked(
    world: Path | None,
    *,
    seed: int | None = None,
    campaigns: Sequence[str] = (),
    decoys: Sequence[str] = (),
    **sizes: float | None,
) -> WorldSettings:
    """Return a world's settings: a file's, or the defaults, and over them what the command line says.

    Parameters
    ----------
    seed : in place of the file's.
    campaigns : each SIZE@LEVEL, beside the file's.
    decoys : each KIND or SIZE@KIND in place of the file's; 'none' for none.
    sizes : accounts, posts (an account), days.

    Raises
    ------
    ConfigError
        A setting is unknown or out of range.

    Examples
    --------
    >>> world = asked(None, campaigns=["5@0", "50@3"], decoys=["fans"], accounts=1000)
    >>> [(name, plan.accounts, plan.level) for name, plan in world.campaigns.items()]
    [('campaign-1', 5, 0), ('campaign-2', 50, 3)]
    """
    given = {"place.seed": seed, "place.days": sizes.get("days")}
    given |= {f"crowd.{name}": sizes.get(name) for name in ("accounts", "posts")}
    overrides: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if decoys:
        wanted = [_decoy(text) for text in decoys if text != "none"]
        overrides["decoys"] = {_numbered(wanted, n): values for n, values in enumerate(wanted)}
    for n, text in enumerate(campaigns, 1):
        overrides[f"campaigns.campaign-{n}"] = _campaign(text)
    return config.load_as(WorldSettings, world, overrides)


def _campaign(text: str) -> dict[str, int]:
    size, at, level = text.partition("@")
    if not (at and size.isdigit() and level.isdigit()):
        msg = f"--campaign takes SIZE@LEVEL, such as 20@2 for 20 accounts of level 2. Got '{text}'."
        raise ConfigError(msg)
    return {"accounts": int(size), "level": int(level)}


def _decoy(text: str) -> dict[str, Any]:
    size, at, kind = text.rpartition("@")
    if kind not in DECOYS or (at and not size.isdigit()):
        msg = f"--decoy takes KIND or SIZE@KIND, and KIND is one of {', '.join(DECOYS)}. Got '{text}'."
        raise ConfigError(msg)
    return {"kind": kind} | ({"accounts": int(size)} if at else {})


def _numbered(wanted: list[dict[str, Any]], place: int) -> str:
    """Return the name of a decoy: its kind, and a number where there are several."""
    kind = wanted[place]["kind"]
    before = sum(other["kind"] == kind for other in wanted[:place])
    return f"{kind}-{before + 1}" if before else str(kind)


def _planted(source: Path, settings: WorldSettings, out: Path, form: Form) -> str:
    """Plant the campaigns in posts that are there, and write all of them."""
    with TemporaryDirectory(prefix="cib-") as folder:
        posts, accounts = _real(source, Path(folder))
        real = corpus(posts, settings.place.seed)
        planted, profiles, truth = plant(real, settings.campaigns, settings.place.seed)
        known = accounts.select(
            *(name for name in ("account_id", "platform", "handle", "name", "followers", "following", "post_count")),
            *("description", "verified", "default_profile", "label"),
            account_created_at="created_at",
        ).with_columns(_own_id("account_id"))
        taken = known.join(profiles, on=["platform", "account_id"], how="semi")
        if len(taken):
            msg = f"Campaigns of this seed are planted in '{source}' already. Choose another by --seed."
            raise InputError(msg)
        everybody = pl.concat([known, profiles], how="diagonal").sort("platform", "account_id")
        path = write(out, _with(posts, planted), everybody, truth, settings, form)
    return f"{_summary(truth, path)}\nPlanted in {_about(real, len(accounts))}."


def _about(real: Corpus, accounts: int) -> str:
    return f"posts of {count(accounts, 'account')} of {real.platform}"


def _real(source: Path, folder: Path) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Return the posts and accounts of a run, or of files, which are read into `folder`."""
    if source.is_dir() and (source / "manifest.json").exists():
        run = open_run(source)
        return run.scan_posts(), run.table("accounts")
    settings = InputSettings(files=(str(source.absolute()),))
    if source.suffix == ".toml":
        settings = config.load_as(Settings, source).input
    read(settings, root=source.absolute().parent, out=folder, memory=RunSettings().memory)
    return pl.scan_parquet(folder / "posts.parquet", glob=False), pl.read_parquet(
        folder / "accounts.parquet", glob=False
    )


def _own_id(name: str) -> pl.Expr:
    """Return ids without the platform, which has a column of its own."""
    return pl.col(name).str.replace(r"^[a-z0-9_.-]+:", "")


def _with(posts: pl.LazyFrame, planted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the real posts in batches, then the planted ones."""
    rows = posts.select(pl.len()).collect().item()
    ids = [_own_id(name).alias(name) for name in ("account_id", "parent_account_id")]
    for first in range(0, rows, _BATCH):
        yield posts.slice(first, _BATCH).with_columns(ids).select(list(POSTS)).collect()
    yield planted


def _summary(truth: pl.DataFrame, path: Path) -> str:
    """Return what was written, a line a group."""
    groups = truth.group_by("kind", "name", "level").len().sort("level", "kind", "name", nulls_last=True)
    lines = [
        f"{name or 'the public'}: {count(n, 'account')}" + (f", level {level}" if level is not None else "")
        for _, name, level, n in groups.iter_rows()
    ]
    return "\n".join([*lines, f"Written to {path.parent}. Next: cib run {path}"])
