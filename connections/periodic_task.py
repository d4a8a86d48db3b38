"""Work that is done again and again beside everything else."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_log = logging.getLogger(__name__)


class Repeater:
    """Calls ``work`` every so often; an error that nobody foresaw is logged once and does not end it."""

    def __init__(self, name: str, work: Callable[[], object], every_s: float) -> None:
        self._work = work
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name=name, daemon=True)
        self._problem = ""

    def start(self) -> None:
        """Begin, at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop after what runs now."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _repeat(self) -> None:
        with ThreadPoolExecutor(1, thread_name_prefix=self._thread.name) as pool:
            while not self._stop.is_set():
                self._report(pool.submit(self._work).exception())
                self._stop.wait(self._every_s)

    def _report(self, error: BaseException | None) -> None:
        problem = repr(error) if error else ""
        if error and problem != self._problem:
            _log.error("%s failed and will be tried again.", self._thread.name, exc_info=error)
        self._problem = problem
