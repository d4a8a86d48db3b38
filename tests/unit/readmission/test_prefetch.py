"""A source that is read one item ahead."""

import threading
import time
from collections.abc import Generator

import pytest

from readmission.prefetch import Prefetcher

TIMEOUT_S = 10


class Source:
    """Three items; it records which were yielded, and in which thread."""

    def __init__(self, error: Exception | None = None) -> None:
        self.yielded: list[int] = []
        self.threads: set[int] = set()
        self.closed = False
        self._error = error

    def items(self) -> Generator[int, None, None]:
        try:
            for number in range(3):
                self.threads.add(threading.get_ident())
                self.yielded.append(number)
                yield number
            if self._error:
                raise self._error
        finally:
            self.closed = True

    def wait_until_yielded(self, count: int) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while len(self.yielded) < count and time.monotonic() < deadline:
            time.sleep(0.001)


def test_items_come_in_their_order() -> None:
    source = Source()
    assert list(Prefetcher(source.items())) == source.yielded == [0, 1, 2]


def test_only_the_next_item_is_taken_meanwhile() -> None:
    source = Source()
    items = Prefetcher(source.items())
    source.wait_until_yielded(1)
    time.sleep(0.05)
    assert source.yielded == [0]
    next(items)
    source.wait_until_yielded(2)
    time.sleep(0.05)  # a source that ran on would be done by now
    assert source.yielded == [0, 1]
    assert list(items) == [1, 2]


def test_the_source_runs_in_one_thread_of_its_own() -> None:
    source = Source()
    list(Prefetcher(source.items()))
    assert len(source.threads - {threading.get_ident()}) == len(source.threads) == 1


def test_an_error_of_the_source_is_raised_after_the_items_before_it() -> None:
    items = Prefetcher(Source(ValueError("the source broke")).items())
    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the source broke"):
        next(items)


@pytest.mark.parametrize("taken", [0, 1])
def test_closing_early_closes_the_source_and_ends_its_thread(taken: int) -> None:
    source, before = Source(), threading.active_count()
    read = source.items()  # held here, so that nothing but the reader closes it
    items = Prefetcher(read)
    assert [next(items) for _ in range(taken)] == list(range(taken))
    assert threading.active_count() == before + 1
    items.close()
    assert source.closed
    assert threading.active_count() == before
