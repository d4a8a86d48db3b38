"""Concurrent requests share one call of the model and one commit.

There is no timer and no batch size to tune: the patients that arrive while a commit runs form
the next commit.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from readmission.errors import OverloadedError
from readmission.ports.serving import PatientFields
from readmission.records import Prediction

_MAX_COMMIT_SIZE = 500


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A waiting patient, and the future that its request awaits."""

    patient: PatientFields
    prediction: "asyncio.Future[Prediction]"


class GroupCommit:
    """A bounded queue in front of a few threads, each of which predicts and commits a group.

    While commits run, another one starts only when as many patients wait as are being committed:
    several small commits cost more than one large one. All state belongs to the event loop's
    thread, so it needs no lock.
    """

    def __init__(
        self,
        predict_group: Callable[[Sequence[PatientFields]], list[Prediction]],
        *,
        queue_limit: int,
        concurrent_commits: int,
    ) -> None:
        self._predict_group = predict_group
        self._queue_limit = queue_limit
        self._idle_threads = concurrent_commits
        self._queue: list[_Ticket] = []
        self._patients_in_commits = 0
        self._start_is_scheduled = False
        self._threads = ThreadPoolExecutor(concurrent_commits, thread_name_prefix="group-commit")

    @property
    def depth(self) -> int:
        """How many patients wait for a commit."""
        return len(self._queue)

    def submit(self, patient: PatientFields) -> "asyncio.Future[Prediction]":
        """Queue a patient; the future resolves when the prediction is stored.

        Raises OverloadedError when the queue is full.
        """
        if len(self._queue) >= self._queue_limit:
            raise OverloadedError("Too many predictions are waiting to be stored.")
        loop = asyncio.get_running_loop()
        prediction: asyncio.Future[Prediction] = loop.create_future()
        ticket = _Ticket(patient, prediction)
        self._queue.append(ticket)
        self._schedule_start()
        return prediction

    def close(self) -> None:
        """Wait for the running commits."""
        self._threads.shutdown()

    def _schedule_start(self) -> None:
        """Start a commit if one is worth it, after the requests that are arriving right now.

        The second ``call_soon`` is one more iteration of the event loop. It first reads the
        requests that have arrived on all connections, so that they join the same commit.
        """
        if self._start_is_scheduled or not self._idle_threads:
            return
        waiting = len(self._queue)
        if waiting == 0 or waiting < self._patients_in_commits:
            return
        self._start_is_scheduled = True
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self._start)

    def _start(self) -> None:
        """Hand the queue, up to the largest commit, to an idle thread."""
        self._start_is_scheduled = False
        self._idle_threads -= 1
        tickets = self._queue[:_MAX_COMMIT_SIZE]
        del self._queue[:_MAX_COMMIT_SIZE]
        self._patients_in_commits += len(tickets)
        loop = asyncio.get_running_loop()

        def return_to_event_loop(commit: "Future[list[Prediction]]") -> None:
            loop.call_soon_threadsafe(self._finish, tickets, commit)

        patients = [ticket.patient for ticket in tickets]
        commit = self._threads.submit(self._predict_group, patients)
        commit.add_done_callback(return_to_event_loop)

    def _finish(self, tickets: list[_Ticket], commit: "Future[list[Prediction]]") -> None:
        """Resolve the futures of a finished commit, and start the next one."""
        _resolve(tickets, commit)
        self._idle_threads += 1
        self._patients_in_commits -= len(tickets)
        self._schedule_start()


def _resolve(tickets: list[_Ticket], commit: "Future[list[Prediction]]") -> None:
    """Give each request its prediction, or all of them the error.

    A future that is done already belongs to a request that was cancelled.
    """
    error = commit.exception()
    if error is not None:
        for ticket in tickets:
            if not ticket.prediction.done():
                ticket.prediction.set_exception(error)
        return
    predictions = commit.result()
    for ticket, prediction in zip(tickets, predictions, strict=True):
        if not ticket.prediction.done():
            ticket.prediction.set_result(prediction)
