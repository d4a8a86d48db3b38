"""Concurrent requests share one call of the model and one commit."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from readmission.errors import OverloadedError
from readmission.records import Prediction
from readmission.use_cases.predict import Patient

_MOST_IN_ONE_COMMIT = 500
Ticket = tuple[Patient, "asyncio.Future[Prediction]"]


class GroupCommit:
    """A bounded queue in front of one writing thread; what waits while a commit runs is the next commit.

    Its state belongs to the event loop's thread, so it needs no lock.
    """

    def __init__(self, answer: Callable[[Sequence[Patient]], list[Prediction]], limit: int) -> None:
        self._answer = answer
        self._limit = limit
        self._waiting: list[Ticket] = []
        self._busy = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-commit")

    @property
    def depth(self) -> int:
        """Return how many predictions wait for a commit."""
        return len(self._waiting)

    def submit(self, patient: Patient) -> "asyncio.Future[Prediction]":
        """Return a future that resolves when the prediction is durable; or raise OverloadedError: the queue is full."""
        if len(self._waiting) >= self._limit:
            raise OverloadedError("Too many predictions wait to be stored.")
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Prediction] = loop.create_future()
        self._waiting.append((patient, answered))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._start)
        return answered

    def close(self) -> None:
        """Wait for the commit that runs."""
        self._thread.shutdown()

    def _start(self) -> None:
        tickets = self._waiting[:_MOST_IN_ONE_COMMIT]
        del self._waiting[:_MOST_IN_ONE_COMMIT]
        patients = [patient for patient, _ in tickets]
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, patients)
        running.add_done_callback(partial(self._finish, tickets))

    def _finish(self, tickets: list[Ticket], done: "asyncio.Future[list[Prediction]]") -> None:
        _deliver([answered for _, answered in tickets], done)
        self._busy = bool(self._waiting)
        if self._busy:
            self._start()


def _deliver(answers: list["asyncio.Future[Prediction]"], done: "asyncio.Future[list[Prediction]]") -> None:
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
