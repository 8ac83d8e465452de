"""What the tests of engines share: one Spark on this machine for all of them, and for no other test."""

import os
import shutil
from collections.abc import Iterator

import pytest

from cib.engine import Spark
from cib.engine.spark.session import session
from cib.settings import SparkSettings

# Small tables: no time is spent on making code for a plan that runs once.
QUICK = {
    "spark.default.parallelism": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@pytest.fixture(scope="session")
def spark() -> Iterator[Spark]:
    pyspark = pytest.importorskip("pyspark", reason="PySpark (the extra spark) is not installed")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("there is no Java here")
    settings = SparkSettings(master="local[2]", partitions=2, driver_memory="1GB", settings=QUICK)
    started = session(settings)
    yield Spark(settings)
    gateway = pyspark.SparkContext._gateway
    started.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
