"""Acts of several layers as one layer's, against the definition written out."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from cib.settings import LayerSettings, Settings
from cib.tables import LEDGER, OBJECTS, TRACES
from cib.traces import combine, combined_from

AT = datetime(2020, 1, 1, tzinfo=UTC)


def layer(acts):
    """TRACES and OBJECTS of (account, object, post); the objects numbered from 0."""
    rows = sorted((a, o, p, AT + timedelta(minutes=p)) for a, o, p in acts)
    n = max((o for _, o, _ in acts), default=-1) + 1
    things = []
    for number in range(n):
        whose = [a for a, o, _ in acts if o == number]
        things.append((number, f"k{number}", f"K{number}", max(1, len(whose)), max(1, len(set(whose))), 0, 0))
    return (
        pl.DataFrame(rows, schema=TRACES.schema, orient="row").sort("object", "time", "account", "post"),
        pl.DataFrame(things, schema=OBJECTS.schema, orient="row"),
    )


def by_definition(layers):
    """(account, key, post) of each act: a post's acts of the first layer in which somebody else acted on the object."""
    found, taken = [], set()
    for name, acts in layers.items():
        sharers = {}
        for account, thing, _ in acts:
            sharers.setdefault(thing, set()).add(account)
        mine = [(a, f"{name}:k{o}", p) for a, o, p in acts if len(sharers[o]) > 1 and p not in taken]
        taken |= {post for _, _, post in mine}
        found.append(mine)
    several = sum(bool(mine) for mine in found) > 1
    return sorted(act for mine in found for act in mine) if several else []


def test_each_post_acts_in_its_most_telling_layer_with_somebody_else():
    some = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        author = rng.integers(0, 6, 40)  # of each post
        layers = {}
        for name in ("repost", "url", "hashtag"):
            posts = rng.integers(0, 40, int(rng.integers(0, 25)))
            layers[name] = sorted({(int(author[p]), int(rng.integers(0, 12)), int(p)) for p in posts})
        made = combine({name: layer(acts) for name, acts in layers.items()}, name="c")
        named = made.traces.join(made.objects, on="object")
        expected = by_definition(layers)
        assert sorted(named.select("account", "key", "post").rows()) == expected
        assert made.traces.equals(made.traces.sort("object", "time", "account", "post"))
        assert made.objects["object"].to_list() == list(range(len(made.objects)))
        for key, acts, accounts, band in made.objects.select("key", "acts", "accounts", "band").rows():
            whose = [a for a, k, _ in expected if k == key]
            assert (acts, accounts, band) == (len(whose), len(set(whose)), int(len(set(whose)) > 5))
        some += bool(expected)
    assert 20 < some < 60


def test_a_link_with_its_headline_and_hashtags_is_one_thing_shared():
    both = [(a, 0, a) for a in (0, 1)]
    tags = [(a, tag, a) for a in (0, 1) for tag in (0, 1, 2)] + [(2, 1, 7), (3, 1, 8)]
    layers = {"url": layer(both), "near_copy": layer(both), "hashtag": layer(tags)}
    made = combine(layers, name="c")
    assert made.traces.select("account", "object", "post").rows() == [(0, 0, 0), (1, 0, 1), (2, 1, 7), (3, 1, 8)]
    assert made.objects.select("key", "example", "accounts").rows() == [("url:k0", "K0", 2), ("hashtag:k1", "K1", 2)]
    # A third who acts on the headline alone, whose post has no link: its layer is the headline's, where nobody is left.
    layers["near_copy"] = layer([*both, (4, 0, 9)])
    assert ("near_copy:k0", 1) in combine(layers, name="c").objects.select("key", "accounts").rows()


def test_what_is_left_out_is_counted():
    made = combine(
        {"url": layer([(0, 0, 0), (1, 0, 1), (2, 1, 2)]), "hashtag": layer([(0, 0, 0), (1, 0, 3)])}, name="c"
    )
    assert LEDGER.check(made.ledger).select("where", "reason", "rows_in", "rows_out").rows() == [
        ("c", "nobody else acted on the object", 5, 4),
        ("c", "the post acts in a more telling layer", 4, 3),
    ]


@pytest.mark.parametrize(
    "layers", [{}, {"url": [(0, 0, 0), (1, 0, 1)]}, {"url": [(0, 0, 0), (1, 0, 1)], "hashtag": []}]
)
def test_of_one_layer_there_is_nothing_to_combine(layers):
    made = combine({name: layer(acts) for name, acts in layers.items()}, name="c")
    assert (made.traces.schema, made.objects.schema) == (TRACES.schema, OBJECTS.schema)
    assert made.traces.is_empty()
    assert made.objects.is_empty()


def test_which_layers_are_combined():
    every = Settings().active_layers
    assert combined_from(every) == ["repost", "url", "near_copy", "reply", "media", "object", "mention", "hashtag"]
    some = {
        "mine": LayerSettings(trace="text"), "where": LayerSettings(trace="domain", supporting=True),
        "any": LayerSettings(trace="anything"), "when": LayerSettings(trace="timing"),
        "both": LayerSettings(trace="url+hashtag"), "combined": LayerSettings(trace="combined"),
    }  # fmt: skip
    assert combined_from(some) == ["mine", "both"]
    assert combined_from(some | {"high": LayerSettings(trace="rewording")}) == ["both", "high"]
