"""What the tests of engines share: one Spark on this machine for all of them, and for no other test."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import Any

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
HERE = {"127.0.0.1", "localhost", "::1"}
# As they are before any test: all other tests are refused them.
METHODS = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
FUNCTIONS = {name: getattr(socket, name) for name in ("create_connection", "getaddrinfo", "gethostbyname")}


@pytest.fixture(scope="package")
def loopback() -> Iterator[None]:
    """Let the two halves of Spark talk to each other on this machine; nothing leads out of it."""

    def only_here(call: Callable[..., Any], place: int) -> Callable[..., Any]:
        def checked(*args: Any, **kwargs: Any) -> Any:
            where = args[place] if len(args) > place else None
            if (where[0] if isinstance(where, tuple) else where) not in HERE:
                msg = "a test reached for the network"
                raise AssertionError(msg)
            return call(*args, **kwargs)

        return checked

    with pytest.MonkeyPatch.context() as patch:
        for name, call in METHODS.items():
            patch.setattr(socket.socket, name, only_here(call, 1))
        for name, call in FUNCTIONS.items():
            patch.setattr(socket, name, only_here(call, 0))
        yield


@pytest.fixture(scope="package")
def spark(loopback: None) -> Iterator[Spark]:
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of Spark in one process: each process would start a Java of its own."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("spark"))
