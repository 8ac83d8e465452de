"""What a profile withholds is in no file that leaves the house: searched for, all of it."""

import base64
import gzip
import html
import json
import re
import stat
import zlib
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from cib.errors import RunError
from cib.report import sections
from cib.report.exports import write_exports
from cib.report.figures import write_figures
from cib.report.page import write_page
from cib.report.privacy import fingerprint, read_key, veiled_run
from cib.report.privacy.key import pseudonyms
from cib.report.privacy.masks import Mask
from cib.report.privacy.objects import veiled_objects
from cib.report.privacy.tables import veiled_table
from cib.report.privacy.veil import Veil
from cib.report.run import RunFiles, open_run
from cib.settings import PrivacySettings, ReportSettings
from cib.tables import EVIDENCE, POSTS, RUN_TABLES
from tests.report import made

SHORT = ReportSettings(networks=1, posts=12, figure_formats=("svg",))
KEY = b"a secret of the tests, long enough"


def published(folder: Path) -> dict[str, str]:
    """Return all that a reader of the files could find, lower-case: text as it is, Parquet as CSV, PNGs' own texts."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            lists = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String)]
            text = frame.with_columns(pl.col(lists).list.join(" ")).write_csv() if lists else frame.write_csv()
        else:
            text = path.read_bytes().decode("utf-8", errors="ignore")
            text += " ".join(unpacked(block) for block in re.findall(r"[A-Za-z0-9+/]{100,}={0,2}", text))
        found[str(path.relative_to(folder))] = html.unescape(text).lower()
    return found


def unpacked(block: str) -> str:
    """Return what a block of base64 holds, packed with deflate in any wrapping or not at all."""
    content = base64.b64decode(block[: len(block) // 4 * 4])
    for bits in (zlib.MAX_WBITS, zlib.MAX_WBITS | 16, -zlib.MAX_WBITS):
        with suppress(zlib.error):
            return zlib.decompress(content, bits).decode("utf-8", errors="ignore")
    return content.decode("utf-8", errors="ignore")


def test_packed_blocks_are_searched_too():
    said = b"a person's name and what they said, again and again. " * 9
    for packed in (zlib.compress(said), gzip.compress(said), zlib.compress(said)[2:-4], said):
        assert said.decode() in unpacked(base64.b64encode(packed).decode())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> RunFiles:
    """A run whose accounts have names that can be searched for, and say them in every way, in texts of many words."""
    run = made.run(tmp_path_factory.mktemp("named") / "run", made.Size(accounts=60, posts=500, events=25))
    accounts = run.table("accounts")
    number = pl.int_range(pl.len())
    named = accounts.with_columns(
        new=pl.format("made:9{}7731{}", number + 100, number + 10),
        handle=pl.format("Zq{}_Person{}", number, number * 7),
        name=pl.format("Mx Qwertz{} Private", number),
        description=pl.format("profile of qwertz{} who lives in Nowhere", number),
        followers=pl.when(number % 4 == 0)
        .then(None)
        .when(number % 4 == 1)
        .then(50_000)
        .otherwise(9_999)
        .cast(pl.Int64),
    )
    ids = dict(named.select("account_id", "new").iter_rows())
    handles = named["handle"].to_list()

    def renamed(frame: pl.DataFrame) -> pl.DataFrame:
        ends = [name for name in ("account_id", "source", "target") if name in frame.columns]
        return frame.with_columns(pl.col(name).replace(ids) for name in ends)

    other = pl.Series(handles)[[(7 * n + 3) % len(handles) for n in range(len(pl.read_parquet(run.posts)))]]
    posts = renamed(pl.read_parquet(run.posts)).with_columns(
        post_id=pl.format("77{}00{}", pl.col("post") + 1_000_000, pl.col("post")),
        mentions=pl.concat_list(other),
        text=pl.format(
            "RT @{}: word{} I have met {} and twitter.com/{}/status/77{}00 told me many new things of our town {}",
            other, pl.col("post"), other, other, pl.col("post"), pl.col("post"),
        ),
    )  # fmt: skip
    ids_first = next(iter(ids.values()))
    ids_of = dict(posts.select(pl.col("post"), "post_id").iter_rows())
    tables = {name: renamed(run.table(name)) for name in RUN_TABLES}
    tables["accounts"] = named.with_columns(account_id="new").select(list(RUN_TABLES["accounts"].columns))
    texts = posts.select(row_source="post", said=pl.col("text").str.to_lowercase())
    evidence = {}
    for layer, frame in run.evidence().items():
        objects = {
            "text": pl.col("said"),
            "url": pl.format("news.example/@{}/{}", pl.col("said").str.extract(r"@(\w+)"), "object"),
            "repost": pl.format("id:{}", pl.col("row_source").replace_strict(ids_of)),
        }[layer]
        shared = renamed(frame.collect()).join(texts, on="row_source", how="left", maintain_order="left")
        evidence[layer] = (
            shared.with_columns(
                post_source=pl.col("row_source").replace_strict(ids_of),
                post_target=pl.col("row_target").replace_strict(ids_of),
            )
            .with_columns(object=objects)
            .select(list(EVIDENCE.columns))
        )
    tables["explanations"] = tables["explanations"].with_columns(
        sentence=pl.lit(f"95 % of the posts that link them repost one account: @{handles[0]}.")
    )
    tables["verdicts"] = RUN_TABLES["verdicts"].shape(
        pl.DataFrame(
            {"kind": ["network", "account"], "network": [1, None], "account_id": [None, ids_first]},
            schema_overrides={"network": pl.UInt32},
        ).with_columns(
            verdict=pl.lit("rejected"),
            explanation=pl.lit("a club"),
            similarity=pl.lit(1.0),
            subject=pl.lit(ids_first),
            note=pl.lit(f"I met {handles[0]} and it is a club of people who know one another from the same town"),
        )
    )
    tables["generic"] = pl.DataFrame(
        {"text": posts["text"][:9].to_list(), "accounts": 30, "posts": 40, "connected": 0.01, "why": "many accounts"},
        schema=RUN_TABLES["generic"].schema,
    )
    tables["ledger"] = tables["ledger"].with_columns(
        where=pl.lit(f"{handles[1]}.csv"), examples=pl.lit([handles[2], handles[3]])
    )
    about = run.manifest | {"inputs": [file | {"file": f"{handles[1]}.csv"} for file in run.manifest["inputs"]]}
    about["read"] |= {"notes": [f"{handles[1]}.csv has no zone."]}
    about["config"] = about["config"] | {"path": f"/anywhere/{handles[0]}/x.toml"}
    folder = tmp_path_factory.mktemp("corpus")
    files = made.write(folder, tables, evidence, posts, about)
    (folder / "quarantine.ndjson").write_text(
        json.dumps({"file": f"{handles[1]}.csv", "reason": f"'{handles[4]}' is no time"})
    )
    return files


def write_all(run: RunFiles, out: Path) -> dict[str, str]:
    out.mkdir()
    write_figures(run, out, SHORT)
    write_exports(run, out)
    write_page(run, out, SHORT)
    return published(out)


def named(run: RunFiles, *, small: bool) -> set[str]:
    """Return every id, handle, display name and post id of the small accounts, or of the others, lower-case."""
    below = (pl.col("followers") < 10_000).fill_null(value=True)
    accounts = run.table("accounts").filter(below if small else ~below)
    posts = run.scan_posts().join(accounts.lazy(), on="account_id", how="semi").select("post_id").collect()["post_id"]
    native = accounts["account_id"].str.extract(":(.*)$")
    return set(map(str.lower, [*native, *accounts["handle"], *accounts["name"], *posts]))


@pytest.fixture(scope="module")
def public(corpus, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("public")
    run = veiled_run(corpus, PrivacySettings(profile="public"), KEY, folder / "veiled")
    return write_all(run, folder / "out")


@pytest.fixture(scope="module")
def research(corpus, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("research")
    run = veiled_run(corpus, PrivacySettings(profile="research"), KEY, folder / "veiled")
    return write_all(run, folder / "out") | {
        f"veiled/{name}": text for name, text in published(folder / "veiled").items()
    }


def grams(text: str, n: int = 12) -> set[str]:
    """Return every run of n words of a text that is lower-case already."""
    words = re.findall(r"\w+", text)
    return {" ".join(words[i : i + n]) for i in range(len(words) - n + 1)}


def test_the_search_finds_what_is_there(corpus, tmp_path):
    everything = " ".join(write_all(corpus, tmp_path / "out").values())
    assert len(named(corpus, small=True) & set(re.findall(r"\w+", everything))) > 100
    posts = pl.read_parquet(corpus.posts)["text"].drop_nulls()
    assert len(grams(everything) & set().union(*map(grams, posts.str.to_lowercase()))) > 50


def test_a_public_report_names_no_account_and_quotes_no_post(corpus, public):
    forbidden = named(corpus, small=True) | named(corpus, small=False)
    posts = pl.read_parquet(corpus.posts)["text"].drop_nulls()
    runs = set().union(*map(grams, posts.str.to_lowercase()))
    assert len(forbidden) > 1000
    assert len(runs) > 1000
    assert "report.html" in public
    for file, text in public.items():
        said = set(re.findall(r"\w+", text))
        assert not said & forbidden, file
        assert not [name for name in forbidden if " " in name and name in text], file
        assert not runs & grams(text), file


def test_a_research_report_names_the_large_accounts_alone(corpus, research):
    small, large = named(corpus, small=True), named(corpus, small=False)
    everything = " ".join(research.values())
    for file, text in research.items():
        assert not set(re.findall(r"\w+", text)) & small, file
    assert sum(name in everything for name in large) > 10
    assert "rt ~" in research["report.html"]


def test_the_public_copy_tells_no_small_group(corpus, tmp_path):
    settings = PrivacySettings(profile="public", k=6)
    run = veiled_run(corpus, settings, KEY, tmp_path / "v")
    sizes = run.table("networks")["accounts"]
    dropped = corpus.table("networks").filter(pl.col("accounts") < 6)
    assert len(dropped)
    assert sizes.min() >= 6
    for name in ("members", "explanations", "network_indicators", "network_creation", "network_timing", "co_timing"):
        assert not set(run.table(name)["network"]) & set(dropped["network"])
    assert run.manifest["privacy"]["untold"] == len(dropped)
    labels = run.table("members").join(run.table("accounts"), on="account_id").drop_nulls("label")
    assert labels.group_by("network", "label").len().filter(pl.col("len") < 6).is_empty()
    accounts = run.table("accounts")
    assert accounts.drop_nulls("label").group_by("label").len()["len"].min() >= 6
    assert set(accounts.drop("account_id", "platform", "label").null_count().row(0)) == {len(accounts)}
    assert run.least == 6


@pytest.mark.parametrize("profile", ["research", "public"])
def test_the_copy_is_the_same_run_under_other_names(corpus, tmp_path, profile):
    run = veiled_run(corpus, PrivacySettings(profile=profile, k=2), KEY, tmp_path / "v")
    names = Veil(PrivacySettings(profile=profile), KEY, corpus.table("accounts")).names
    of = dict(names.select("account_id", "shown").iter_rows())
    assert len(set(of.values())) == len(of)
    expected = {
        (frozenset((of[a], of[b])), w)
        for a, b, w in corpus.table("graph").select("source", "target", "weight").iter_rows()
    }
    graph = run.table("graph")
    assert {(frozenset((a, b)), w) for a, b, w in graph.select("source", "target", "weight").iter_rows()} == expected
    assert (graph["source"] < graph["target"]).all()
    assert {
        (n, of[a], r) for n, a, r in corpus.table("members").select("network", "account_id", "role").iter_rows()
    } == set(run.table("members").select("network", "account_id", "role").iter_rows())
    POSTS.check(run.scan_posts().collect())
    writers = dict(corpus.scan_posts().select("post", "account_id").collect().iter_rows())
    for layer, frame in run.evidence().items():
        rows = EVIDENCE.check(frame.collect())
        assert len(rows) == corpus.evidence()[layer].select(pl.len()).collect().item()
        for row in rows.head(200).iter_rows(named=True):  # whoever is named first posted the first post
            assert (of[writers[row["row_source"]]], of[writers[row["row_target"]]]) == (row["source"], row["target"])
            assert (row["time_target"] - row["time_source"]) / timedelta(seconds=1) == row["delta_s"]


def test_times_are_moved_in_public_those_on_one_object_alike(corpus, tmp_path):
    run = veiled_run(corpus, PrivacySettings(profile="public"), KEY, tmp_path / "v")
    for layer, frame in run.evidence().items():
        before = corpus.evidence()[layer].select(
            "object", *(pl.min_horizontal("time_source", "time_target").alias("was"),)
        )
        first = frame.select(now=pl.min_horizontal("time_source", "time_target"))
        both = pl.concat([before, first], how="horizontal").collect()
        moved = both.select("object", seconds=(pl.col("now") - pl.col("was")).dt.total_seconds())
        assert moved["seconds"].abs().max() <= 1800
        assert moved.group_by("object").agg(pl.col("seconds").n_unique())["seconds"].max() == 1
        assert moved["seconds"].n_unique() > 20
    posts = run.scan_posts().select("created_at").collect()["created_at"]
    assert (posts == posts.dt.truncate("1h")).all()


def test_lead_is_told_of_the_one_who_is_named_first(corpus, tmp_path):
    run = veiled_run(corpus, PrivacySettings(profile="research"), KEY, tmp_path / "v")
    names = Veil(PrivacySettings(profile="research"), KEY, corpus.table("accounts")).names
    of = dict(names.select("account_id", "shown").iter_rows())
    leads = {}
    for layer, a, b, lead in corpus.table("edges").select("layer", "source", "target", "lead").iter_rows():
        leads[layer, of[a], of[b]], leads[layer, of[b], of[a]] = lead, 1 - lead
    told = run.table("edges").select("layer", "source", "target", "lead").rows()
    assert all(lead == pytest.approx(leads[layer, a, b]) for layer, a, b, lead in told)


def test_open_is_the_run_itself(corpus, tmp_path):
    assert veiled_run(corpus, PrivacySettings(), KEY, tmp_path) is corpus


def test_nothing_to_veil(tmp_path):
    for profile in ("research", "public"):
        run = veiled_run(
            made.empty(tmp_path / f"e{profile}"), PrivacySettings(profile=profile), KEY, tmp_path / profile
        )
        assert open_run(run.folder).table("networks").is_empty()


def test_small_numbers_of_accounts_are_not_told_in_sentences(tmp_path):
    frame = RUN_TABLES["network_creation"].shape(
        pl.DataFrame(
            {
                "network": [1, 2, 3],
                "members": [9, 9, 2],
                "inside": [6, 3, None],
                "days": [2, 2, None],
                "sentence": "6 of 9",
            }
        ).cast({"network": pl.UInt32, "members": pl.UInt32, "inside": pl.UInt32, "days": pl.UInt32})
    )
    told = veiled_table("network_creation", frame, veil("public"), None)
    assert told["sentence"].to_list() == ["6 of 9", "Not told in a public report.", "Not told in a public report."]
    assert told["days"].to_list() == [2, None, None]
    assert veiled_table("network_creation", frame, veil("research"), None).equals(frame)


def test_a_public_page_counts_no_few_accounts(corpus, tmp_path):
    settings = PrivacySettings(profile="public", k=8)
    run = veiled_run(corpus, settings, KEY, tmp_path / "v")
    one = run.evidence()["url"].head(1).collect()  # two accounts alone share a link
    one.write_parquet(run.folder / "evidence" / "url.parquet")
    (network,) = sections.networks(run, ReportSettings(networks=1))
    counted = run.table("members").filter(network=network["number"]).group_by("role").len()
    for role, n in counted.iter_rows():
        assert (f"<8 {role} account" in network["roles"]) == (n < 8)
    assert "<8" in network["roles"]
    shown = Counter(row[2].text for row in network["objects"].rows)
    assert shown["<8"] > 0
    assert all(row[3].text == "–" for row in network["objects"].rows if row[2].text == "<8")


# Pseudonyms ---------------------------------------------------------------------------------------


def test_pseudonyms_are_of_the_key_alone():
    names = pl.Series([f"made:{n}" for n in range(20_000)])
    one, again, other = (pseudonyms(names, key, kind="account") for key in (KEY, KEY, KEY + b"!"))
    assert one.to_list() == again.to_list()
    assert one.is_unique().all()
    assert not set(one) & set(other)
    assert not set(one) & set(pseudonyms(names, KEY, kind="name"))
    assert one.str.contains("^~[0-9a-z]{12}$").all()


def test_a_pseudonym_is_the_hmac_of_rfc_2104():
    # openssl: printf 'account\0made:1' | openssl dgst -sha256 -hmac 'a secret of the tests, long enough'
    (short,) = pseudonyms(pl.Series(["made:1"]), KEY, kind="account")
    assert short == "~pzbptdmhkrv1"


def test_the_key_is_made_once_and_for_its_owner(tmp_path):
    path = tmp_path / "privacy.key"
    key = read_key(path, make=True)
    assert read_key(path, make=True) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key not in fingerprint(key).encode()
    with pytest.raises(RunError, match="cannot be read: No such file"):
        read_key(tmp_path / "other", make=False)
    path.write_bytes(b"short\n")
    with pytest.raises(RunError, match="has 5 bytes"):
        read_key(path, make=False)


# Texts --------------------------------------------------------------------------------------------

MASK = Mask(pl.Series(["BobSmith_1", "jo.smith", "amy", "Élodie", "smith"]), pl.Series(["~b", "~j", "~a", "~e", "~s"]))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("RT @bobsmith_1: hi", "RT ~b: hi"),
        ("@Jo.Smith, @other.user!", "~j, @…!"),
        ("BOBSMITH_1x is bobsmith_1.", "BOBSMITH_1x is ~b."),
        ("@amy, amy", "@…, amy"),
        ("ask Élodie or ÉLODIE or @élodie", "ask ~e or ~e or ~e"),
        ("see https://twitter.com/bobsmith_1/status/123?s=1 now", "see https://twitter.com/… now"),
        ("t.co/AbC x.com/y HTTPS://T.CO/q", "t.co/… x.com/… HTTPS://T.CO/…"),
        ("https://social.example/@amy/99 https://site.org/users/amy?x", "https://social.example/… https://site.org/…"),
        ("https://site.org/bobsmith_1/blog", "https://site.org/~b/blog"),
        ("RT amy: yes, via bob: no", "RT …: yes, via …: no"),
        ("call +49 (30) 123-4567 or a.b+c@d.co.uk in 2016", "call +[number] or [e-mail] in 2016"),
        ("status 797813441246392320", "status [number]"),
        ("1,234 of 10.000 people, 2016-09-01", "1,234 of 10.000 people, [number]"),
        ("\u0001bobsmith_1\u0002 a$1b", "~b a$1b"),
        ("nothing here", "nothing here"),
        (None, None),
    ],
)
def test_names_leave_a_text(text, masked):
    frame = pl.DataFrame({"t": [text]}, schema={"t": pl.String})
    assert frame.select(MASK(pl.col("t")))["t"].to_list() == [masked]


def veil(profile: str, **changes: int) -> Veil:
    accounts = pl.DataFrame(
        {
            "account_id": ["x:1001", "x:1002", "y:anna_k"],
            "platform": ["x", "x", "y"],
            "handle": ["anna_k", "CityNews", None],
            "followers": [10, 80_000, None],
        }
    )
    return Veil(PrivacySettings(profile=profile, **changes), KEY, accounts)


@pytest.mark.parametrize(
    ("trace", "object", "accounts", "research", "public"),
    [
        ("hashtag", "vote", 9, "vote", "vote"),
        ("hashtag", "vote", 4, "vote", None),
        ("hashtag", "anna_k", 9, None, None),
        ("url", "news.example/a/b", 9, "news.example/a/b", "news.example/a/b"),
        ("url", "news.example/anna_k/b", 9, None, None),
        ("url", "news.example/" + "-".join("abcdefghi"), 9, "news.example/a-b-c-d-e-f-g-h-i", None),
        ("url", "twitter.com/i/status/1", 9, None, None),
        ("domain", "news.example", 9, "news.example", "news.example"),
        ("timing", "2016-01-01 00:00", 9, "2016-01-01 00:00", None),
        ("anything", "a post", 2, "a post", "a post"),
        ("text", "a plain text", 9, "a plain text", None),
        ("text", "a text by anna_k", 9, None, None),
        ("repost", "id:123", 9, None, None),
        ("reply", "123", 9, None, None),
        ("mention", "citynews", 9, "citynews", None),
        ("mention", "anna_k", 9, None, None),
        ("mention", "who_else", 9, None, None),
        ("url+hashtag", "a b", 9, None, None),
        ("never_heard_of", "a", 9, None, None),
    ],
)
def test_objects_are_told_where_they_name_nobody(trace, object, accounts, research, public):  # noqa: A002
    frame = pl.DataFrame({"object": [object], "accounts": [accounts]})
    for profile, wanted in (("research", research), ("public", public)):
        (shown,) = veiled_objects(frame, trace, veil(profile), {})["shown"]
        assert shown == wanted if wanted else ("~" in shown and "anna" not in shown)


def test_objects_that_a_layer_combines_are_told_as_in_their_own():
    traces = {"tags": "hashtag", "who": "mention", "all": "combined"}
    frame = pl.DataFrame({"object": ["tags:vote", "who:citynews", "tags:anna_k", "gone:x:y"], "accounts": [9, 9, 9, 9]})
    for profile in ("research", "public"):
        shown = dict(veiled_objects(frame, "combined", veil(profile), traces).iter_rows())
        alone = veiled_objects(pl.DataFrame({"object": ["anna_k"], "accounts": [9]}), "hashtag", veil(profile), traces)
        assert shown["tags:vote"] == "tags:vote"
        assert shown["tags:anna_k"] == "tags:" + alone["shown"][0]
        assert (shown["who:citynews"] == "who:citynews") == (profile == "research")
        assert re.fullmatch("gone:~[0-9a-z]{12}", shown["gone:x:y"])


def test_a_pseudonym_in_a_mention_is_that_of_the_account():
    names = dict(veil("research").names.select("account_id", "shown").iter_rows())
    frame = pl.DataFrame({"object": ["1001", "@ANNA_K", "x:1001"], "accounts": [9, 9, 9]})
    first, second, third = veiled_objects(frame, "mention", veil("research"), {})["shown"]
    assert first == third == names["x:1001"]
    assert second in {names["x:1001"], names["y:anna_k"]}
