"""What a network needs for each tier, one thing taken away at a time, and what shuffles say of it."""

import numpy as np
import polars as pl
import pytest

from cib.networks import Measured, rank
from tests.networks.made import AT
from tests.networks.test_networks import NOTHING_ORGANIC


def facts(**changed):
    base = {
        "group": 0, "level": "cell", "accounts": 5, "edges": 10, "weight": 200.0, "evidence": 40.0, "stability": 1.0,
        "first_at": AT, "last_at": AT, "layers": ["url", "text"], "synchrony": 1.0, "objects": 9, "exclusivity": 0.9,
        "days": 9,
    }  # fmt: skip
    return pl.DataFrame([base | changed], schema_overrides={"group": pl.UInt32})


def members(*groups):
    rows = [(group, account, 1.0, 1.0, 1.0, "leader", None) for group, accounts in groups for account in accounts]
    schema = {"group": pl.UInt32, "account": pl.UInt32, "strength": pl.Float64, "share_inside": pl.Float64}
    schema |= {"stability": pl.Float64, "role": pl.String, "coordination": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def organic(factor):
    return pl.DataFrame(
        [(0, "fans", 0.9, True, factor, "So.")], schema=NOTHING_ORGANIC.schema | {"group": pl.UInt32}, orient="row"
    )


def judged(by_chance, explained=NOTHING_ORGANIC, **changed):
    found = rank(Measured(facts(**changed), members((0, range(5)))), explained, by_chance)
    return found.networks.row(0, named=True)


NINETY_NINE = [10.0] * 99
NINETEEN = [10.0] * 19


@pytest.mark.parametrize(
    ("by_chance", "changed", "tier", "why"),
    [
        (NINETY_NINE, {}, "A", "it has the highest"),
        (NINETEEN, {}, "B", "too few shuffles to tell: 19 of the 99"),
        ([10.0] * 18, {}, "C", "too few shuffles to tell: 18 of the 19"),
        ([], {}, "C", "too few shuffles to tell: 0 of the 19"),
        ([30.0, *NINETY_NINE[1:]], {}, "B", "less than 1.5 times the best by chance"),
        ([39.0, *NINETY_NINE[1:]], {}, "C", "less than 1.2 times the best by chance"),
        ([41.0, *NINETY_NINE[1:]], {}, "abstain", "shuffled data give networks with as much evidence"),
        ([41.0] * 6 + NINETY_NINE[6:], {}, "abstain", "shuffled data"),
        ([0.0] * 99, {}, "A", "it has the highest"),
        (NINETY_NINE, {"layers": ["url"]}, "B", "fewer than 2 layers carry it"),
        (NINETY_NINE, {"exclusivity": 0.2}, "B", "fewer than 30 % of those who acted on its objects are members"),
        (NINETY_NINE, {"exclusivity": 0.1}, "C", "fewer than 15 % of those"),
        (NINETY_NINE, {"stability": 0.5}, "abstain", "other seeds or a resampled graph"),
        (NINETY_NINE, {"days": 1}, "abstain", "fewer than 3 objects or a single day"),
        (NINETY_NINE, {"objects": 2}, "abstain", "fewer than 3 objects or a single day"),
    ],
)
def test_tiers(by_chance, changed, tier, why):
    row = judged(by_chance, **changed)
    assert row["tier"] == tier
    assert why in row["tier_reason"]


@pytest.mark.parametrize(("factor", "tier"), [(0.7, "A"), (0.5, "B"), (0.39, "C")])
def test_an_organic_explanation_lowers_rank_and_tier(factor, tier):
    row, plain = judged(NINETY_NINE, organic(factor)), judged(NINETY_NINE)
    assert row["tier"] == tier
    assert row["score"] == pytest.approx(factor * plain["score"])
    if tier != "A":
        assert row["tier_reason"] == "an organic explanation fits"


def test_a_score_that_organic_groups_have_too_is_a_lead():
    measured = Measured(facts(), members((0, range(5))))
    tiers = {}
    for floor in (0, 10, 20, 40):  # it scores 34
        row = rank(measured, NOTHING_ORGANIC, NINETY_NINE, floor).networks.row(0, named=True)
        tiers[floor] = row["tier"], row["tier_reason"]
    assert [tier for tier, _ in tiers.values()] == ["A", "A", "B", "C"]
    assert tiers[40][1] == "its score is below 40, where organic groups score too"


def test_p_counts_the_shuffles_that_are_at_least_as_high():
    assert judged([40.0, 39.0, 41.0])["p_family"] == pytest.approx(3 / 4)
    assert judged([40.0, 39.0, 41.0])["ratio"] == pytest.approx(40 / 41)
    assert judged([0.0] * 4)["p_family"] == pytest.approx(1 / 5)
    assert judged([0.0] * 4)["ratio"] is None
    assert judged([])["p_family"] is None


def test_p_is_even_where_the_network_is_one_more_shuffle():
    """If a run is drawn from what the shuffles are drawn from, p of k/(R + 1) or less comes with that chance."""
    rng = np.random.default_rng(1)
    drawn = rng.gumbel(30, 5, (4000, 20))
    p = np.array([judged(row[1:].tolist(), evidence=float(row[0]))["p_family"] for row in drawn[:400]])
    assert abs((p <= 0.25).mean() - 0.25) < 0.07


def test_a_cell_knows_its_theme_and_an_account_its_best_network():
    frame = pl.concat(
        [
            facts(group=0, level="theme", evidence=10.0, accounts=8),
            facts(group=1, level="cell", evidence=60.0, accounts=4),
            facts(group=2, level="cell", evidence=30.0, accounts=3),
        ]
    )
    placed = members((0, range(8)), (1, range(4)), (2, [7, 8, 9]))
    found = rank(Measured(frame, placed), NOTHING_ORGANIC, ())
    assert found.networks.select("network", "level", "parent").rows() == [
        (1, "cell", 3),
        (2, "cell", None),
        (3, "theme", None),
    ]
    home = dict(found.members.filter("home").select("account", "network").rows())
    assert home == {0: 1, 1: 1, 2: 1, 3: 1, 4: 3, 5: 3, 6: 3, 7: 2, 8: 2, 9: 2}
