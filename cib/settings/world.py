"""What a synthetic world holds: its crowd, its decoys, the campaigns planted in it.

A world is a TOML file too. A decoy starts from the defaults of its kind and a campaign from those of its level, so
that a file states only what differs. docs/simulate.md gives the source or the reason of every default.
"""

from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from cib.settings.values import Section, Share, Window

__all__ = [
    "DECOYS",
    "LADDER",
    "CampaignSettings",
    "Channel",
    "CrowdSettings",
    "DecoyKind",
    "DecoySettings",
    "DelayLaw",
    "PlaceSettings",
    "Wording",
    "WorldSettings",
    "default_decoys",
]

Channel = Literal["repost", "link", "text", "object"]
DelayLaw = Literal["uniform", "exponential", "lognormal"]
Wording = Literal["verbatim", "template", "paraphrase", "independent"]
DecoyKind = Literal["fans", "newsroom", "feeds", "activists", "share_button", "news_day"]

_S: Final = timedelta(seconds=1)
_MIN: Final = timedelta(minutes=1)
_H: Final = timedelta(hours=1)
_D: Final = timedelta(days=1)

LADDER: Final[dict[int, dict[str, Any]]] = {
    0: {"share": 0.9, "delay": 10 * _S, "cover": 0.0, "own": 1.0, "text": "verbatim", "created_within": _D},
    1: {"share": 0.8, "delay": 60 * _S, "cover": 0.3, "own": 1.0, "text": "verbatim", "created_within": 7 * _D},
    2: {"share": 0.6, "delay": 10 * _MIN, "cover": 0.5, "own": 0.5, "text": "template", "created_within": 30 * _D},
    3: {
        "share": 0.5,
        "delay": _H,
        "cover": 0.7,
        "own": 0.3,
        "text": "paraphrase",
        "created_within": 90 * _D,
        "on_duty": 0.6,
    },
    4: {"share": 0.3, "delay": 6 * _H, "cover": 0.85, "own": 0.0, "text": "paraphrase", "on_duty": 0.6},
    5: {"share": 0.2, "delay": _D, "cover": 0.95, "own": 0.0, "text": "independent", "on_duty": 0.6, "max_repeats": 2},
}
"""What each level of the ladder sets, from naive (0) to stealthy (5)."""

DECOYS: Final[dict[str, dict[str, Any]]] = {
    "fans": {"accounts": 60, "objects": 40, "share": 0.6, "delay": 2 * _H, "cover": 0.5, "public": 400},
    "newsroom": {"accounts": 8, "objects": 60, "share": 0.9, "delay": 60 * _S, "cover": 0.3},
    "feeds": {"accounts": 10, "objects": 120, "share": 0.95, "delay": 15 * _MIN, "cover": 0.0},
    "activists": {"accounts": 80, "objects": 12, "share": 0.5, "delay": 2 * _H, "cover": 0.7},
    "share_button": {"accounts": 300, "objects": 15, "share": 0.1, "delay": 30 * _D, "cover": 0.0},
    "news_day": {"accounts": 1500, "objects": 12, "share": 0.25, "delay": 12 * _H, "cover": 0.0},
}
"""What each kind of decoy sets."""


class PlaceSettings(Section):
    """When the world is, and what makes it this one and no other."""

    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of everything random: same settings and seed give the same bytes."""
    start: date = date(2024, 1, 1)
    """First day, UTC."""
    days: Annotated[int, Field(ge=1, le=3660)] = 30
    """Length in days."""
    platform: Annotated[str, Field(pattern=r"^[a-z0-9_.-]+$")] = "synthetic"
    """Platform of all accounts; part of every account_id, so that nobody takes them for real ones."""


class CrowdSettings(Section):
    """The organic accounts, and how they post."""

    accounts: Annotated[int, Field(ge=10, le=10_000_000)] = 10_000
    """Ordinary accounts; those of decoys and campaigns come on top."""
    posts: Annotated[float, Field(gt=0, le=100_000)] = 50.0
    """Mean posts of an account over the whole time."""
    community: Annotated[int, Field(ge=5)] = 500
    """Mean accounts of an interest community; smaller communities share more by interest alone."""
    home: Share = 0.8
    """Share of acts on objects of one's own community; lower mixes the communities."""
    activity_tail: Annotated[float, Field(gt=1, le=10)] = 1.5
    """Pareto exponent of posts an account; lower: a few post nearly everything."""
    popularity_tail: Annotated[float, Field(gt=0.5, le=10)] = 1.2
    """Pareto exponent of an object's pull; lower: a few objects are shared by nearly everybody."""
    reposts: Share = 0.45
    """Share of posts that repost."""
    replies: Share = 0.15
    """Share of posts that reply."""
    links: Share = 0.35
    """Share of the other posts that carry a link."""
    titles: Share = 0.3
    """Share of posts with a link that say its headline word for word, as share buttons make them."""
    hashtags: Annotated[float, Field(ge=0, le=10)] = 0.6
    """Mean hashtags of a post that is no repost."""
    shares_per_object: Annotated[float, Field(ge=1)] = 8.0
    """Mean acts on a link or a post that is shared at all; higher gives fewer and larger cascades."""
    memory: Window = 3 * _H
    """Half of the acts on an object look back less than this: the median of a lognormal law; shorter gives steeper
    cascades."""
    session: Window = 10 * _MIN
    """Mean distance of a post from the beginning of its session: people post in bursts."""
    session_posts: Annotated[float, Field(ge=1)] = 3.0
    """Mean posts of a session."""
    zones: tuple[float, ...] = (-8, -5, 0, 1, 5.5, 9)
    """Time zones of the communities, hours from UTC; most accounts of a community live in its zone."""
    languages: tuple[str, ...] = ("en", "en", "es", "de")
    """Languages of the communities, dealt in turn."""

    @model_validator(mode="after")
    def _sound(self) -> "CrowdSettings":
        if self.reposts + self.replies > 1:
            msg = "reposts and replies must not exceed 1 together"
            raise ValueError(msg)
        if not (self.memory and self.session and self.zones and self.languages):
            msg = "memory, session, zones and languages must not be empty or 0"
            raise ValueError(msg)
        return self


class DecoySettings(Section):
    """Accounts that act alike for an innocent reason."""

    kind: DecoyKind = "fans"
    """fans of one account, one publisher's newsroom, feeds of one source, activists with a hashtag campaign, users of a
    share button, or the public on a day of breaking news. Left out, it is the decoy's name."""
    accounts: Annotated[int, Field(ge=2, le=1_000_000)] = 60
    """Accounts: new ones, but share_button and news_day take them from the crowd."""
    objects: Annotated[int, Field(ge=1, le=100_000)] = 40
    """Posts, links or texts that they act on."""
    share: Share = 0.6
    """Chance that one of them acts on one of these objects."""
    delay: Window = 2 * _H
    """Longest time after the object appeared."""
    cover: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Share of their posts that is ordinary."""
    public: Annotated[int, Field(ge=0)] = 0
    """Accounts of the crowd that act on some of the same objects (fans)."""

    @model_validator(mode="after")
    def _sound(self) -> "DecoySettings":
        if not self.delay:
            msg = "delay must be a time of more than 0"
            raise ValueError(msg)
        return self


class CampaignSettings(Section):
    """A planted campaign: accounts that act on the same objects because somebody says so."""

    level: Annotated[int, Field(ge=0, le=5)] = 2
    """Step of the ladder, 0 naive to 5 stealthy; sets every value below that is not given."""
    accounts: Annotated[int, Field(ge=2, le=5000)] = 20
    """Accounts of the campaign."""
    objects: Annotated[int, Field(ge=1, le=100_000)] = 20
    """Objects that they are told to act on."""
    share: Share = 0.6
    """Chance that a member acts on an object; lower is harder to find."""
    delay: Window = 10 * _MIN
    """Longest time from the first act on an object to a member's; longer is harder to find."""
    delay_law: DelayLaw = "uniform"
    """How delays spread up to the longest: evenly; exponential with a mean of a third of it; lognormal with a median of
    a tenth. Both are cut at the longest."""
    cover: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Share of the members' posts that has nothing to do with the campaign."""
    own: Share = 0.5
    """Share of the objects that nobody else acts on; the others are popular ones, in their time."""
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("repost", "link", "text")
    """What the objects are, dealt in turn: a post to repost, a link, a text (with hashtags), or an opaque thing (layer
    'object')."""
    text: Wording = "template"
    """The words of the members' own posts: one text for all; a template whose gaps are filled differently; half of the
    words exchanged and the rest moved; or texts that have only the topic in common."""
    created_within: Window = None
    """The accounts were created within this time; 'none': as staggered as everybody's."""
    on_duty: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the members that an object may fall to, by a roster that goes round; lower: fewer pairs ever meet."""
    max_repeats: Annotated[int, Field(ge=0)] = 0
    """Most objects that two members may both act on; 0: no bound."""

    @model_validator(mode="before")
    @classmethod
    def _start_from_level(cls, data: Any) -> Any:
        """Fill what is not given from the level, the default one where none is named."""
        level = data.get("level", 2) if isinstance(data, dict) else None
        return LADDER.get(level, {}) | data if isinstance(data, dict) and isinstance(level, int) else data

    @model_validator(mode="after")
    def _sound(self) -> "CampaignSettings":
        if not self.delay:
            msg = "delay must be a time of more than 0"
            raise ValueError(msg)
        if self.share > self.on_duty:
            msg = "share must not exceed on_duty: who is not on duty does not act"
            raise ValueError(msg)
        return self


def default_decoys() -> dict[str, DecoySettings]:
    """Return one decoy of each kind."""
    return {kind: DecoySettings.model_validate({"kind": kind} | values) for kind, values in DECOYS.items()}


class WorldSettings(Section):
    """A whole world."""

    place: PlaceSettings = PlaceSettings()
    crowd: CrowdSettings = CrowdSettings()
    decoys: dict[str, DecoySettings] = Field(default_factory=default_decoys)
    """Groups with an innocent reason, by name. Naming any replaces the default set, one of each kind."""
    campaigns: dict[str, CampaignSettings] = Field(default_factory=dict)
    """Planted campaigns, by name. Without any, whatever is found is a false alarm."""

    @model_validator(mode="before")
    @classmethod
    def _start_from_kinds(cls, data: Any) -> Any:
        """Fill each named decoy with the defaults of its kind, which is its name if it says no other."""
        decoys = data.get("decoys") if isinstance(data, dict) else None
        if not isinstance(decoys, dict):
            return data
        filled = {
            name: {"kind": name} | DECOYS.get(str(decoy.get("kind", name)), {}) | decoy
            if isinstance(decoy, dict)
            else decoy
            for name, decoy in decoys.items()
        }
        return data | {"decoys": filled}

    @model_validator(mode="after")
    def _sound(self) -> "WorldSettings":
        if shared := self.decoys.keys() & self.campaigns.keys():
            msg = f"a decoy and a campaign must not have the same name: {min(shared)}"
            raise ValueError(msg)
        return self
