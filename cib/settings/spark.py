"""How the engine `spark` is reached, and how its work is cut."""

from typing import Annotated

from pydantic import Field

from cib.settings.values import Bytes, Section

__all__ = ["SparkSettings"]


class SparkSettings(Section):
    """Where Spark runs, if [run] engine is 'spark'."""

    master: str = "local[*]"
    """Spark's master: 'local[*]' is all cores of this machine, 'spark://HOST:7077', 'yarn' or 'k8s://...' a cluster.
    On a cluster the run folder and the input files stand where all machines see them."""
    partitions: Annotated[int, Field(ge=1)] = 32
    """Parts into which work is cut; each goes to one core. More need less memory each; two to four a core are usual."""
    executor_memory: Bytes = 4_000_000_000
    """Heap of each of Spark's executors on a cluster. Python works beside it, and takes a few times [run] memory."""
    driver_memory: Bytes = 2_000_000_000
    """Heap of Spark on this machine; with master 'local' it is all that Spark has."""
    shard_acts: Annotated[int, Field(ge=2)] = 10_000
    """Acts on one object that are worked off together; an object with more is spread over the parts, by time and by
    accounts. More copy less; fewer spread a viral object better."""
    settings: dict[str, str] = Field(default_factory=dict)
    """Further settings of Spark, by its own names, such as "spark.executor.cores" = "4". The report shows a run's
    config: passwords and keys belong into Spark's own spark-defaults.conf."""
