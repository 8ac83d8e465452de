import re
import tomllib

import pytest

from cib.errors import InputError
from cib.read.inspect import describe, inspect
from cib.settings import InputSettings
from tests.read.made import DATA, read_files

EXPORTS = DATA / "exports"
ODD = 'a "b"\\\t\x7f€'


@pytest.mark.parametrize("name", ["ira_by_author.csv", "ira_2018.csv", "coortweet_shares.csv", "coortweet_wide.csv"])
def test_the_section_to_paste_reads_the_same(tmp_path, name):
    section = tomllib.loads(inspect(DATA / name, InputSettings()).toml)["input"]
    settings = InputSettings(**section).model_dump(exclude={"files"}, exclude_unset=True)
    guessed = read_files(DATA / name, out=tmp_path / "guessed")
    pasted = read_files(*section["files"], out=tmp_path / "pasted", **settings)
    assert pasted.posts.equals(guessed.posts)
    assert pasted.accounts.equals(guessed.accounts)
    assert settings["columns"]


@pytest.mark.parametrize(
    "name", ["bluesky/jetstream_v1.jsonl.gz", "twitter_v2/quoted_edit.jsonl", "telegram_desktop/personal_chat.json"]
)
def test_the_section_to_paste_of_documents_names_their_format(tmp_path, name):
    section = tomllib.loads(inspect(EXPORTS / name, InputSettings()).toml)["input"]
    assert set(section) == {"files", "format"}
    guessed = read_files(EXPORTS / name, out=tmp_path / "guessed")
    pasted = read_files(*section["files"], out=tmp_path / "pasted", format=section["format"])
    assert pasted.posts.equals(guessed.posts)


def test_all_that_is_told_of_a_file_of_documents():
    found = inspect(EXPORTS / "telegram_desktop/supergroup_with_topics.json", InputSettings(), idle=lambda *_: {
        "text": "", "url": "no post of kind original has a link",
    })  # fmt: skip
    shown = describe(found)
    for part in (
        "Format: telegram (it has the messages of a Telegram Desktop export (id, type, date))",
        "post_id            <- id of the chat / id of the message",
        "Rows: 7; posts: 4; accounts: 3; refused rows: 3",
        "2024-01-10T12:05:00+00:00 to 2024-01-11T09:00:00+00:00, in whole minutes",
        "Times without a zone: refused (set input.timezone)",
        "Fields known of: text 100%, account name 100%",
        "Fields not known: parent_post_id, parent_account_id, language,",
        "Layers that can run: text\n  cannot: url: no post of kind original has a link",
        "2 of supergroup_with_topics.json: it is a service message (topic_created), not a post (row 1, row 1)",
    ):
        assert part in shown, shown
    assert found.coverage["text"] == 1
    assert found.coverage["urls"] == 0


def test_times_that_ids_would_make_finer(tmp_path):
    path = tmp_path / "p.csv"
    rows = "".join(f"9717267415836057{n},a,2018-03-08 12:3{n % 10},x{n}\n" for n in range(10, 20))
    path.write_text("tweet_id,user,time,text\n" + rows)
    settings = InputSettings(platform="twitter", timezone="UTC")
    assert '# id_times = "finer"' in inspect(path, settings).toml
    finer = settings.model_copy(update={"id_times": "finer"})
    assert 'id_times = "finer"\n' in inspect(path, finer).toml
    assert "# id_times" not in inspect(path, finer).toml


def test_names_that_need_quoting(tmp_path):
    path = tmp_path / f"{ODD.replace('/', '')}.csv".replace("\t", "t")
    path.write_text(f'user;time;"{ODD.replace(chr(34), chr(34) * 2)}"\nu;1;x\n')
    settings = InputSettings(columns={"text": ODD}, timezone="Europe/Berlin")
    found = inspect(path, settings)
    section = tomllib.loads(found.toml)["input"]
    assert section["columns"]["text"] == ODD
    assert section["files"] == [str(path)]
    assert (section["delimiter"], section["timezone"], section["format"]) == (";", "Europe/Berlin", "generic")
    assert read_files(*section["files"], out=tmp_path / "out", columns=section["columns"]).column("text") == ["x"]


def test_what_is_counted(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(
        "id,user,time,text,reply_id,odd\n"
        "1,u,2020-01-01T00:00:00Z,see https://a.example/ #x,,\n"
        "2,u,2020-01-01T00:01:00Z,hi @u,1,\n"
        "3,u,never,hi,,\n"
        "2,u,2020-01-01T00:01:00Z,hi @u,1,\n"
    )
    found = inspect(path, InputSettings())
    assert found.summary is not None
    assert (found.summary.posts, found.summary.refused) == (2, 1)
    assert {name: share for name, share in found.shares.items() if share} == {
        "link": 0.5,
        "hashtag": 0.5,
        "mention": 0.5,
        "text": 1.0,
        "reply's parent": 0.5,
    }
    assert [(count, examples) for _, _, count, examples in found.gone] == [(1, ["row 4"]), (1, ["row 5"])]
    shown = describe(found)
    for part in (
        "Format: generic",
        "replied_post_id  <- reply_id  (guessed from its name)",
        "Not used: odd",
        "Rows: 4; posts: 2; accounts: 1; refused rows: 1",
        "2020-01-01T00:00:00+00:00 to 2020-01-01T00:01:00+00:00, in whole seconds",
        "1 of p.csv: the time cannot be read",
        "[input.columns]",
    ):
        assert part in shown


def test_a_file_that_cannot_be_read_is_still_described(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("user,time,text\nu,2020-01-01 00:00:00,hello\n")
    found = inspect(path, InputSettings())
    assert found.summary is None
    assert found.gone[0][2:] == (1, ["row 2"])
    shown = describe(found)
    assert "It cannot be read: 'p.csv': every one of its 1 rows was refused" in shown
    assert '# timezone = "UTC"' in shown
    assert "hello" in shown


@pytest.mark.parametrize(
    ("time", "proposed"),
    [
        ("24.12.2023 18:00", ["%d.%m.%Y %H:%M"]),
        ("03/04/2024 18:00:01", ["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"]),
        ("long ago", []),
    ],
)
def test_a_pattern_of_odd_times_is_proposed(tmp_path, time, proposed):
    path = tmp_path / "p.csv"
    path.write_text(f"user,time,text\nu,{time},hello\n")
    shown = describe(inspect(path, InputSettings(timezone="UTC")))
    assert re.findall(r'^# time_format = "(.*?)"', shown, re.MULTILINE) == proposed
    for pattern in proposed:
        assert inspect(path, InputSettings(timezone="UTC", time_format=pattern)).summary.posts == 1


def test_nothing_in_a_file_can_control_the_terminal(tmp_path):
    path = tmp_path / "p.csv"
    evil = "\x1b]0;title\x07\x9b31m\u202eabc\u2066\u200b\r"
    path.write_text(
        f'user,time,text,"{evil}"\nu{evil.strip()},1,"{evil}",\nv,{evil.strip()},x,\n', encoding="utf-8", newline=""
    )
    shown = describe(inspect(path, InputSettings()))
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert "\\x1b]0;title" in shown


def test_files_of_several_layouts(tmp_path):
    (tmp_path / "a.csv").write_text("user,time,text\nu,1,a\n")
    (tmp_path / "b.csv").write_text("user,time,text\nu,1,b\n")
    (tmp_path / "c.ndjson").write_text('{"account": "v", "timestamp": 1}\n')
    found = inspect(tmp_path, InputSettings())
    assert [layout.files for layout in found.layouts] == [["a.csv", "b.csv"], ["c.ndjson"]]
    section = tomllib.loads(found.toml)["input"]
    assert section == {"files": [str(tmp_path)], "format": "auto"}
    assert "a.csv and 1 more" in describe(found)


def test_rows_shown(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("user,time,text\n" + "".join(f"u,{n},text {n}\n" for n in range(10)))
    found = inspect(path, InputSettings(), rows=3)
    assert [post["text"] for post in found.posts] == ["text 0", "text 1", "text 2"]
    assert len(found.layouts[0].rows) == 3


def test_no_columns_to_be_made_out(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column looks like account_id"):
        inspect(path, InputSettings())
