"""Configs as files: what is refused, in which words, at which line; and that writing and reading agree."""

import json
import math
import re
import tomllib
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel

from cib import config
from cib.config.lines import key_lines
from cib.errors import ConfigError
from cib.settings import LayerSettings, ListSettings, Settings
from cib.traces import TRACES

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "configs").glob("*.toml"))


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "x.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def complaints(folder: Path, text: str | bytes, **options: Any) -> list[str]:
    """Return the sentences with which a config is refused, without its folder."""
    with pytest.raises(ConfigError) as refused:
        config.load(written(folder, text), **options)
    return str(refused.value).replace(f"{folder}/", "").splitlines()


# What is refused ----------------------------------------------------------------------------------

BROKEN = """\
[run]
seed = -1
memory = "2 XB"

[networks]
resolutoin = 3
seeds = 5000

[graph]
q = 0
min_layers = 1.5
min_weight = "high"

[input]
files = "posts.csv"
columns = {text = 5, urls = ["link", 3]}
damaged_ids = "keeep"
flavour = "vanilla"

[network]
resolution = 1

[layers.hastag]

[layers.url]
window = "5 parsecs"
kinds = ["original", "repots"]
reliability = nan

[layers.text]
window = "-5s"
min_words = 2.5

[layers."../text"]
trace = "text"
kinds = []

[layers.other]
trace = "urll"

[layers.more]
trace = ["url"]

[layers]
media = 1

[report]
title = '''
two
lines'''
figure_formats = [
    "png",  # a comment with [ and "
    "gif",
]
posts = -1
"""

REFUSED = """\
x.toml:2: run.seed must be 0 or more. Got -1.
x.toml:3: run.memory must be a size, a number followed by one of KB, MB, GB, TB. Got "2 XB".
x.toml:6: networks.resolutoin is not a known key. Did you mean 'resolution'?
x.toml:7: networks.seeds must be between 1 and 1000. Got 5000.
x.toml:10: graph.q must be more than 0 and at most 1. Got 0.
x.toml:11: graph.min_layers must be a whole number, 1 or more. Got 1.5.
x.toml:12: graph.min_weight must be a number, 0 or more. Got "high".
x.toml:15: input.files must be a list. Got "posts.csv".
x.toml:16: input.columns.text must be text in quotes or a list. Got 5.
x.toml:16: input.columns.urls[1] must be text in quotes. Got 3.
x.toml:17: input.damaged_ids must be 'refuse' or 'keep'. Got "keeep". Did you mean 'keep'?
x.toml:18: input.flavour is not a known key. Known here: files, format, platform, columns, timezone, time_format, \
encoding, delimiter, list_separator, accounts, account_columns, exact_repeats, damaged_ids, id_times, \
max_field_bytes, max_row_bytes, max_open_quotes, max_depth, max_ratio, max_unpacked, max_page_bytes, max_members, \
sources, duplicates, short_links.
x.toml:20: network is not a known key. Did you mean 'networks'?
x.toml:23: layers.hastag is not a known trace, and the layer names none by `trace`. Did you mean 'hashtag'? \
Known traces: hashtag, text, url.
x.toml:26: layers.url.window must be 'none' or a time, a number followed by one of ms, s, min, h, d. Got "5 parsecs".
x.toml:27: layers.url.kinds[1] must be 'original', 'repost', 'reply' or 'quote'. Got "repots". Did you mean 'repost'?
x.toml:28: layers.url.reliability must be a finite number, between 0 and 1. Got nan.
x.toml:31: layers.text.window must be 0 seconds or more. Got "-5s".
x.toml:32: layers.text.min_words must be a whole number, 0 or more. Got 2.5.
x.toml:34: layers."../text" must be named with letters, digits, '-' and '_' alone.
x.toml:34: layers."../text" kinds must name at least one of original, repost, reply, quote.
x.toml:39: layers.other.trace must be a known trace. Got "urll". Did you mean 'url'? Known traces: hashtag, text, url.
x.toml:42: layers.more.trace must be text in quotes. Got ["url"].
x.toml:45: layers.media must be a table. Got 1.
x.toml:51: report.figure_formats[1] must be 'png' or 'svg'. Got "gif".
x.toml:55: report.posts must be 0 or more. Got -1.
"""


def test_everything_wrong_is_said_at_once_with_its_line(tmp_path):
    assert complaints(tmp_path, BROKEN, traces=("url", "hashtag", "text")) == REFUSED.splitlines()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[run]\nseed = 1\nseed 2\n",
            "x.toml:3: is not valid TOML: Expected '=' after a key in a key/value pair (column 6).",
        ),
        ("[run]\nseed = 1\n[run]\n", "x.toml:3: is not valid TOML: Cannot declare ('run',) twice (column 5)."),
        ("[run]\nseed =", "x.toml:2: is not valid TOML: Invalid value."),
        (
            b"[run]\n# fine\ntitle = '\xe9'\n",
            "x.toml:3: a config must be UTF-8, but byte 0xe9 is not. Save it as UTF-8.",
        ),
        ("[layers]\n", "x.toml:1: layers must hold at least one layer that is enabled."),
        ("[layers.url]\nenabled = false\n", "x.toml:1: layers must hold at least one layer that is enabled."),
        ("layers = 3\n", "x.toml:1: layers must be a table. Got 3."),
        ("graph = [1]\n", "x.toml:1: graph must be a table. Got [1]."),
        ("run.sead = 1\n", "x.toml:1: run.sead is not a known key. Did you mean 'seed'?"),
        ("[[layers.url]]\n", "x.toml:1: layers.url must be a table. Got [{}]."),
        (
            '[input]\nformat = "' + "x " * 99 + '"\nfiles = [1]',
            "x.toml:3: input.files[0] must be text in quotes. Got 1.",
        ),
    ],
)
def test_refused_with(tmp_path, text, sentence):
    assert complaints(tmp_path, text) == [sentence]


def test_a_number_too_long_and_nesting_too_deep_are_refused_in_words(tmp_path):
    assert complaints(tmp_path, f"[run]\nseed = {'9' * 5000}\n")[0].startswith("x.toml:3: is not valid TOML: Exceeds")
    assert complaints(tmp_path, f"a = {'[' * 5000}{']' * 5000}\n") == [
        "x.toml: is nested too deeply to be read. Write it anew; `cib config` prints one."
    ]


def test_a_long_value_is_cut(tmp_path):
    (sentence,) = complaints(tmp_path, f"[graph]\nq = '{'high ' * 50}'\n")
    assert re.search(r'Got "high high .* \.\.\.\.$', sentence)
    assert len(sentence) < 130


def test_a_missing_config_names_its_neighbour(tmp_path):
    written(tmp_path, "")
    with pytest.raises(ConfigError, match=r"y\.toml: there is no such config\. Did you mean 'x\.toml'\?$"):
        config.load(tmp_path / "y.toml")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "case.toml").touch()
    with pytest.raises(ConfigError, match=r"Did you mean 'configs/case\.toml'\?$"):
        config.load(tmp_path / "case")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)\. Name a file"):
        config.load(tmp_path)


def test_without_the_names_of_traces_a_layer_may_have_any(tmp_path):
    assert list(config.load(written(tmp_path, "[layers.soon]\n")).active_layers) == ["soon"]


# What is read -------------------------------------------------------------------------------------


def test_an_empty_config_is_the_default(tmp_path):
    assert config.load(written(tmp_path, ""), traces=TRACES) == Settings()


def test_a_byte_order_mark_and_dos_line_ends_are_read(tmp_path):
    text = b"\xef\xbb\xbf[run]\r\nseed = 7\r\n[report]\r\ntitle = '''a\r\nb'''\r\n"
    settings = config.load(written(tmp_path, text))
    assert (settings.run.seed, settings.report.title) == (7, "a\nb")
    assert complaints(tmp_path, text.replace(b"7", b"-7")) == ["x.toml:2: run.seed must be 0 or more. Got -7."]


def test_a_layer_starts_from_the_defaults_of_its_trace(tmp_path):
    layers = config.load(written(tmp_path, '[layers.fast]\ntrace = "repost"\nwindow = "10s"\n'), traces=TRACES).layers
    assert list(layers) == ["fast"]
    assert layers["fast"].window == timedelta(seconds=10)
    assert (layers["fast"].kinds, layers["fast"].min_words) == (("repost",), 3)


def test_a_layer_that_is_named_runs_and_one_that_is_not_asked_for_by_default_does_not(tmp_path):
    named = config.load(written(tmp_path, "[layers.timing]\n[layers.url]\nenabled = false\n"), traces=TRACES)
    assert list(named.active_layers) == ["timing"]
    assert "timing" not in config.load(written(tmp_path, ""), traces=TRACES).active_layers


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('trace = "url+combined"', "combined must stand alone"),
        ('kernel = "near"', "combined must stand alone"),
        ('kinds = ["repost"]', "kinds must be left out of combined"),
        ('strata = ["week"]', "strata must be left out of combined"),
        ("min_posts = 3", "min_posts must be left out of combined"),
    ],
)
def test_combined_takes_no_settings_of_which_acts_count(tmp_path, line, rule):
    (said,) = complaints(tmp_path, f"[layers.url]\n[layers.combined]\n{line}\n", traces=TRACES)
    assert rule in said
    allowed = '[layers.url]\n[layers.combined]\nwindow = "2h"\nmin_objects = 4\n'
    assert config.load(written(tmp_path, allowed), traces=TRACES).layers["combined"].min_objects == 4


def test_overrides_replace_values_of_the_file(tmp_path):
    path = written(tmp_path, "[run]\nseed = 7\n")
    settings = config.load(path, overrides={"run.seed": 8, "input.files": ("a.csv",), "layers.url.window": "5s"})
    assert (settings.run.seed, settings.input.files) == (8, ("a.csv",))
    assert settings.layers["url"].window == timedelta(seconds=5)


def test_an_override_is_named_when_it_is_refused(tmp_path):
    assert complaints(tmp_path, "[run]\nseed = -7\n[graph]\nq = 2\n", overrides={"run.seed": -8, "run.taste": 1}) == [
        "x.toml (overridden): run.seed must be 0 or more. Got -8.",
        "x.toml (overridden): run.taste is not a known key. Known here: engine, memory, disk, seed.",
        "x.toml:4: graph.q must be more than 0 and at most 1. Got 2.",
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_configs_load(path):
    assert config.load(path, traces=TRACES).active_layers


def test_every_setting_of_the_default_config_says_why():
    lines = (ROOT / "configs" / "default.toml").read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(["", *lines]):
        if re.match(r"\w+ = ", line):
            assert "  # " in line or before.startswith("# "), line


# What is written ----------------------------------------------------------------------------------


def test_the_printed_defaults_load_as_the_defaults(tmp_path):
    assert config.load(written(tmp_path, config.defaults()), traces=TRACES) == Settings()


def test_the_printed_defaults_explain_every_key_in_the_order_of_the_models():
    lines = config.defaults().splitlines()
    models = [type(section) for _, section in Settings() if isinstance(section, BaseModel)]
    at = models.index(ListSettings)
    models = [*dict.fromkeys(models[: at + 2]), LayerSettings, *models[at + 2 :]]
    explained = [key for model in models for key in model.model_fields]
    pairs = pairwise(lines)
    assert [line.split(" = ")[0] for above, line in pairs if above.startswith("# ") and " = " in line] == explained


def texts() -> SearchStrategy[str]:
    return st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    st.fixed_dictionaries(
        {
            "run": st.fixed_dictionaries({"seed": st.integers(0, 2**70)}),
            "input": st.fixed_dictionaries(
                {
                    "files": st.lists(texts(), max_size=3),
                    "columns": st.dictionaries(texts(), st.one_of(texts(), st.lists(texts(), max_size=2)), max_size=3),
                    "delimiter": texts(),
                }
            ),
            "layers": st.dictionaries(
                st.from_regex(r"[A-Za-z0-9_-]{1,5}", fullmatch=True),
                st.fixed_dictionaries(
                    {
                        "window": st.none() | st.timedeltas(timedelta(0), timedelta(days=9999)),
                        "reliability": st.floats(0, 1),
                    }
                ),
                min_size=1,
                max_size=3,
            ),
            "graph": st.fixed_dictionaries({"q": st.floats(0, 1, exclude_min=True), "min_weight": st.floats(0, 1e300)}),
            "report": st.fixed_dictionaries({"title": texts()}),
        }
    )
)
def test_what_is_written_loads_as_the_same_settings(tmp_path_factory, document):
    settings = Settings.model_validate(document)
    assert config.load(written(tmp_path_factory.getbasetemp(), config.dump(settings))) == settings


def test_the_schema_describes_every_key():
    text = json.dumps(config.schema())
    assert all(f'"{key}"' in text for model in (Settings, LayerSettings) for key in model.model_fields)


# Lines --------------------------------------------------------------------------------------------

NASTY = '''\
top = 1  # a = 2
"quoted = key" . 'b.c' = """a
[not.a.table]
x = "y" \\""""" # five quotes: two belong to the text

[ table . "with ] bracket" ]
a = [
  "]", # ]
  {b = 1, "c" = [2]},
]
b.c = {d = 1}
e = \'\'\'
b = 5
\'\'\'
1.5 = 1979-05-27T07:32:00Z
[[list]]
a = 1
[[list]]
a = 2
[list.sub]
z = -1.5e-3
'''


def test_lines_of_keys():
    tomllib.loads(NASTY)
    assert key_lines(NASTY) == {
        ("top",): 1,
        ("quoted = key",): 2,
        ("quoted = key", "b.c"): 2,
        ("table",): 6,
        ("table", "with ] bracket"): 6,
        ("table", "with ] bracket", "a"): 7,
        ("table", "with ] bracket", "b"): 11,
        ("table", "with ] bracket", "b", "c"): 11,
        ("table", "with ] bracket", "e"): 12,
        ("table", "with ] bracket", "1"): 15,
        ("table", "with ] bracket", "1", "5"): 15,
        ("list",): 16,
        ("list", 0): 16,
        ("list", 0, "a"): 17,
        ("list", 1): 18,
        ("list", 1, "a"): 19,
        ("list", "sub"): 20,
        ("list", "sub", "z"): 21,
    }


# Nothing but ConfigError --------------------------------------------------------------------------

ODD = [
    *(True, -5, 2**80, 1e308, math.inf, math.nan, date(2020, 1, 1)),
    *("", "none", "5 min", "-1s", "1e999d", "1e15d", "nanGB", "infTB", "1e300KB", "original", "url"),
    *([1], ["a"], [["a"]], [{}], {}, {"a": 1}, {"": {}}),
]
SECTIONS = {name: type(section) for name, section in Settings() if name != "layers"}
KEYS = [f"{name}.{key}" for name, model in SECTIONS.items() for key in model.model_fields]
KEYS += [f"layers.{layer}.{key}" for layer in ("url", "new") for key in LayerSettings.model_fields]


@pytest.mark.parametrize("key", [*KEYS, *SECTIONS, "layers", "layers.url", "unheard.of"])
def test_no_value_of_any_key_breaks_the_reader(tmp_path, key):
    path = written(tmp_path, "")
    for value in ODD:
        with suppress(ConfigError):
            settings = config.load(path, traces=TRACES, overrides={key: value})
            assert config.load(written(tmp_path, config.dump(settings)), traces=TRACES) == settings
            written(tmp_path, "")
