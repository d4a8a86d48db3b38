"""Prepare the next item in a thread while the current one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, Generic, TypeVar

_Item = TypeVar("_Item")
_END: Any = object()


class Prefetcher(Iterator[_Item], Generic[_Item]):
    """An iterator that stays one item ahead of its consumer, in a thread.

    The thread takes the first item at once, and each next one when the previous is handed over. It
    runs until the end of the source, its first error, or ``close``.
    """

    def __init__(self, source: Generator[_Item, None, None]) -> None:
        self._source = source
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._next_item = self._start_next()

    def __next__(self) -> _Item:
        try:
            item = self._next_item.result()
        except BaseException:
            self.close()
            raise
        if item is _END:
            self.close()
            raise StopIteration
        self._next_item = self._start_next()
        return item

    def close(self) -> None:
        """End the thread, then close the source."""
        self._thread.shutdown()
        self._source.close()

    def _start_next(self) -> Future[_Item]:
        """Take the source's next item in the thread; at the end, the result is ``_END``."""
        return self._thread.submit(next, self._source, _END)


@contextmanager
def prefetch(
    source: Generator[_Item, None, None], *, enabled: bool = True
) -> Iterator[Iterator[_Item]]:
    """Yield an iterator over ``source``, one item ahead if ``enabled``; close it at exit."""
    items = Prefetcher(source) if enabled else source
    with closing(items):
        yield items
