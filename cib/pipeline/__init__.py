"""The order of the stages, and the run folder they fill.

read -> texts -> (traces -> link -> evidence) for each layer -> networks -> control -> ranking -> accounts -> report.
Every arrow's result is an artefact (see :mod:`cib.pipeline.store`); the run folder is put together from them at the
end, piece by piece, each by a rename.
"""

from collections.abc import Callable
from pathlib import Path

from cib.pipeline.control import begin_by_chance, find_by_chance
from cib.pipeline.folder import assemble, claimed
from cib.pipeline.groups import describe_networks
from cib.pipeline.manifest import Stage
from cib.pipeline.networks import find_networks, follow_networks, judge_networks
from cib.pipeline.stages import (
    check_windows,
    describe_accounts,
    in_order,
    keep_evidence,
    link_layer,
    read_posts,
    tell_idle_layers,
)
from cib.pipeline.state import Job, Progress, State
from cib.pipeline.store import Store
from cib.pipeline.texts import name_texts
from cib.pipeline.verdicts import file_of, read_verdicts

__all__ = ["Job", "Progress", "Stage", "run"]


def run(job: Job, *, progress: Progress = lambda _: None, say: Callable[[str], None] = lambda _: None) -> Path:
    """Run a job and return its run folder.

    Parameters
    ----------
    job : what to run.
    progress : told about each finished stage.
    say : told, in a sentence each, what the user should know before the work is done.

    Raises
    ------
    CibError
        The input, the config or the folder cannot be used; the folder then still holds the run before, if there
        was one.
    """
    with claimed(job.out):
        state = State(job, Store(job.out / "cache"), progress, in_order(job.settings.active_layers), say)
        named = job.settings.verdicts
        state.verdicts = read_verdicts(file_of(named, job.root, job.out), named=bool(named.file))
        read_posts(state)
        tell_idle_layers(state)
        check_windows(state)
        name_texts(state)
        for name in state.layers:
            link_layer(state, name)
            keep_evidence(state, name)
        with begin_by_chance(state) as begun:
            find_networks(state)
            describe_accounts(state)
            find_by_chance(state, begun)
        judge_networks(state)
        follow_networks(state)
        describe_networks(state)
        assemble(state)
    return job.out
