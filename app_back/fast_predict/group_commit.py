"""Concurrent requests share one call of the model and one commit."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from readmission.errors import OverloadedError
from readmission.ports.serving import PatientFields
from readmission.records import Prediction

_MOST_IN_ONE_COMMIT = 500
Ticket = tuple[PatientFields, "asyncio.Future[Prediction]"]


class GroupCommit:
    """A bounded queue in front of a few writing threads; what waits while commits run is the next commit.

    A further commit begins when as many wait as are being committed: of many small ones each would cost a commit.
    Its state belongs to the event loop's thread, so it needs no lock.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[PatientFields]], list[Prediction]],
        *,
        limit: int,
        lanes: int,
    ) -> None:
        self._answer = answer
        self._limit = limit
        self._free_lanes = lanes
        self._waiting: list[Ticket] = []
        self._committing = 0
        self._starting = False
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix="group-commit")

    @property
    def depth(self) -> int:
        """Return how many predictions wait for a commit."""
        return len(self._waiting)

    def submit(self, patient: PatientFields) -> "asyncio.Future[Prediction]":
        """Return a future that resolves when the prediction is durable; or raise OverloadedError: the queue is full."""
        if len(self._waiting) >= self._limit:
            raise OverloadedError("Too many predictions wait to be stored.")
        answered: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()
        self._waiting.append((patient, answered))
        self._start_soon()
        return answered

    def close(self) -> None:
        """Wait for the commits that run."""
        self._threads.shutdown()

    def _start_soon(self) -> None:
        """Start after one more turn of the event loop, which brings in what arrives together."""
        enough = self._waiting and len(self._waiting) >= self._committing
        if enough and self._free_lanes and not self._starting:
            self._starting, loop = True, asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._start)

    def _start(self) -> None:
        """Commit all that wait."""
        self._starting = False
        self._free_lanes -= 1
        tickets = self._waiting[:_MOST_IN_ONE_COMMIT]
        del self._waiting[:_MOST_IN_ONE_COMMIT]
        self._committing += len(tickets)
        loop = asyncio.get_running_loop()
        running = self._threads.submit(self._answer, [patient for patient, _ in tickets])
        running.add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._finish, tickets, done)
        )

    def _finish(self, tickets: list[Ticket], done: "Future[list[Prediction]]") -> None:
        _deliver([answered for _, answered in tickets], done)
        self._free_lanes += 1
        self._committing -= len(tickets)
        self._start_soon()


def _deliver(answers: list["asyncio.Future[Prediction]"], done: "Future[list[Prediction]]") -> None:
    """Give each request its prediction, or all of them the error; a client that left is passed over."""
    error = done.exception()
    if error is not None:
        for answered in answers:
            if not answered.done():
                answered.set_exception(error)
        return
    for answered, prediction in zip(answers, done.result(), strict=True):
        if not answered.done():
            answered.set_result(prediction)
