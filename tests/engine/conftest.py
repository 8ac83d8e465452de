import os
import sys

import pytest


@pytest.fixture(scope="session")
def spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    conf = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    builder = SparkSession.builder.master("local[2]")
    for k, v in conf.items():
        builder = builder.config(k, v)
    s = builder.getOrCreate()

    class E:
        name = "spark"

        def trace(self, posts, layer, *, name, given, texts, out):
            from cib.engine.spark.trace import Sources, trace

            return trace(s, Sources(posts, texts, given), layer, name=name, out=out)

        def combine(self, made, *, name, out):
            from cib.engine.spark.trace_combined import combine

            return combine(s, made, name=name, out=out)

        def read(self, reading, run, out):
            from cib.engine.spark.read import read

            return read(s, reading, run, out)

    yield E()
    gateway = SparkContext._gateway
    s.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
