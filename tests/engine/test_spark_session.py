"""What a user is told where Spark cannot be reached, or gives up; and that no engine takes another's results."""

import sys

import pytest

from cib.engine import Local, Spark, engine_of
from cib.engine.spark.session import session, working
from cib.errors import InputError, RunError
from cib.pipeline.state import Job, State
from cib.pipeline.store import Store
from cib.settings import RunSettings, Settings, SparkSettings


def test_a_missing_package_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(RunError, match=r"pip install 'cib-graph\[spark\]'"):
        session(SparkSettings())


def test_missing_java_is_a_sentence(monkeypatch):
    errors = pytest.importorskip("pyspark.errors", reason="PySpark (the extra spark) is not installed")
    from pyspark.sql import SparkSession

    def without_java(_builder):
        raise errors.PySparkRuntimeError(errorClass="JAVA_GATEWAY_EXITED", messageParameters={})

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", without_java)
    with pytest.raises(RunError, match="needs Java 17 or later"):
        session(SparkSettings())


def test_a_master_that_is_not_there_is_a_sentence(monkeypatch):
    errors = pytest.importorskip("pyspark.errors", reason="PySpark (the extra spark) is not installed")
    from pyspark.sql import SparkSession

    def nobody(_builder):
        told = (
            "An error occurred\norg.apache.spark.SparkException: Could not parse Master URL: 'x'\n\tat a.b.C(D.java:1)"
        )
        raise errors.PySparkException(told)

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", nobody)
    with pytest.raises(RunError, match=r"^Spark did not start with master 'x': Could not parse Master URL: 'x'\.$"):
        session(SparkSettings(master="x"))


@pytest.mark.parametrize(
    ("told", "kind", "sentence"),
    [
        ("From a worker:\nTraceback\ncib.errors.InputError: File 'a' is empty.\n", InputError, "File 'a' is empty."),
        (
            "Job aborted\njava.io.IOException: No space left on device\n\tat a.b.C(D.java:1)",
            RunError,
            "Spark gave up linking layer url: No space left on device. Look into Spark's own log.",
        ),
    ],
)
def test_whatever_ends_the_work_is_a_sentence(told, kind, sentence):
    errors = pytest.importorskip("pyspark.errors", reason="PySpark (the extra spark) is not installed")
    with pytest.raises(kind) as caught, working("linking layer url"):
        raise errors.PySparkException(told)
    assert str(caught.value) == sentence


def test_a_mistake_of_ours_is_none_of_sparks():
    with pytest.raises(ZeroDivisionError), working("linking layer url"):
        1 / 0  # noqa: B018


def test_results_of_one_engine_are_not_those_of_another(tmp_path):
    def state(engine):
        settings = Settings(run=RunSettings(engine=engine))
        return State(Job("x", settings, tmp_path, tmp_path), Store(tmp_path / "cache"), lambda _: None, {})

    assert isinstance(engine_of(Settings()), Local)
    assert isinstance(state("spark").engine, Spark)
    local, spark = (state(engine) for engine in ("local", "spark"))
    made = [one.make("link", "url", {"traces": "a"} | one.made_by, lambda out: {}) for one in (local, spark)]
    assert made[0].key != made[1].key
    assert not made[1].cached
