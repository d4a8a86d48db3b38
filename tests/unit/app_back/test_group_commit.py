"""Concurrent requests share a commit; a small commit waits to grow while a large one runs."""

import asyncio
from collections.abc import Sequence
from threading import Semaphore

import pytest

from app_back.fast_predict.group_commit import GroupCommit
from readmission.errors import OverloadedError
from readmission.ports.serving import PatientFields
from tests.fakes.event_loop import run_apart

TURNS = 5


class SlowLog:
    """Finishes commits on request, and remembers the size of each."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.may_end = Semaphore(0)

    def answer(self, patients: Sequence[PatientFields]) -> list[PatientFields]:
        self.sizes.append(len(patients))
        self.may_end.acquire()
        return list(patients)


async def _submitted(group: GroupCommit, patients: int) -> "list[asyncio.Future[object]]":
    answers = [group.submit({"age": number}) for number in range(patients)]
    for _ in range(TURNS):
        await asyncio.sleep(0.01)
    return answers


def _group(log: SlowLog, commits: int = 2, limit: int = 10) -> GroupCommit:
    return GroupCommit(log.answer, queue_limit=limit, concurrent_commits=commits)  # type: ignore[arg-type]


def test_a_second_commit_begins_when_as_many_wait_as_are_committed() -> None:
    async def scenario() -> list[list[int]]:
        log, commit_sizes = SlowLog(), []
        group = _group(log)
        answers = []
        for arriving in (3, 2, 1):
            answers += await _submitted(group, arriving)
            commit_sizes.append([*log.sizes])
        log.may_end.release(10)
        await asyncio.gather(*answers)
        group.close()
        return commit_sizes

    assert run_apart(scenario) == [[3], [3], [3, 3]]


def test_a_group_too_small_for_its_own_commit_waits_for_the_next() -> None:
    async def scenario() -> list[int]:
        log = SlowLog()
        group = _group(log)
        first, second = await _submitted(group, 3), await _submitted(group, 1)
        log.may_end.release(10)
        await asyncio.gather(*first)
        await asyncio.gather(*second)
        group.close()
        return log.sizes

    assert run_apart(scenario) == [3, 1]


def test_each_request_gets_its_own_prediction_and_a_full_queue_refuses() -> None:
    async def scenario() -> list[object]:
        log = SlowLog()
        group = _group(log, commits=1, limit=2)
        answers = await _submitted(group, 1) + await _submitted(group, 2)
        with pytest.raises(OverloadedError):
            group.submit({"age": 9})
        log.may_end.release(10)
        predictions = await asyncio.gather(*answers)
        group.close()
        return predictions

    assert run_apart(scenario) == [{"age": 0}, {"age": 0}, {"age": 1}]
