"""The Spark session: one a process, made when it is first needed.

Spark itself (PySpark, and Java 17 or later) is the extra ``cib-graph[spark]``; nothing else of cib imports it.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from cib import errors
from cib.errors import RunError
from cib.settings import SparkSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["session", "working"]

_OURS: Final = {
    "spark.app.name": "cib",
    "spark.log.level": "ERROR",
    "spark.driver.maxResultSize": "0",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
}
"""Settings of Spark that differ from its own; the user's come after them."""
_MIB: Final = 2**20


def session(settings: SparkSettings) -> "SparkSession":
    """Return the session of this process; the first call starts it, and decides its master and memory.

    Raises
    ------
    RunError
        PySpark is not installed, Java is missing or too old, or the master cannot be reached.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        msg = "[run] engine = \"spark\" needs a package that is not installed: pip install 'cib-graph[spark]'."
        raise RunError(msg) from error
    # Python on the executors: this one, where they share a file system with it; PYSPARK_PYTHON names another.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if settings.master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder: Any = SparkSession.builder
    for name, value in _configured(settings).items():
        builder = builder.config(name, value)
    try:
        started: SparkSession = builder.getOrCreate()
    except PySparkException as error:
        if "JAVA" not in str(error):
            raise _unreachable(settings, error) from error
        msg = f'[run] engine = "spark" needs Java 17 or later, found by JAVA_HOME or on PATH ({_first_line(error)}).'
        raise RunError(msg) from error
    except Exception as error:  # whatever py4j brings from Java
        if not type(error).__module__.startswith("py4j"):
            raise
        raise _unreachable(settings, error) from error
    return started


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say in a sentence why Spark gave up, if it does; a mistake that can be explained is raised as it was there.

    Raises
    ------
    CibError
        One that was raised on an executor.
    RunError
        Anything else that ended Spark's work.
    """
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("pyspark.", "py4j.")):
            raise
        explained = re.search(r"^cib\.errors\.(\w+): (.+)$", str(error), re.MULTILINE)
        if explained is not None:
            raise getattr(errors, explained[1])(explained[2]) from error
        said = re.findall(r"^(?:\w+\.)+\w*(?:Error|Exception): (.+)$", str(error), re.MULTILINE)
        msg = f"Spark gave up {what}: {(said or [_first_line(error)])[-1].rstrip('.')}. Look into Spark's own log."
        raise RunError(msg) from error


def _configured(settings: SparkSettings) -> dict[str, str]:
    """Return Spark's settings by its own names."""
    here = settings.master.startswith("local")
    alone = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"} if here else {}
    return {
        **_OURS,
        **alone,
        "spark.master": settings.master,
        "spark.sql.shuffle.partitions": str(settings.partitions),
        "spark.driver.memory": f"{max(settings.driver_memory // _MIB, 1)}m",
        "spark.executor.memory": f"{max(settings.executor_memory // _MIB, 1)}m",
        **settings.settings,
    }


def _unreachable(settings: SparkSettings, error: Exception) -> RunError:
    return RunError(f"Spark did not start with master '{settings.master}': {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    """Return the line of an error that says most: of Java's, that after the name of the exception."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line.partition(": ")[2] for line in lines if "Exception: " in line]
    return ([*named, *lines] or [type(error).__name__])[0].rstrip(".:")
