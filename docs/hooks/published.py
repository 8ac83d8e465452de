"""The table of published methods, one row a layer of each config in configs/methods, written from the settings."""

from collections.abc import Iterator

from cib import config as configs
from cib.methods import methods
from cib.settings import Settings
from cib.settings.layer import LayerSettings
from cib.traces import TRACES

__all__ = ["page", "rows"]

HEAD = """\
# Table of published methods

Written from the files in `configs/methods/`: what each layer of each config sets. What the values come from, what each
method needs, and where it differs from its paper or tool: [published-methods.md](../published-methods.md) and
`cib methods`. What each setting does: [config.md](config.md)."""
COLUMNS = ("config", "paper or tool", "trace", "filter", "window", "measure", "threshold", "grouping")
_FILTERS = {
    "min_posts": 1,
    "top_accounts": 1.0,
    "min_acts": 1,
    "min_acts_each": 1,
    "min_account_objects": 1,
    "min_items": 1,
    "min_words": 0,
    "min_accounts": 1,
}
"""Settings that say who and what is looked at, with the value that leaves nothing out."""


def page() -> str:
    """Return the page as Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in [COLUMNS, ("---",) * len(COLUMNS), *rows()]]
    return HEAD + "\n\n" + "\n".join(lines) + "\n"


def rows() -> Iterator[tuple[str, ...]]:
    """Yield the cells of each method's layers; layers that are set alike are one row."""
    for name, path in methods().items():
        settings = configs.load(path, traces=TRACES)
        doi = settings.method.doi
        paper = f"[{settings.method.title}](https://doi.org/{doi})" if doi else settings.method.title
        alike: dict[tuple[str, ...], list[str]] = {}
        for layer in settings.active_layers.values():
            alike.setdefault(_of(layer, settings), []).append(f"`{layer.trace}`")
        for cells, traces in alike.items():
            yield (f"`{name}`", paper, ", ".join(dict.fromkeys(traces)), *cells, _grouping(settings))


def _of(layer: LayerSettings, settings: Settings) -> tuple[str, str, str, str]:
    kinds = "" if len(layer.kinds) == 4 else "posts: " + ", ".join(layer.kinds)
    filters = [f"{key} {value:g}" for key, idle in _FILTERS.items() if (value := getattr(layer, key)) != idle]
    return (
        "; ".join(filter(None, [kinds, *filters])) or "all",
        _window(layer),
        _measure(layer),
        _kept(layer, settings),
    )


def _window(layer: LayerSettings) -> str:
    width = f"bins of {layer.bin.total_seconds():g} s" if layer.bin is not None else ""
    width = "bins, width estimated" if layer.bin_estimate else width
    slide = f"{layer.window.total_seconds():g} s, sliding" if layer.window is not None else ""
    return "; ".join(filter(None, [slide, width])) or "none"


def _measure(layer: LayerSettings) -> str:
    if layer.kernel == "similarity":
        scaled = f", tf {layer.tf}, idf {layer.idf}" if layer.measure == "cosine" else ""
        return f"{layer.measure}{scaled}; weighs {layer.weight}"
    near = f"texts {layer.min_similarity:g} alike; " if layer.kernel == "near" else ""
    return f"{near}weighs {layer.weight}"


def _kept(layer: LayerSettings, settings: Settings) -> str:
    rules = [
        f"{'above ' if rule.strict else ''}{rule.rule} {rule.value:g}{f' of {rule.by}' if rule.by != 'weight' else ''}"
        for rule in (*layer.keep, *settings.graph.keep)
    ]
    objects = f"{layer.min_objects} objects" if layer.min_objects > 1 else ""
    return "; ".join(filter(None, [objects, *rules])) or "all"


def _grouping(settings: Settings) -> str:
    networks = settings.networks
    told = f", resolution {networks.resolution:g}" if networks.method in {"leiden", "cpm", "louvain"} else ""
    steps = f", {networks.steps + 1} thresholds" if networks.steps else ""
    return f"{networks.method}{told}{steps}, of {networks.min_accounts} or more"
