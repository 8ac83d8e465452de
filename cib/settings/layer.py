"""One layer of the config: which acts count, how accounts are linked by them, what chance is, which edges stay."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from cib.settings.values import Kind, Section, Share, Stratum, Window
from cib.tables import KINDS

__all__ = ["COMBINED", "KeepRule", "LayerSettings", "default_layers"]

COMBINED: Final = "combined"
"""The trace that is made of other layers' acts; it takes no settings of its own for which acts count."""

_NOT_REPOSTS: Final[tuple[Kind, ...]] = ("original", "reply", "quote")
_OF_ACTS: Final = (
    "kinds", "min_words", "normalise", "min_items", "repeats", "bin", "min_posts", "min_acts_each",
    "min_account_objects", "min_accounts", "top_accounts", "loops", "strata",
)  # fmt: skip
"""What says which acts count."""
_ONE_ACT_AN_OBJECT: Final = 'needs window = "none": the similarity kernel knows no times'

Weight = Literal["evidence", "agreement", "objects", "pairs", "messages", "similarity"]


class KeepRule(Section):
    """One rule that edges must pass; rules are applied in the order in which they are listed."""

    rule: Literal[
        "min_weight", "quantile", "top_k", "disparity", "q", "centrality", "centrality_quantile", "neighbours"
    ]
    """min_weight: at least `value`. quantile: at or above the quantile `value` of the weights (type 7). top_k: among
    the `value` heaviest of either end. disparity: the smaller of both ends' alpha below `value`. q: a false-discovery
    rate of at most `value`. centrality, centrality_quantile: both ends have an eigenvector centrality of at least
    `value`, or at or above that quantile of all. neighbours: brings back all edges among the accounts left and their
    neighbours."""
    value: Annotated[float, Field(ge=0)] = 0.0
    """What the rule takes."""
    strict: bool = False
    """true: equal to the bound is not enough (min_weight, quantile)."""
    weighted: bool = True
    """false: every edge counts 1 (centrality)."""
    by: Literal["weight", "objects", "pairs", "messages", "similarity", "pairs_fast"] = "weight"
    """The column that is asked; a graph has only `weight`."""


class LayerSettings(Section):
    """One kind of shared act, and when two accounts count as linked by it."""

    # Which acts count.
    trace: str = ""
    """What is shared: url, domain, hashtag, hashtag_sequence, mention, repost, fast_repost, reply, text, template,
    near_copy, rewording, translation, media, object, timing, anything, or several at once, such as 'url+hashtag'; or
    combined: the acts of the other layers together, each post in the most telling one. '' takes the layer's name."""
    enabled: bool = True
    """false leaves the layer out."""
    kinds: tuple[Kind, ...] = _NOT_REPOSTS
    """Kinds of post that count. Reposts carry somebody else's links and words, so they count in the repost
    layer alone."""
    min_words: Annotated[int, Field(ge=0)] = 0
    """Texts with fewer words are too common to mean anything (text, template, and reposts known only by their text; for
    near_copy and above [text] asks it)."""
    normalise: Literal["words", "toolkit"] = "words"
    """How texts are made comparable: 'words' as [text] says; 'toolkit' as
    coordination-network-toolkit does: lower case, mentions out, blanks collapsed."""
    min_items: Annotated[int, Field(ge=1)] = 1
    """Distinct hashtags a sequence needs (hashtag_sequence)."""
    max_delay: Window = timedelta(seconds=10)
    """Longest time from a post to its repost (fast_repost)."""
    repeats: Literal["once", "keep"] = "once"
    """Rows that repeat account, post and object: one act, or as many as there are rows."""
    bin: Window = None
    """Width of fixed time bins (timing: the bins that are shared; 'none': one minute). 'none' elsewhere: no bins, which
    miss what lies on both sides of a border. They are here because published methods use them."""
    bin_start: Literal["epoch", "first"] = "epoch"
    """Where bins begin: at midnight UTC of 1 January 1970, or at each object's first act."""
    bin_use: Literal["object", "filter"] = "object"
    """'object': an object is another one in each bin. 'filter': acts that are alone in their bin are left out, the
    object stays one."""
    bin_estimate: bool = False
    """true: the bin's width is CooRnet's estimate of the coordination interval of this data."""
    estimate_q: Share = 0.1
    """Share of objects, those shared a second time soonest, that the estimate looks at."""
    estimate_p: Share = 0.5
    """Share of an object's shares whose time the estimate takes."""

    # Which accounts and objects count.
    min_posts: Annotated[int, Field(ge=1)] = 1
    """Posts of any kind an account must have in the data."""
    min_acts: Annotated[int, Field(ge=1)] = 1
    """Acts an account must have in the layer, and again in posts that pair up with somebody's. Higher is stricter."""
    min_acts_each: Annotated[int, Field(ge=1)] = 1
    """Acts of one account on one object below which they are left out."""
    min_account_objects: Annotated[int, Field(ge=1)] = 1
    """Distinct objects an account must act on."""
    min_accounts: Annotated[int, Field(ge=1)] = 1
    """Objects with fewer accounts are left out before anything is counted."""
    max_accounts: Annotated[int, Field(ge=0)] = 0
    """Objects with more accounts than this are left out as viral, and counted in the ledger; 0: no cap."""
    top_accounts: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of accounts, the most active in the layer, that are looked at; 1: all."""
    participation: Literal["both", "either"] = "both"
    """Whether both accounts of a pair need min_acts, or one of them (which is how CooRTweet counts)."""
    loops: Literal["drop", "drop_ids", "keep"] = "drop"
    """'drop': an account makes no pair with itself. 'drop_ids': nor do rows with one post id, or a post that is itself
    the object (CooRTweet's remove_loops). 'keep': all pairs of rows count, an account's own too."""

    # How two accounts are linked.
    kernel: Literal["sweep", "similarity", "near"] = "sweep"
    """'sweep': both acted on one object inside the window. 'similarity': their objects are alike over all time.
    'near': they posted texts that are nearly the same, inside the window."""
    window: Window = timedelta(seconds=60)
    """Longest time between two acts on one object, inclusive; 'none': at any time. Wider links more, and means less."""
    fast_window: Window = None
    """A shorter window; pairs inside it are counted once more, apart. 'none': no second count."""
    min_objects: Annotated[int, Field(ge=1)] = 2
    """Distinct objects two accounts must share inside the window. Higher is stricter."""
    measure: Literal["cosine", "jaccard", "overlap", "count"] = "cosine"
    """Similarity of two accounts' objects (kernel similarity)."""
    tf: Literal["count", "binary", "sublinear"] = "binary"
    """What an account's n acts on an object count: n, 1, or 1 + ln n (cosine, overlap of weights)."""
    idf: Literal["none", "plain", "smooth", "smoothlog"] = "none"
    """What an object with d of N accounts counts: 1, ln(N/d), ln((1+N)/(1+d)) + 1, or ln(N/d + 1)."""
    min_similarity: Annotated[float, Field(ge=0)] = 0.0
    """Pairs below it are no edge (kernels similarity and near)."""
    neighbours: Annotated[int, Field(ge=0)] = 0
    """Only this many most similar accounts of each account, itself included, are looked at; 0: all."""

    # What is believed.
    null: Literal["chung_lu", "bicm", "hypergeometric", "none"] = "bicm"
    """What overlap is expected by chance: the bipartite configuration model; its closed form (quicker, wrong where a
    few objects are everybody's); degrees of the accounts alone (wrong where objects differ in popularity); or not
    asked."""
    timing_null: Literal["conditional", "shift", "none"] = "conditional"
    """What synchrony is expected by chance: that of each object's other acts, that of each account's own rhythm, or not
    asked."""
    joint: Literal["guarded", "fisher", "both"] = "guarded"
    """How overlap and timing become one p-value. fisher: their product. both: the larger of the two, so that each must
    be unlikely. guarded: their product, but no less than what one account's clock moved at random would bring together;
    not asked where the span of the data is too short for it."""
    strata: tuple[Stratum, ...] = ()
    """Chance is judged within objects that are alike in these: language, week, hour of the calendar. Strata
    that a campaign fills by itself hide it."""
    weight: Weight = "evidence"
    """What an edge weighs: nats of evidence against chance, of overlap and timing summed (evidence) or as their
    geometric mean (agreement: both must speak, which they do not for people of one interest, who share much at any
    time); or a published method's count: objects, pairs of posts, messages with a match (the larger direction),
    similarity."""
    keep: tuple[KeepRule, ...] = ()
    """Rules that the layer's edges must pass, in this order, beside those of [graph]."""
    reliability: Share = 1.0
    """How much the layer's evidence counts in the fused graph."""
    supporting: bool = False
    """true: strengthens edges that other layers make, never makes one."""

    @model_validator(mode="after")
    def _sound(self) -> "LayerSettings":
        if not self.kinds:
            msg = f"kinds must name at least one of {', '.join(KINDS)}"
            raise ValueError(msg)
        if COMBINED in self.trace.split("+"):
            self._combined_sound()
        if self.kernel == "similarity" and self.window is not None:
            raise ValueError(_ONE_ACT_AN_OBJECT)
        if self.fast_window is not None and (self.window is None or self.fast_window > self.window):
            msg = "fast_window must be shorter than window"
            raise ValueError(msg)
        return self

    def _combined_sound(self) -> None:
        """Refuse what has no meaning where the acts are other layers'."""
        if self.trace != COMBINED or self.kernel == "near":
            msg = "combined must stand alone, with the kernel 'sweep' or 'similarity'"
            raise ValueError(msg)
        fields = type(self).model_fields
        if idle := [name for name in _OF_ACTS if getattr(self, name) != fields[name].default]:
            msg = f"{idle[0]} must be left out of combined: which acts count, the layers say that they come from"
            raise ValueError(msg)


def default_layers() -> dict[str, LayerSettings]:
    """Return the layers by name; those that are enabled run when the config names none.

    Windows are wide and support is low, because what is asked of an edge is asked at once: its weight is what overlap
    and timing agree on. Reliability follows published accuracies of single traces; docs/evaluation.md has what these
    settings find of planted campaigns.
    """
    every: tuple[Kind, ...] = KINDS
    hour, day = timedelta(hours=1), timedelta(days=1)
    wide = {"min_objects": 3, "window": hour, "weight": "agreement"}
    return {
        "repost": LayerSettings(kinds=("repost",), min_words=3, window=hour, weight="agreement"),
        "url": LayerSettings(window=hour, weight="agreement"),
        "text": LayerSettings(min_words=5, window=day, weight="agreement"),
        "template": LayerSettings(min_words=5, window=day, reliability=0.9, weight="agreement"),
        "near_copy": LayerSettings(window=day, reliability=0.8, weight="agreement"),
        "rewording": LayerSettings(window=day, reliability=0.5, weight="agreement", enabled=False),
        "translation": LayerSettings(window=day, reliability=0.5, weight="agreement", enabled=False),
        "reply": LayerSettings(kinds=("reply",), window=timedelta(minutes=5), reliability=0.8, weight="agreement"),
        "media": LayerSettings(window=hour, weight="agreement"),
        "object": LayerSettings(kinds=every, window=timedelta(seconds=60), weight="agreement"),
        "mention": LayerSettings.model_validate(wide | {"reliability": 0.5}),
        "hashtag": LayerSettings.model_validate(wide | {"reliability": 0.3}),
        "domain": LayerSettings(
            enabled=False, window=timedelta(minutes=5), min_objects=5, reliability=0.3, supporting=True
        ),
        "timing": LayerSettings(
            enabled=False, kinds=every, window=None, min_objects=8, strata=("hour",), reliability=0.3, supporting=True
        ),
        COMBINED: LayerSettings(trace=COMBINED, window=hour, weight="agreement"),
    }
