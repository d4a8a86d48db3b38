"""Prepare the next item in a thread while the current one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, Generic, TypeVar

_Item = TypeVar("_Item")
_END: Any = object()


class Prefetcher(Iterator[_Item], Generic[_Item]):
    """An iterator whose thread takes the first item at once, and each next one while one is used.

    The thread runs until the end, the first error, or ``close``.
    """

    def __init__(self, source: Generator[_Item, None, None]) -> None:
        self._source = source
        self._thread = ThreadPoolExecutor(1)
        self._next_item = self._thread.submit(next, source, _END)

    def __next__(self) -> _Item:
        try:
            item = self._next_item.result()
        except BaseException:
            self.close()
            raise
        if item is _END:
            self.close()
            raise StopIteration
        self._next_item = self._thread.submit(next, self._source, _END)
        return item

    def close(self) -> None:
        """End the thread, then close the source."""
        self._thread.shutdown()
        self._source.close()


@contextmanager
def prefetch(
    source: Generator[_Item, None, None], *, enabled: bool = True
) -> Iterator[Iterator[_Item]]:
    """Yield an iterator over ``source``, one item ahead if ``enabled``; close it at exit."""
    items = Prefetcher(source) if enabled else source
    with closing(items):
        yield items
