"""The history of measurements is kept and read back, and a lead that shrank is noticed."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "bench")
    import record
    import run

    yield record, run
    for name in ("record", "run", "near", "peers", "scale", "text", "figures"):
        sys.modules.pop(name, None)


def row(record, what, mine, theirs):
    return record.Row(what, "3 edges", record.Cost(mine, 9.0, 100.0), "pandas", record.Cost(theirs, 9.0, 200.0), 3)


def test_the_last_ratio_of_each_work_counts(bench, tmp_path):
    record, _ = bench
    path = tmp_path / "history.csv"
    record.keep([row(record, "a", 2.0, 20.0), row(record, "b, with a comma", 1.0, 5.0)], path)
    record.keep([row(record, "a", 2.0, 24.0)], path)
    assert record.latest(path) == {("a", "pandas"): 12.0, ("b, with a comma", "pandas"): 5.0}
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(record.FIELDS)
    assert len(lines) == 4
    assert lines[1].endswith(",a,2.000,100,pandas,10")


def test_a_lead_that_shrank_by_more_than_a_fifth_fails(bench, capsys):
    record, run = bench
    before = {("a", "pandas"): 10.0, ("b", "pandas"): 10.0}
    run.check([row(record, "a", 1.0, 8.1), row(record, "new", 1.0, 1.0)], before)
    assert "Nothing is slower" in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"a, beside pandas: 7\.90 times, and was 10\.00"):
        run.check([row(record, "a", 1.0, 7.9), row(record, "b", 1.0, 30.0)], before)


def test_contenders_take_turns_and_the_median_counts(bench):
    record, _ = bench
    order = []

    def contender(name, costs):
        def work():
            order.append(name)
            return record.Cost(costs.pop(0), 1.0, 1.0)

        return work

    one, two = record.turns([contender("x", [1.0, 9.0, 2.0]), contender("y", [5.0, 4.0, 6.0])], 3)
    assert order == ["x", "y"] * 3
    assert (one.cpu, two.cpu) == (2.0, 5.0)


def test_a_process_is_measured_between_its_two_marks(bench):
    record, _ = bench
    script = "import time\nprint('CPU', 1.5)\nx = bytearray(60_000_000)\nprint('CPU', 4.0)"
    cost = record.measured([sys.executable, "-c", script])
    assert cost.cpu == 2.5
    assert 60 < cost.megabytes < 200
    with pytest.raises(SystemExit, match="failed"):
        record.measured([sys.executable, "-c", "raise SystemExit(3)"])
