"""A finished run's report in a folder of its own, for one audience: nothing stands in it that is not for passing on."""

import tempfile
from pathlib import Path

from cib.errors import RunError
from cib.report.about import facts
from cib.report.exports import write_exports
from cib.report.figures import write_figures
from cib.report.page import write_page
from cib.report.privacy import KEY_FILE, read_key, veiled_run
from cib.report.run import open_run
from cib.report.summary import summarise
from cib.report.summary.markdown import write_markdown
from cib.settings import PrivacySettings, ReportSettings

__all__ = ["publish"]


def publish(folder: Path, out: Path, settings: PrivacySettings) -> Path:
    """Write page, summary, figures and exports of a run under a privacy profile, and return the page.

    Parameters
    ----------
    folder : of a finished run.
    out : is made; must not be there yet, or be empty.
    settings : the profile; `key` is relative to the working directory, and '' is the run's own, made if it has none.

    Raises
    ------
    RunError
        There is no finished run, the folder is not empty, or the key cannot be used.
    """
    run = open_run(folder)
    report = ReportSettings.model_validate(run.manifest["config"]["settings"]["report"])
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        msg = f"{out} is not empty. Name a new folder, so that nothing else is passed on with the report."
        raise RunError(msg)
    with tempfile.TemporaryDirectory() as scratch:
        if settings.profile != "open":
            given = Path(settings.key) if settings.key else None
            key = read_key(given or folder / KEY_FILE, make=given is None)
            run = veiled_run(run, settings, key, Path(scratch) / "run")
        out.mkdir(parents=True, exist_ok=True)
        write_figures(run, out, report)
        write_exports(run, out)
        write_markdown(summarise(run, out, facts(run)), out / "summary.md")
        return write_page(run, out, report)
