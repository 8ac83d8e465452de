"""The sections of the config beside its layers."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from cib.settings.layer import KeepRule
from cib.settings.values import Bytes, Section, Width, Window

__all__ = [
    "AccountSettings",
    "CoTimingSettings",
    "ControlSettings",
    "GraphSettings",
    "InputSettings",
    "ListSettings",
    "MethodSettings",
    "NetworkSettings",
    "ReportSettings",
    "RunSettings",
    "SourceSettings",
]


class SourceSettings(Section):
    """Files of one source, and how they are read."""

    files: tuple[str, ...] = ()
    """Files, folders or globs, relative to the config's folder; CSV, TSV, JSON or Parquet, also as .gz or .zst,
    and in .zip."""
    format: str = "auto"
    """Name of a reader (docs/reading.md lists them), or 'auto': the one that recognises the file's columns or keys."""
    platform: str = ""
    """Platform of the accounts, for formats that do not name it; part of every account_id. '' leaves it to the
    reader."""
    columns: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    """Field of cib = column of the file, or several columns for a list field. What is not mapped is guessed and
    shown."""
    timezone: str = ""
    """Zone of times that carry none, such as 'UTC' or 'Europe/Berlin'. '' refuses such times."""
    time_format: str = ""
    """strptime pattern of the times; '' recognises ISO 8601, Unix seconds and milliseconds, and the platforms' own."""
    encoding: str = "auto"
    """Character encoding of text files; 'auto' takes UTF-8, or what the first megabyte plainly is, and states it."""
    delimiter: str = ""
    """Column separator of text files; '' takes it from the file's name and header."""
    list_separator: str = ""
    """Separator inside list cells (urls, hashtags, ...); '' takes JSON lists, '[a, b]', and blanks, commas, '|'
    or ';'."""
    accounts: tuple[str, ...] = ()
    """Files with an account table (profiles, labels), joined by account_id; posts by accounts that are not in it are
    kept and counted."""
    account_columns: dict[str, str] = Field(default_factory=dict)
    """Field of the account table = column of those files."""
    exact_repeats: Literal["drop", "keep"] = "drop"
    """Rows of a source without post ids that repeat account, time and text: one act seen twice, or two acts."""
    damaged_ids: Literal["refuse", "keep"] = "refuse"
    """Ids that a spreadsheet rounded ('7.30E+17', or long ids of which many end in noughts): refused row by row, or
    kept as written (two accounts may share one)."""
    id_times: Literal["off", "missing", "finer"] = "off"
    """Times that ids tell (Twitter, Mastodon, Discord: milliseconds; TikTok: the second in which the upload began): not
    used; for rows without a readable time; or also, but for TikTok, in place of times that agree to the minute."""
    max_field_bytes: Bytes = 1_000_000
    """A row with a longer field is refused."""
    max_row_bytes: Bytes = 8_000_000
    """A row or line that is longer is refused; a quote without an end costs no more than this."""
    max_open_quotes: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Rows of a CSV file whose quote is never closed, beyond which the file is given up; each costs its first line, and
    a new look at what follows."""
    max_depth: Annotated[int, Field(ge=1, le=200)] = 64
    """JSON that is nested deeper is refused."""
    max_ratio: Annotated[float, Field(ge=1)] = 200.0
    """Times its own size that a packed file may unpack to; the first 64 MB are free. Posts seldom reach 30."""
    max_unpacked: Bytes = 1_000_000_000_000
    """Bytes that a packed file may unpack to."""
    max_page_bytes: Bytes = 64_000_000
    """Bytes that a page of a Parquet file may unpack to. Writers make pages of about 1 MB."""
    max_members: Annotated[int, Field(ge=1)] = 10_000
    """Files that a ZIP archive may hold."""


class InputSettings(SourceSettings):
    """Which files are read, and how."""

    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    """Several sources in one run, each [input.sources.NAME] with its own files. A source starts from what [input] says
    and states what differs: format, platform, zone, columns."""
    duplicates: Literal["merge", "first", "last", "fullest"] = "merge"
    """A post that stands in several files, by platform and post id: 'merge' treats its rows as rows of one file; else
    one file's rows stay, those of the first, of the last, or with the most filled fields (of equals the first)."""
    short_links: tuple[str, ...] = ()
    """Files of resolved short links, with the columns short and resolved. Nothing is ever fetched."""

    @model_validator(mode="before")
    @classmethod
    def _start_from_input(cls, data: Any) -> Any:
        """Fill each source with what [input] states for all of them."""
        sources = data.get("sources") if isinstance(data, dict) else None
        if not isinstance(sources, dict):
            return data
        shared = {key: data[key] for key in SourceSettings.model_fields if key in data and key not in _OWN}
        filled = {name: shared | source if isinstance(source, dict) else source for name, source in sources.items()}
        return data | {"sources": filled}

    @model_validator(mode="after")
    def _one_place(self) -> "InputSettings":
        if self.sources and self.files:
            msg = "files must be named by the sources alone where there are any"
            raise ValueError(msg)
        if empty := [name for name, source in self.sources.items() if not source.files]:
            msg = f"sources.{empty[0]} must name its files"
            raise ValueError(msg)
        return self

    @property
    def all_sources(self) -> dict[str, SourceSettings]:
        """The sources by name; of a config without any the section itself, under no name."""
        return self.sources or {"": self}


_OWN: Final = frozenset({"files", "accounts", "account_columns"})
"""What a source never takes over from [input]."""


class ListSettings(Section):
    """Lists of names, a file or more each; one name a line, or the first column of a table."""

    accounts: tuple[str, ...] = ()
    """Accounts, as 'platform:id' or as an id on any platform: whose posts are read."""
    domains: tuple[str, ...] = ()
    """Web sites, with all that lies below them (layers url and domain)."""
    hashtags: tuple[str, ...] = ()
    """Hashtags, without regard to case (layer hashtag)."""
    objects: tuple[str, ...] = ()
    """Links, ids of media and other objects (layers url, media and object)."""


class GraphSettings(Section):
    """Which edges are believed, and how layers add up to one weight."""

    q: Annotated[float, Field(gt=0, le=1)] = 0.05
    """A layer's edge counts if its false-discovery rate is at most this. Lower is stricter. 1 keeps all and leaves the
    judgement to the network: links by chance are then in any data."""
    min_weight: Annotated[float, Field(ge=0)] = 0.5
    """A layer's edge counts if it carries at least this much: nats of evidence, unless the layer has another weight."""
    min_acts: Annotated[int, Field(ge=1)] = 2
    """Independent acts an edge must rest on, over all its layers: one post with five shared hashtags is one act."""
    min_layers: Annotated[int, Field(ge=1)] = 1
    """Layers that must agree on an edge."""
    layer_bonus: Annotated[float, Field(ge=0)] = 0.25
    """Each layer after the first raises the fused weight by this share: independent acts that agree are rarer
    than more of one act."""
    fusion: Literal["evidence", "sum", "maximum", "union"] = "evidence"
    """How layers become one weight: evidence adds up and no act counts twice; or, as published methods do, the sum of
    their weights, the largest, or 1 for every edge that any layer has."""
    keep: tuple[KeepRule, ...] = ()
    """Rules that the fused edges must pass, in this order."""


class NetworkSettings(Section):
    """How dense groups are found and ranked."""

    method: Literal["leiden", "cpm", "louvain", "components", "fsa_v"] = "leiden"
    """leiden: themes by modularity, and cells. cpm: one level, by mean weight. louvain, components, fsa_v: one level,
    as published methods have them."""
    resolution: Annotated[float, Field(gt=0)] = 0.3
    """Resolution of modularity: higher gives more and smaller themes; of cpm, in the unit of the weights."""
    theme_weight: Annotated[float, Field(ge=0)] = 4.0
    """Themes are looked for among links of at least this weight (leiden): many weak ones blur what few strong ones
    tell. Cells see all links."""
    cell_resolutions: tuple[Annotated[float, Field(gt=0)], ...] = (1.0, 5.0)
    """Cells are looked for at each of these, in the unit of the weights (nats): the mean over all pairs of a cell's
    accounts is above it, so higher gives smaller and denser ones. None: no cells."""
    core_share: Annotated[float, Field(gt=0, le=1)] = 0.03
    """Cells are looked for once more among this share of the linked accounts, the most coherent: in large graphs small
    cells drown in crowds."""
    core_resolutions: tuple[Annotated[float, Field(gt=0)], ...] = (3.0,)
    """As cell_resolutions, among these accounts."""
    floor: Annotated[float, Field(ge=0)] = 30.0
    """Score below which no network comes into tier B; tier A asks for twice as much. It is what organic groups of
    synthetic worlds stay below (docs/evaluation.md), in nats: of no use where edges weigh counts."""
    min_accounts: Annotated[int, Field(ge=2)] = 3
    """Smaller groups are not reported."""
    seeds: Annotated[int, Field(ge=1, le=1000)] = 5
    """Leiden is run with this many seeds, for cells with at most two; the best partition is kept, the others tell how
    stable it is."""
    bootstraps: Annotated[int, Field(ge=0, le=1000)] = 5
    """Graphs with resampled edges that tell how stable a network is, beside the seeds. More is surer, and slower."""
    steps: Annotated[int, Field(ge=0, le=1000)] = 0
    """Rising thresholds over which each account's level of coordination is told (Nizzoli et al.: 100); 0: not told."""
    change_window: Window = None
    """Width of the windows, such as '14d', in which networks are followed, a new one every half; 'none': not at all.
    Narrow ones tear slow networks apart."""
    theta: Annotated[float, Field(gt=0, le=1)] = 0.3
    """An edge may lower a group's mean weight to this share of it (fsa_v)."""


class AccountSettings(Section):
    """What is said about single accounts."""

    min_posts: Annotated[int, Field(ge=2)] = 36
    """Indicators that need a history say 'insufficient data' below this many posts."""
    outlier_share: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    """Share of accounts that the outlier model is told to expect; it sets a threshold, not a truth."""
    model: str = ""
    """File of a model that `cib train-accounts` wrote, relative to the config's folder; adds one indicator. '': none,
    for such models do not transfer from the accounts they were trained on."""


class CoTimingSettings(Section):
    """Whether the accounts of a network are active together, or keep apart, beyond their rhythms."""

    turns: Annotated[int, Field(ge=0, le=10_000)] = 200
    """How often the accounts' days are turned; no p is below 1 / (turns + 1). The time grows with it. 0: not tested."""
    bin: Width = timedelta(minutes=1)
    """What counts as the same moment. Shorter is more telling and rarer; never shorter than the data's own clock."""
    apart_bin: Width = timedelta(minutes=15)
    """What counts as the same time for accounts that keep apart: as long as one sitting."""
    min_expected: Annotated[float, Field(ge=1)] = 10.0
    """Meetings (in bins of `apart_bin`) that must be expected of two accounts before their absence means anything."""
    accounts: Annotated[int, Field(ge=2, le=5_000)] = 200
    """The busiest accounts of a network that are tested; work and memory grow with the square of it."""


class ReportSettings(Section):
    """What the page shows."""

    title: str = ""
    """Title of the page; '' takes the config's name."""
    networks: Annotated[int, Field(ge=1)] = 20
    """Networks shown in full; all are in the tables."""
    posts: Annotated[int, Field(ge=0)] = 6
    """Pairs of posts quoted for each network."""
    drawn_accounts: Annotated[int, Field(ge=1)] = 5_000
    """A graph of more accounts is drawn as networks, opened one at a time; all that the page holds on request."""
    drawn_edges: Annotated[int, Field(ge=1)] = 30_000
    """Links drawn at once, the strongest; all that the page holds on request. As many of the strongest have posts."""
    page_accounts: Annotated[int, Field(ge=1)] = 50_000
    """Accounts that the page holds, those of the highest-ranked networks first; more make it larger and slower."""
    page_edges: Annotated[int, Field(ge=1)] = 180_000
    """Links that the page holds, each network's strongest first; all are in exports/."""
    page_posts: Annotated[int, Field(ge=0)] = 20_000
    """Posts that the page holds behind its links, for the strongest links; each adds about 100 bytes to the page."""
    figure_formats: tuple[Literal["png", "svg"], ...] = ("png", "svg")
    """Formats of the figures' files."""


class RunSettings(Section):
    """What holds for the whole run."""

    engine: Literal["local", "spark"] = "local"
    """Where posts are read, traced and linked: 'local' is this machine; 'spark' is Apache Spark (see [spark])."""
    memory: Bytes = 2_000_000_000
    """Bound for the working memory of one step, such as '2GB'; larger work is done in batches, and on disk. Below 1.5GB
    things that need much are done one after the other, which takes longer. docs/scale.md says what stands beside it."""
    disk: Bytes = 50_000_000_000
    """Bound for what one step may put on disk; a run that needs more is refused before it starts."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Seed of everything random: same inputs, settings and seed give the same bytes."""


class ControlSettings(Section):
    """What the same settings find where there is nothing to find."""

    runs: Annotated[int, Field(ge=0, le=1000)] = 1
    """How often the run is repeated on shuffled traces; each takes about as long as linking, on one core, and the run
    says beforehand how long. A network needs 19 to come into tier B, 99 for tier A. 0: not at all, and then the report
    says that it was not done."""


class MethodSettings(Section):
    """Which published method or tool the config tells again; empty for a config of one's own."""

    title: str = ""
    """Its name, as `cib methods` lists it."""
    reference: str = ""
    """Authors, year, title of the paper, or the tool and its version."""
    doi: str = ""
    """DOI of the paper."""
    needs: str = ""
    """What posts must have for it, in words."""
    note: str = ""
    """Where it differs from the original, and which of its faults it keeps."""
