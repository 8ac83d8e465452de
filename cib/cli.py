"""The command `cib`: each command parses, calls one function and prints.

Exit codes: 0 done; 1 a fault of cib itself (with a traceback); 2 the command line or the config; 3 the input; 4 a table
that breaks its contract; 5 the run (see :mod:`cib.errors` and docs/exit-codes.md).
"""

from pathlib import Path
from typing import Any

import click

from cib import SCHEMA_VERSION, __version__
from cib.commands import A_FILE, explained, figure, publish, summary

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(f"{__version__} (data schema {SCHEMA_VERSION})", prog_name="cib")
@click.option("-v", "--verbose", is_flag=True, help="Show every step of a run with its cost, on a terminal too.")
@click.pass_context
def main(context: click.Context, *, verbose: bool) -> None:
    """Find accounts that act together in a way that chance does not explain, and the posts that show it.

    Start with `cib inspect FILE`, paste the [input] section it prints into a config, then `cib run CONFIG`.
    """
    context.obj = verbose


@main.command()
@click.argument("config", type=A_FILE)
@click.option("--input", "inputs", type=str, multiple=True, help="Read this file instead of the config's (repeatable).")
@click.option("--out", type=A_FILE, help="Run folder; default reports/NAME OF THE CONFIG.")
@click.option("-v", "--verbose", is_flag=True, help="Show every step with its cost, on a terminal too.")
@click.pass_context
@explained
def run(context: click.Context, config: Path, inputs: tuple[str, ...], out: Path | None, *, verbose: bool) -> None:
    """Run CONFIG from raw files to report. What has not changed since the last run is not done again.

    CONFIG is a file, or the name of a published method (see `cib methods`), which needs --input.
    """
    from cib.console import Steps
    from cib.console import job as make_job
    from cib.pipeline import run as run_job

    job = make_job(config, inputs, out)
    with Steps(job.settings, verbose=verbose or context.obj) as steps:
        folder = run_job(job, progress=steps.done, say=steps.say)
    click.echo(steps.summary(folder))


@main.command()
@click.argument("file", type=A_FILE)
@click.option("--config", type=A_FILE, help="Use the [input] section of this config, and its layers.")
@click.option("--platform", help="Platform of the accounts, where the file does not say it.")
@click.option("--timezone", help="Zone of times that carry none, such as UTC.")
@click.option("--time-format", help="strptime pattern of times in no common form.")
@click.option("--encoding", help="Character encoding of the file.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Say which column is what (repeatable)."
)
@click.option("--rows", default=5, show_default=True, help="Rows to show.")
@explained
def inspect(file: Path, config: Path | None, columns: tuple[str, ...], rows: int, **given: str | None) -> None:
    """Say what FILE is, how it would be read, what would be refused, and give an [input] section to paste."""
    from cib.console import idle_layers, input_settings
    from cib.read.inspect import describe
    from cib.read.inspect import inspect as look

    settings = input_settings(config, columns, **given)
    click.echo(describe(look(file, settings, rows=rows, idle=idle_layers(config))))


@main.command()
@click.argument("run_folder", metavar="RUN", type=A_FILE)
@click.argument("a")
@click.argument("b")
@click.option("--limit", default=20, show_default=True, help="Pairs of posts to show.")
@explained
def evidence(run_folder: Path, a: str, b: str, limit: int) -> None:
    """Show the posts that link accounts A and B in RUN, side by side."""
    from cib.report.evidence import between, describe
    from cib.report.run import open_run

    click.echo(describe(between(open_run(run_folder), a, b, limit=limit)))


@main.command()
@click.argument("run_folder", metavar="RUN", type=A_FILE)
@explained
def networks(run_folder: Path) -> None:
    """List the ranked networks of RUN."""
    from cib.report import listing
    from cib.report.run import open_run

    click.echo(listing.networks(open_run(run_folder)))


@main.command()
@click.argument("run_folder", metavar="RUN", type=A_FILE)
@click.argument("kind", type=click.Choice(["network", "account"]))
@click.argument("which")
@click.argument("verdict", type=click.Choice(["confirmed", "rejected", "unsure"]))
@click.option("--note", default="", help="Why, in your words.")
@click.option("--explanation", default="", help="What it is instead, such as newsroom or fans.")
@click.option("--file", type=A_FILE, help="File of verdicts; default: that of RUN's config, or RUN/verdicts.csv.")
@explained
def verdict(run_folder: Path, kind: Any, which: str, verdict: str, file: Path | None, **said: str) -> None:
    """Record what you found about a network (its number) or an account (its id) of RUN.

    Later runs know the network again by its accounts. The file is CSV and may be changed by hand.
    """
    from cib.report.run import open_run
    from cib.verdicts import Said, record

    click.echo(record(open_run(run_folder), kind, which, Said(verdict, **said), file))


@main.command()
@explained
def methods() -> None:
    """List the published methods that come as configs: reference, what they need, where they differ."""
    from cib.methods import describe

    click.echo(describe())


@main.command()
@click.option("--schema", is_flag=True, help="Print the JSON schema instead.")
@explained
def config(*, schema: bool) -> None:
    """Print the default config, every key with its meaning."""
    import json

    from cib import config as configs

    click.echo(json.dumps(configs.schema(), indent=2) if schema else configs.defaults(), nl=schema)


@main.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=A_FILE)
@click.option("--truth", type=A_FILE, help="Table of the truth: account_id, name of the campaign, kind, level.")
@click.option("--score", default="", help="Column of the run's tables to order accounts by.  [with --truth]")
@click.option(
    "--tier", type=click.Choice(["A", "B", "C", "abstain"]), default="C", help="Lowest tier that counts as found."
)
@click.option(
    "--over", type=click.Choice(["accounts", "cells"]), default="accounts", help="What the intervals resample."
)
@click.option(
    "--draws", type=click.IntRange(min=0), default=1000, show_default=True, help="Resamples; 0: no intervals."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the resamples.")
@click.option("--out", type=A_FILE, help="Folder of figure and table; default RUN/evaluation.")
@click.option(
    "--leave-out", multiple=True, default=("Unknown",), show_default=True, help="Label that says nothing (repeatable)."
)
@explained
def evaluate(runs: tuple[Path, ...], truth: Path | None, leave_out: tuple[str, ...], **options: Any) -> None:
    """Hold RUN against the truth: planted campaigns (--truth), else the accounts' known labels.

    Detection never sees either. Several runs are measured on the same resamples, with their differences from the first.
    """
    from cib.evaluate import How, against_labels
    from cib.evaluate import evaluate as against_truth

    out = options.pop("out")
    click.echo(against_truth(list(runs), truth, out, How(**options)) if truth else against_labels(runs, leave_out))


@main.command()
@click.argument("config", type=A_FILE)
@click.option("--input", "inputs", type=str, multiple=True, help="Read this file instead of the config's (repeatable).")
@click.option("--out", type=A_FILE, help="Run folder, whose cache is shared; default reports/NAME OF THE CONFIG.")
@click.option("--size", "sizes", type=int, multiple=True, default=(5, 20, 50, 200), show_default=True)
@click.option("--level", "levels", type=int, multiple=True, default=tuple(range(6)), show_default=True)
@click.option("--repetitions", type=click.IntRange(min=1), default=20, show_default=True, help="Plantings of each.")
@click.option(
    "--shuffles", type=click.IntRange(min=0), default=20, show_default=True, help="Shuffles that tell chance."
)
@click.option(
    "--together",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Most planted accounts in one copy, as a share of the data's accounts; one campaign always is.",
)
@click.option("--budget", type=click.FloatRange(min=0), default=15.0, show_default=True, help="Minutes; 0: no bound.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of what is planted.")
@explained
def power(config: Path, inputs: tuple[str, ...], out: Path | None, **options: Any) -> None:
    """Say what CONFIG would find in its own data, were it there: campaigns of all sizes and levels, planted in it.

    Done trials are kept: the same command goes on where it stopped. Levels: see docs/simulate.md.
    """
    from cib.console import Watch
    from cib.console import job as make_job
    from cib.evaluate.power import Asked
    from cib.evaluate.power import power as measure
    from cib.evaluate.trials import ladder

    job = make_job(config, inputs, out)
    plan = ladder(
        options["sizes"], options["levels"], repetitions=options["repetitions"], together=options["together"],
        seed=options["seed"],
    )  # fmt: skip
    asked = Asked(plan, options["shuffles"], 60 * options["budget"] or None)
    click.echo(measure(job, asked, Watch()))


@main.command()
@click.argument("config", type=A_FILE)
@click.option(
    "--grid", multiple=True, metavar="KEY=VALUE,...", help="Values to try of a key of the config (repeatable)."
)
@click.option("--input", "inputs", type=str, multiple=True, help="Read this file instead of the config's (repeatable).")
@click.option("--out", type=A_FILE, help="Run folder, whose cache is shared; default reports/NAME OF THE CONFIG.")
@click.option("--false-alarms", type=float, help="Most false networks a run.  [default: 0.05]")
@click.option("--budget", help="Time, such as 30min, or none.  [default: 15min]")
@click.option("--cells", type=int, help="Most combinations that are tried.  [default: 64]")
@click.option("--repetitions", type=int, help="Plantings of each size at each level.  [default: 10]")
@click.option("--shuffles", type=int, help="Shuffles that tell chance.  [default: 20]")
@click.option("--size", "sizes", type=int, multiple=True, help="Accounts of a planted campaign.  [default: 5, 20, 50]")
@click.option("--level", "levels", type=int, multiple=True, help="Level of planted campaigns.  [default: 2, 3, 4]")
@explained
def tune(
    config: Path,
    grid: tuple[str, ...],
    inputs: tuple[str, ...],
    out: Path | None,
    **asked: Any,
) -> None:
    """Try a grid of settings on CONFIG's own data and recommend those that find most at few false alarms.

    In a KEY such as layers.*.window '*' means every layer that runs. What is not given here is taken from [tune] in
    CONFIG. Done trials are kept: the same command goes on where it stopped.
    """
    from cib.console import Watch
    from cib.console import job as make_job
    from cib.evaluate.tune import tune as measure

    given = {f"tune.{name}": value for name, value in asked.items() if value not in (None, ())}
    job = make_job(config, inputs, out, given)
    click.echo(measure(job, grid, Watch()))


@main.command()
@click.argument("world", required=False, type=A_FILE)
@click.option("--out", required=True, type=A_FILE, help="Folder for posts, accounts, truth.csv and a config.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed, in place of the file's.")
@click.option("--accounts", type=int, help="Ordinary accounts.")
@click.option("--posts", type=float, help="Mean posts of an ordinary account.")
@click.option("--days", type=int, help="Length in days.")
@click.option("--campaign", "campaigns", multiple=True, metavar="SIZE@LEVEL", help="Plant a campaign (repeatable).")
@click.option(
    "--decoy", "decoys", multiple=True, metavar="[SIZE@]KIND", help="Only these decoys (repeatable), or none."
)
@click.option("--into", type=A_FILE, metavar="RUN|FILE", help="Plant the campaigns in these posts instead.")
@click.option("--format", "form", type=click.Choice(["parquet", "csv", "ndjson"]), default="parquet", show_default=True)
@explained
def simulate(world: Path | None, out: Path, **options: Any) -> None:
    """Make a synthetic world, or plant campaigns in your own posts, as ordinary input files with a table of the truth.

    WORLD is a TOML file of settings; every one has a default (see docs/simulate.md). Levels go from 0, naive, to 5,
    stealthy. Decoys are groups with an innocent reason: fans, newsroom, feeds, activists, share_button, news_day; one
    of each if none is named.
    """
    from cib.evaluate.simulate import simulate as make

    click.echo(make(world, out, **options))


@main.command()
@click.argument("first", metavar="RUN", type=A_FILE)
@click.argument("second", metavar="RUN", type=A_FILE)
@click.option("--out", type=A_FILE, help="Write all links and accounts of both runs to this CSV file.")
@explained
def compare(first: Path, second: Path, out: Path | None) -> None:
    """Say what two runs have in common, and what became of each network of the first in the second."""
    from cib import compare as runs
    from cib.report.run import open_run

    one, two = open_run(first), open_run(second)
    click.echo(runs.describe(runs.compare(one, two)))
    if out is not None:
        click.echo(f"\n{runs.write_lists(one, two, out):,} links and accounts: {out}")


@main.command("train-accounts")
@click.argument("file", type=A_FILE)
@click.option("--out", type=A_FILE, required=True, help="Write the model to this file (JSON).")
@click.option("--positive", default="", help="Label that is looked for; default: bot, 1, true, yes or troll.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day on which the profiles were read, for their ages.")
@click.option("--platform", help="Platform of the accounts; the model abstains on others.")
@click.option("--timezone", help="Zone of times that carry none, such as UTC.")
@click.option("--time-format", help="strptime pattern of times in no common form.")
@click.option("--encoding", help="Character encoding of the file.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Say which column is what (repeatable)."
)
@click.option("--figure", type=A_FILE, help="Draw the reliability curve into this file (.svg or .png).")
@explained
def train_accounts(file: Path, out: Path, columns: tuple[str, ...], **options: Any) -> None:
    """Train an optional model of profiles on FILE, a table of accounts with a label, and say how far to trust it.

    No run uses it unless [accounts] model names it.
    """
    from datetime import UTC

    from cib import train
    from cib.console import input_settings
    from cib.report.figures.reliability import draw_reliability

    positive, as_of, figure = (options.pop(name) for name in ("positive", "as_of", "figure"))
    settings = input_settings(None, columns, **options)
    settings = settings.model_copy(update={"account_columns": settings.columns, "columns": {}})
    trained = train.train_accounts(file, settings, positive=positive, as_of=as_of and as_of.replace(tzinfo=UTC))
    trained.model.save(out)
    click.echo(train.describe(trained))
    if figure is not None:
        draw_reliability(trained.trial.table, figure)
    click.echo(f"\nModel: {out}")


for command in (figure, summary, publish):
    main.add_command(command)


if __name__ == "__main__":
    main()
