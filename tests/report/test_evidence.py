"""From two accounts, and from a network, to the posts behind the link."""

import polars as pl
import pytest

from cib.errors import RunError
from cib.report.evidence import between, describe
from cib.report.listing import networks
from cib.report.quotes import pairs_to_quote, posts, shared_objects, spread
from tests.report import made


@pytest.fixture(scope="module")
def ends(written) -> tuple[str, str]:
    strongest = written.run.table("graph").sort("weight", descending=True).head(1)
    return strongest["source"].item(), strongest["target"].item()


def brute(run, source: str, target: str) -> dict[str, int]:
    frames = {layer: frame.collect() for layer, frame in run.evidence().items()}
    return {layer: len(frame.filter(source=source, target=target)) for layer, frame in frames.items()}


def test_posts_between_two_accounts_are_the_right_posts(written, ends):
    matches = between(written.run, *ends, limit=1000)
    text = dict(pl.read_parquet(written.run.posts).select("post_id", "text").iter_rows())
    assert matches
    for match in matches:
        assert (match.first.account, match.second.account) == ends
        assert (match.second.created_at - match.first.created_at).total_seconds() == match.delta_s
        assert match.object in text[match.first.post_id]
        assert match.object in text[match.second.post_id]
        assert match.first.text[:600] == text[match.first.post_id][:600]
        assert match.of == brute(written.run, *ends)[match.layer]


def test_order_and_spelling_of_the_accounts_do_not_matter(written, ends):
    matches = between(written.run, *ends, limit=9)
    assert between(written.run, ends[1].upper(), ends[0].lower(), limit=9) == matches
    handles = dict(written.run.table("accounts").select("account_id", "handle").iter_rows())
    assert between(written.run, f"@{handles[ends[0]]}", handles[ends[1]], limit=9) == matches


def test_a_few_matches_are_spread_over_layers_and_objects(written, ends):
    matches = between(written.run, *ends, limit=3)
    assert len(matches) == 3
    assert len({match.object for match in matches}) == 3
    assert {match.layer for match in matches} == {layer for layer, n in brute(written.run, *ends).items() if n}


def test_an_unknown_account_is_answered_with_near_names(written):
    with pytest.raises(RunError, match="user_00020"):
        between(written.run, "usr_00020", "user_00021", limit=3)
    with pytest.raises(RunError, match="the same account"):
        between(written.run, "user_00021", "@USER_00021", limit=3)


def test_a_handle_on_two_platforms_asks_for_the_id(tmp_path):
    run = made.run(tmp_path)
    accounts = run.table("accounts").with_columns(handle=pl.lit("same"))
    accounts.write_parquet(tmp_path / "tables" / "accounts.parquet")
    with pytest.raises(RunError, match=r"name of 40 accounts.*made:000000"):
        between(run, "same", "made:000020", limit=3)


def test_the_terminal_text_is_complete_and_harmless(written, ends):
    matches = between(written.run, *ends, limit=1000)
    text = describe(matches)
    assert all(match.first.post_id in text and match.second.post_id in text for match in matches)
    assert not any(c < " " and c != "\n" for c in text)
    assert "https://" not in text
    assert f"{matches[0].layer}: " in text


def test_nothing_between_two_strangers(written_empty, written):
    strangers = [
        name for name in written.run.table("accounts")["account_id"] if name not in set(written.run.nodes["account_id"])
    ]
    assert between(written.run, *strangers[:2], limit=5) == []
    assert "no pair of posts" in describe([])


def test_the_list_of_networks(written, written_empty):
    lines = networks(written.run).splitlines()
    assert lines[0].split()[:3] == ["#", "level", "tier"]
    assert [line.split()[:3] for line in lines[1:4]] == [
        [str(n), "theme", t] for n, t in ((1, "B"), (2, "C"), (3, "abstain"))
    ]
    assert "  1-3: Only two layers agree; A needs three." in lines
    assert "never a probability" in lines[-1]
    assert networks(written_empty.run).startswith("No candidate network")


def test_shared_objects_are_counted_by_brute_force(written):
    members = written.run.table("members").select("account_id", "network")
    of = dict(members.iter_rows())
    sharing: dict[tuple[int, str, str], set[str]] = {}
    for layer, frame in written.run.evidence().items():
        for source, target, thing in frame.select("source", "target", "object").collect().iter_rows():
            if of.get(source) == of.get(target) is not None:
                sharing.setdefault((of[source], layer, thing), set()).update((source, target))
    found = shared_objects(written.run, members, per_layer=10_000)
    assert {row[:3]: row[3] for row in found.select("network", "layer", "object", "members").iter_rows()} == {
        key: len(accounts) for key, accounts in sharing.items()
    }
    few = shared_objects(written.run, members, per_layer=2)
    assert few.group_by("network", "layer").len()["len"].max() == 2
    assert (
        few.group_by("network", "layer")
        .agg(pl.col("members").max())
        .sort("network", "layer")
        .equals(found.group_by("network", "layer").agg(pl.col("members").max()).sort("network", "layer"))
    )


def test_quoted_pairs_are_evidence_and_differ(written):
    members = written.run.table("members").select("account_id", "network")
    chosen = pairs_to_quote(written.run, members, count=6)
    assert chosen.group_by("network").len()["len"].max() == 6
    assert chosen.select(pl.struct("network", "object").n_unique()).item() == len(chosen)
    for layer, frame in written.run.evidence().items():
        mine = chosen.filter(layer=layer)
        assert len(
            mine.join(frame.collect(), on=["source", "target", "object", "row_source", "row_target"], how="semi")
        ) == len(mine)
    assert chosen.group_by("network").agg(pl.col("layer").n_unique())["layer"].to_list() == [3, 3, 3]


def test_spread_takes_turns():
    pairs = pl.DataFrame(
        {
            "group": [1] * 6,
            "layer": ["x", "x", "x", "x", "y", "x"],
            "object": ["a", "b", "c", "a", "a", "d"],
            "strength": [0, 0, 1, 1, 2, 2],
            "row_source": [1, 2, 3, 4, 5, 1],
            "row_target": [11, 12, 13, 14, 15, 11],
            "delta_s": [5.0, -1.0, 9.0, 1.0, 3.0, 0.0],
        }
    )
    got = spread(pairs, over="group", count=3).select("layer", "object", "strength").rows()
    # The strongest edge's closest pair, the other layer, the next edge's own object; 'a' and the rows 1, 11 come once.
    assert got == [("x", "b", 0), ("y", "a", 2), ("x", "c", 1)]


def test_posts_are_cut_and_counted(written):
    long = pl.read_parquet(written.run.posts).filter(pl.col("text").str.len_chars() > 1000)
    row, text = long["post"][0], long["text"][0]
    found = posts(written.run, pl.Series([row], dtype=pl.UInt32), length=100)
    assert found["text"].item() == text[:100]
    assert found["more"].item() == len(text) - 100
    assert posts(written.run, pl.Series([], dtype=pl.UInt32), length=100).is_empty()
