"""Background work that is repeated at an interval until it is closed."""

import atexit
import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)

_CLOSE_TIMEOUT_S = 10


class PeriodicTask:
    """Call ``work`` in a thread of its own, then again ``every_s`` seconds after each call's end.

    An error does not end the task: it is logged, once for as long as it stays the same, and the
    next call is made as usual. A call that runs when the interpreter exits is never cut off: the
    exit waits for its end, also if ``close`` was never called.
    """

    def __init__(self, name: str, work: Callable[[], object], every_s: float) -> None:
        self._name = name
        self._work = work
        self._every_s = every_s
        self._stop = threading.Event()
        # A daemon: at exit Python waits for every other thread before it runs the atexit callback
        # that stops this loop, so it would wait for ever.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._last_error = ""

    def start(self) -> None:
        """Start the thread, which makes its first call at once."""
        atexit.register(self._finish)
        self._thread.start()

    def close(self) -> None:
        """Make no further call, and wait up to ten seconds for the current one to end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_CLOSE_TIMEOUT_S)
        if not self._thread.is_alive():
            atexit.unregister(self._finish)

    def _run(self) -> None:
        self._call()
        while not self._stop.wait(self._every_s):
            self._call()

    def _call(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  after any error, the next call may succeed
            self._log_once(error)
        else:
            self._last_error = ""

    def _log_once(self, error: Exception) -> None:
        description = repr(error)
        if description != self._last_error:
            _log.error("%s failed and will be tried again.", self._name, exc_info=error)
        self._last_error = description

    def _finish(self) -> None:
        """Let the current call end, however long it takes: the interpreter is about to exit."""
        self._stop.set()
        self._thread.join()
