"""What the commands share, and the commands that pass results on: a figure, the summary, a whole report."""

import re
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cib.errors import CibError, ConfigError

if TYPE_CHECKING:
    from cib.report.run import RunFiles
    from cib.settings import PrivacySettings

__all__ = ["A_FILE", "explained", "figure", "publish", "summary"]

A_FILE: Final = click.Path(path_type=Path)


def explained(command: Callable[..., None]) -> Callable[..., None]:
    """Turn a user's mistake into one message and an exit code, without a traceback."""

    @wraps(command)
    def wrapper(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except CibError as error:
            click.echo(f"{click.style('Error:', fg='red', bold=True)} {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Interrupted. What was finished is kept; run the same command again to go on.", err=True)
            sys.exit(130)

    return wrapper


@click.command()
@click.argument("run_folder", metavar="RUN", type=A_FILE)
@click.argument("name", required=False)
@click.option("--list", "listing", is_flag=True, help="List the figures of RUN.")
@click.option("--out", type=A_FILE, help="File; its suffix is the format. Default: NAME.png here.")
@click.option("--format", "form", type=click.Choice(["png", "svg", "pdf"]), help="Format, where --out says none.")
@click.option("--size", metavar="WxH", help="Inches, such as 7x5.")
@click.option("--dpi", type=click.FloatRange(30, 1200), help="Pixels an inch.")
@explained
def figure(run_folder: Path, name: str | None, size: str | None, *, listing: bool, **options: Any) -> None:
    """Draw figure NAME of RUN alone, in the size and format that are asked for.

    It shows what the run's privacy profile lets others see.
    """
    from cib.report.figures import list_figures, write_figure
    from cib.report.privacy import as_published

    with as_published(run_folder) as run:
        if listing or not name:
            click.echo(list_figures(run))
            return
        out = _figure_file(name, options["out"], options["form"])
        click.echo(f"Figure: {write_figure(run, name, out, size=_inches(size), dpi=options['dpi'])}")


@click.command()
@click.argument("run_folder", metavar="RUN", type=A_FILE)
@click.argument("out", type=A_FILE)
@click.option("--profile", type=click.Choice(["open", "research", "public"]), default="public", show_default=True)
@click.option("--key", default="", help="File with the secret of the pseudonyms; default: RUN/privacy.key.")
@click.option("--followers", type=int, help="Accounts with fewer have pseudonyms.  [research]")
@click.option("--quote", type=int, help="Characters of a post that are quoted.  [research]")
@click.option("--k", type=int, help="Groups of fewer accounts are not told.  [public]")
@explained
def publish(run_folder: Path, out: Path, **options: Any) -> None:
    """Write the report of RUN into the new folder OUT, for passing on: nothing else stands in it.

    Profiles are explained in docs/privacy.md. The run is not done again, and its own folder stays as it is.
    """
    from cib.report.publish import publish as write

    click.echo(f"Report: {write(run_folder, out, _privacy_settings(run_folder, options))}")


@click.command()
@click.argument("run_folder", metavar="RUN", type=A_FILE)
@click.option("--out", type=A_FILE, help="Write it to this file, .md or .pdf, instead of printing it.")
@explained
def summary(run_folder: Path, out: Path | None) -> None:
    """Print the summary of RUN as Markdown, or write it as Markdown or PDF.

    It tells what the run's privacy profile lets others see.
    """
    from cib.report.privacy import as_published

    with as_published(run_folder) as run:
        if out is None:
            click.echo(_summary_text(run), nl=False)
        else:
            click.echo(f"Summary: {_write_summary(run, run_folder, out)}")


def _privacy_settings(folder: Path, given: dict[str, Any]) -> "PrivacySettings":
    """Return the [privacy] section of a run's config with what the command line sets.

    Raises
    ------
    ConfigError
        A number is out of range.
    RunError
        There is no finished run in the folder.
    """
    from pydantic import ValidationError

    from cib.report.run import open_run
    from cib.settings import PrivacySettings

    stated = open_run(folder).manifest["config"]["settings"].get("privacy", {})
    changed = {name: value for name, value in given.items() if value is not None}
    try:
        return PrivacySettings.model_validate(stated | changed)
    except ValidationError as error:
        wrong = error.errors()[0]
        msg = f"--{wrong['loc'][0]}: {wrong['msg'][:1].lower()}{wrong['msg'][1:]}. Got {wrong['input']}."
        raise ConfigError(msg) from error


def _figure_file(name: str, out: Path | None, form: str | None) -> Path:
    """Return where a figure goes: `out`, with a suffix for the format if it has none.

    Raises
    ------
    ConfigError
        The suffix is no format of figures, or not the one that was asked for.
    """
    file = out if out is not None else Path(name)
    suffix = file.suffix.lower().removeprefix(".") if out is not None else ""
    if not suffix:
        return file.with_name(f"{file.name}.{form or 'png'}")
    if suffix not in {"png", "svg", "pdf"} or (form and form != suffix):
        msg = f"--out {file} must end in .{form or 'png, .svg or .pdf'}."
        raise ConfigError(msg)
    return file.with_suffix(f".{suffix}")


def _inches(size: str | None) -> tuple[float, float] | None:
    """Return the width and height of '7x5'; None for None.

    Raises
    ------
    ConfigError
        It is not two numbers from 2 to 60.
    """
    if size is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)", size.strip().lower())
    wide, high = (float(part) for part in found.groups()) if found else (0.0, 0.0)
    if not (2 <= wide <= 60 and 2 <= high <= 60):
        msg = f"--size takes WIDTHxHEIGHT in inches, from 2 to 60, such as 7x5. Got {size!r}."
        raise ConfigError(msg)
    return wide, high


def _summary_text(run: "RunFiles") -> str:
    """Return the summary of a run as Markdown, without figures."""
    from cib.report.summary import summarise
    from cib.report.summary.markdown import as_markdown

    return as_markdown(summarise(run, None))


def _write_summary(run: "RunFiles", folder: Path, out: Path) -> Path:
    """Write the summary of a run as .md or .pdf; a PDF holds the figures of the run folder.

    Raises
    ------
    ConfigError
        The file has another suffix.
    RunError
        A PDF is asked for, and fpdf2 is not there.
    """
    from datetime import datetime

    from cib.report.summary import summarise
    from cib.report.summary.markdown import write_markdown
    from cib.report.summary.pdf import write_pdf

    if out.suffix == ".md":
        return write_markdown(summarise(run, None), out)
    if out.suffix != ".pdf":
        msg = f"--out {out} must end in .md or .pdf."
        raise ConfigError(msg)
    at = run.manifest["read"]["last_at"]
    return write_pdf(summarise(run, folder), out, at=datetime.fromisoformat(at) if at else None)
