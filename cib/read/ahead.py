"""Work one step ahead: the next batch is made in a thread while this one is used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the same items in the same order, each made while the one before it is used.

    Reading, polars and Parquet's writer all let go of the interpreter while they work, so two of them
    fill two cores. One more item is in memory. What making an item raises is raised here in its turn.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(_next, items)
        while item := coming.result():
            coming = worker.submit(_next, items)
            yield item[0]


def _next(items: Iterator[T]) -> tuple[T] | None:
    """Return the next item in a tuple, None at the end; StopIteration cannot pass through a future."""
    for item in items:
        return (item,)
    return None
