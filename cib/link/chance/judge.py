"""A layer's two tests, by the null models that its settings name, and their joint false-discovery rate."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import polars as pl

from cib.link.acts import Acts, acts_of
from cib.link.chance.bicm import Bicm
from cib.link.chance.chung_lu import ChungLu
from cib.link.chance.combine import Floats, Ints, Overlap, Timing, benjamini_hochberg, fisher
from cib.link.chance.conditional import Conditional
from cib.link.chance.hypergeometric import Hypergeometric
from cib.link.chance.incidence import Incidence, Shared, incidence_of
from cib.link.chance.margins import Margins
from cib.link.chance.shift import Guard, Shift
from cib.settings import LayerSettings

__all__ = ["JOINT", "OVERLAP", "TIMING", "Chance", "Expectation", "Judge", "OverlapModel", "TimingModel"]


class OverlapModel(Protocol):
    """What two accounts share by chance."""

    def judge(self, shared: Shared) -> Overlap:
        """Return expectation, evidence and p-value of each pair."""


class TimingModel(Protocol):
    """How often two accounts are inside the window by chance, given what they share.

    Attributes
    ----------
    speaks : false if the data are too short for it; then the timing is not asked.
    expands : whether it looks at each act of the pairs' ends.
    """

    speaks: bool
    expands: bool

    def judge(self, shared: Shared) -> Timing:
        """Return expectation and p-value of each pair."""


OVERLAP: Final[dict[str, Callable[[Margins], OverlapModel]]] = {
    "chung_lu": ChungLu,
    "bicm": Bicm,
    "hypergeometric": Hypergeometric,
}
"""The layer setting ``null`` = its model; 'none' has none."""
TIMING: Final[dict[str, Callable[[Margins, timedelta], TimingModel]]] = {"conditional": Conditional, "shift": Shift}
"""The layer setting ``timing_null`` = its model; 'none' has none."""
Joint: TypeAlias = Callable[[Floats, Floats, Floats], Floats]
JOINT: Final[dict[str, Joint]] = {
    "fisher": lambda overlap, timing, _: fisher(overlap, timing),
    "both": lambda overlap, timing, _: np.maximum(overlap, timing),
    "guarded": lambda overlap, timing, moved: np.maximum(fisher(overlap, timing), moved),
}
"""The layer setting ``joint`` = p-value of p_overlap, p_sync and the p-value of a moved clock."""


@dataclass(frozen=True)
class Expectation:
    """What was seen, what chance expects, and how likely it is, one value a pair.

    Attributes
    ----------
    overlap : objects shared at any time.
    similarity : Jaccard index of the two accounts' objects.
    expected : objects shared by chance; the closed form, for comparison, if no null model is asked.
    expected_sync : inside the window by chance, given the overlap; nan if the timing is not asked.
    llr : log-likelihood ratio of the overlap, nats; 0 if it is not asked.
    p_overlap, p_sync : of the two tests; 1 if not asked.
    p : of what is asked, together.
    q : false-discovery rate over all pairs of accounts with a trace.
    """

    overlap: Ints
    similarity: Floats
    expected: Floats
    expected_sync: Floats
    llr: Floats
    p_overlap: Floats
    p_sync: Floats
    p: Floats
    q: Floats


class Judge:
    """The null models of a layer, fitted.

    Parameters
    ----------
    margins : what they are fitted to.
    layer : settings: null, timing_null, joint, window, kernel. Without a window the timing is not asked. Near
        texts are not the same object, so that no clock can be moved in them: there is no guard.

    Raises
    ------
    RunError The null model's equations are not solved (null "bicm").

    Notes
    -----
    It is small, whatever the layer's size, and knows no account and no object: those of the pairs are told with them.
    """

    def __init__(self, margins: Margins, layer: LayerSettings) -> None:
        self._layer = layer
        self._overlap = OVERLAP.get(layer.null, ChungLu)(margins)
        self._timing: TimingModel | None = None
        self._guard: Guard | None = None
        if layer.window is not None and layer.timing_null != "none":
            timing, guard = TIMING[layer.timing_null](margins, layer.window), Guard(margins, layer.window)
            self._timing = timing if timing.speaks else None
            self._guard = guard if guard.speaks and layer.joint == "guarded" and layer.kernel == "sweep" else None

    def columns(self, incidence: Incidence, a: Ints, b: Ints, inside: Ints) -> dict[str, Any]:
        """Return the columns of :class:`Expectation` but q, of pairs whose accounts and objects are known.

        Parameters
        ----------
        incidence : all acts of the accounts at the ends, perhaps of others.
        a, b : the accounts of each pair.
        inside : objects that it shares inside the window.
        """
        acts = self._timing is not None and self._timing.expands
        parts = [self._judge(batch) for batch in incidence.batches(incidence.ends(a, b), a, b, inside, acts=acts)]
        names = [field.name for field in fields(Expectation)][:-1]
        if not parts:
            return dict.fromkeys(names, np.zeros(0)) | {"overlap": np.zeros(0, dtype=np.int64)}
        return {name: np.concatenate(column) for name, column in zip(names, zip(*parts, strict=True), strict=True)}

    def _judge(self, shared: Shared) -> tuple[Ints | Floats, ...]:
        """Return the columns of :class:`Expectation` but the last."""
        degree, overlap = shared.sums.degree, shared.overlap
        by_overlap = self._overlap.judge(shared)
        different = shared.a != shared.b
        ones = np.ones(len(overlap))
        asked = different & (self._layer.null != "none")
        p_overlap = np.where(asked, by_overlap.p, 1.0)
        timing = Timing(np.full(len(overlap), np.nan), ones)
        if self._timing is not None:
            timing = self._timing.judge(shared)
        p_sync = np.where(different, timing.p, 1.0)
        return (
            overlap,
            overlap / (degree[shared.a] + degree[shared.b] - overlap),
            by_overlap.expected,
            timing.expected,
            np.where(asked, by_overlap.llr, 0.0),
            p_overlap,
            p_sync,
            np.where(different, self._together(shared, p_overlap, p_sync), 1.0),
        )

    def _together(self, shared: Shared, p_overlap: Floats, p_sync: Floats) -> Floats:
        """Return the p-value of what is asked."""
        if self._timing is None:
            return p_overlap
        moved = np.zeros(len(p_sync)) if self._guard is None else self._guard.judge(shared).p
        if self._layer.null == "none":
            return np.maximum(p_sync, moved)
        return JOINT[self._layer.joint](p_overlap, p_sync, moved)


class Chance:
    """The null models of a layer, from all its traces (before pruning).

    Parameters
    ----------
    acts : all acts of the layer, or TRACES.
    objects : OBJECTS of the layer.
    layer : its settings (see :class:`Judge`).

    Raises
    ------
    RunError The null model's equations are not solved (null "bicm").

    Notes
    -----
    Adding a null model is a class in a file here with a method `judge`, and a line in :data:`OVERLAP` or
    :data:`TIMING`; the common checks in tests/link/test_chance.py then run over it.
    """

    def __init__(self, acts: Acts | pl.DataFrame, objects: pl.DataFrame, layer: LayerSettings) -> None:
        acts = acts_of(acts) if isinstance(acts, pl.DataFrame) else acts
        self._incidence = incidence_of(acts, objects, layer.window if layer.timing_null != "none" else None)
        self.margins = self._incidence.margins()
        self._judge = Judge(self.margins, layer)

    @property
    def n_pairs(self) -> int:
        """Pairs of accounts that could have been linked: all accounts with a trace."""
        return self.margins.n_pairs

    def test(self, a: Ints, b: Ints, shared: Ints) -> Expectation:
        """Judge each pair (a[i], b[i]) of accounts that shares `shared[i]` distinct objects inside the window.

        An account beside itself proves nothing: p and q are 1 there.

        Notes
        -----
        Costs the objects of each pair's less busy end, or the acts of both for a clock moved by sittings; memory is
        bounded by batches of some 100,000s of them.
        """
        columns = self._judge.columns(self._incidence, a, b, shared)
        return Expectation(**columns, q=benjamini_hochberg(columns["p"], self.n_pairs))
