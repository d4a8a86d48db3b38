"""One step ahead: the next item is made while the present one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Engine

_Item = TypeVar("_Item")


def ahead(source: Generator[_Item, None, None]) -> Generator[_Item, None, None]:
    """Yield what ``source`` yields; a thread makes the first item at once, and each next one while one is used."""
    items = _made_ahead(source)
    next(items)
    return items


def ahead_on_server(
    engine: Engine, source: Generator[_Item, None, None]
) -> Generator[_Item, None, None]:
    """Yield what ``source`` yields, ahead where the database waits for us in a process of its own.

    SQLite works in ours, where a thread more takes as long and costs more.
    """
    return ahead(source) if engine.dialect.name == "mysql" else source


def _made_ahead(source: Generator[_Item, None, None]) -> Generator[Any, None, None]:
    """Yield nothing once, when the thread has begun: from then on whoever closes this closes the source, too."""
    with closing(source), ThreadPoolExecutor(1) as thread:  # closed when the thread is done with it
        coming = thread.submit(_take, source)
        yield
        while taken := coming.result():
            coming = thread.submit(_take, source)
            yield from taken


def _take(source: Iterator[_Item]) -> list[_Item]:
    """Return the next item alone in a list, which is empty at the end."""
    return list(islice(source, 1))
