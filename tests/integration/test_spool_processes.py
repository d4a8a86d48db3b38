"""Two processes with a spool lose nothing and double nothing, however their steps interleave."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connections.stores.prediction_log import open_prediction_log
from connections.stores.prediction_spool import SpooledPredictionLog
from tests.conftest import ROOT
from tests.fakes.databases import settings_for
from tests.servers.api import stored_ids

pytestmark = pytest.mark.slow
ROWS = [150, pytest.param(50_000, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
KILLS = [2, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]


class Writer:
    """A process that appends to the spool and writes the ids that it was promised to a file."""

    def __init__(self, folder: Path, rows: int, seed: int) -> None:
        self._acknowledged = folder / f"acknowledged-{seed}.txt"
        command = [sys.executable, "-m", "tests.integration.spool_writer"]
        with self._acknowledged.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, str(folder), str(rows), str(seed)], cwd=ROOT, stdout=output
            )

    def acknowledged(self) -> list[str]:
        return self._acknowledged.read_text().split()


def drain_the_rest(folder: Path) -> list[str]:
    """Drain what the processes left; return the ids that are in the table."""
    url = f"sqlite:///{folder}/db/"
    log = SpooledPredictionLog(open_prediction_log(settings_for(url)), folder / "spool")
    log.drain()
    log.close()
    return stored_ids(url)


@pytest.mark.parametrize("rows", ROWS)
def test_delays_before_each_step_lose_and_double_nothing(tmp_path: Path, rows: int) -> None:
    writers = [Writer(tmp_path, rows, seed) for seed in range(2)]
    assert [writer.process.wait() for writer in writers] == [0, 0]
    acknowledged = [row_id for writer in writers for row_id in writer.acknowledged()]
    assert len(acknowledged) == 2 * rows
    assert sorted(drain_the_rest(tmp_path)) == sorted(acknowledged)


@pytest.mark.alone
@pytest.mark.parametrize("kills", KILLS)
def test_killed_at_any_step_every_acknowledged_row_is_there_once(
    tmp_path: Path, kills: int
) -> None:
    chance = random.Random(kills)  # noqa: S311
    writers = []
    for kill in range(kills):
        pair = [Writer(tmp_path, 10**9, 2 * kill + number) for number in range(2)]
        deadline = time.monotonic() + 60
        while not all(writer.acknowledged() for writer in pair) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 2))
        for writer in pair:
            writer.process.kill()
            writer.process.wait()
        writers += pair
    acknowledged = {row_id for writer in writers for row_id in writer.acknowledged()}
    stored = drain_the_rest(tmp_path)
    assert len(acknowledged) >= 20 * kills
    assert acknowledged <= set(stored)
    assert len(set(stored)) == len(stored)
