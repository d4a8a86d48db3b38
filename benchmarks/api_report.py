"""The figures of the API as lines and as a page."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, tool
from benchmarks.patients import PATIENTS

HEADER = (
    f"{'':18}{'connections':>12}{'seconds':>9}{'answers/s':>11}{'of empty':>10}{'p50 ms':>9}{'best':>7}"
    f"{'p99 ms':>9}{'errors':>8}"
)
_HEAD = (
    "",
    "connections",
    "seconds",
    "answers/s",
    "of empty",
    "p50, ms",
    "best turn's",
    "p99, ms",
    "errors",
    "answers",
    "rows stored",
)
_SYNCS = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """One load, in turns, beside the empty endpoint's; ``rows``: how many the table grew by meanwhile."""

    name: str
    connections: int
    load: Load
    empty: Load
    rows: int | None = None
    turns: int = 1

    @property
    def whole(self) -> bool:
        """Whether no answer failed and each has its row; what was under way when a turn ended has one, too."""
        answers, under_way = self.load.requests, self.connections * self.turns
        return not self.load.errors and (
            self.rows is None or answers <= self.rows <= answers + under_way
        )

    def line(self) -> str:
        """Return what the terminal shows."""
        load = self.load
        rows = "" if self.rows is None else f"  {self.rows} rows for {load.requests} answers"
        return (
            f"{self.name:18}{self.connections:12}{load.seconds:9.0f}{load.per_second:11,.0f}{self._ratio:10.0%}"
            f"{load.p50_ms:9.2f}{load.best_p50_ms:7.2f}{load.p99_ms:9.2f}{load.errors:8}"
            f"{rows}{'' if self.whole else ' !'}"
        )

    def row(self) -> str:
        """Return what the page shows."""
        load = self.load
        rows = "" if self.rows is None else f"{self.rows:,}"
        return (
            f"| {self.name} | {self.connections} | {load.seconds:.0f} | {load.per_second:,.0f} | {self._ratio:.0%} "
            f"| {load.p50_ms:.2f} | {load.best_p50_ms:.2f} | {load.p99_ms:.2f} | {load.errors} "
            f"| {load.requests:,} | {rows} |"
        )

    @property
    def _ratio(self) -> float:
        return self.load.per_second / self.empty.per_second


def disk_sync_ms(folder: Path) -> float:
    """Return how long the disk takes to make a few bytes durable: no commit is faster."""
    with (folder / "sync").open("wb") as file:
        return statistics.median(_sync_ms(file.fileno()) for _ in range(_SYNCS))


def _sync_ms(file: int) -> float:
    started = time.perf_counter()
    os.write(file, b"1" * 1000)
    os.fdatasync(file)
    return (time.perf_counter() - started) * 1000


def write_report(
    measured: Sequence[Measured], folder: Path, *, model: str, workers: int, sync_ms: float
) -> None:
    """Write ``api.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "api.md").write_text(_page(measured, model, workers, sync_ms))


def _page(measured: Sequence[Measured], model: str, workers: int, sync_ms: float) -> str:
    return "\n".join(
        [
            "# `POST /predict` beside an endpoint that does nothing",
            "",
            f"Made by `./run bench api` on {os.cpu_count()} cores ({platform.system()} {platform.machine()}), "
            f"Python {platform.python_version()}. The API (serving processes: {workers}), the database and the load "
            f"({tool()}) share these cores.",
            "",
            "The limit is a FastAPI endpoint that takes and validates the same bodies, the original form's 20 fields "
            f"of {PATIENTS} patients of the synthetic sample in turn, and answers a constant. `/predict` asks {model} "
            "and answers when the row is durable: SQLite syncs each commit, MySQL has the stack's settings "
            "(`docker-compose.yml`) and syncs its redo log at each commit. One sync of this disk took "
            f"{sync_ms:.1f} ms (median).",
            "",
            "The two take turns of a few seconds, because a machine has quick minutes and slow ones: p50 is the median "
            "of the turns' medians, and beside it stands the best turn's; p99 is that of the worst turn. The last line "
            "of a database is one longer run. Rows may outnumber answers by what was under way when a turn ended.",
            "",
            f"| {' | '.join(_HEAD)} |",
            "|---|" + "--:|" * (len(_HEAD) - 1),
            *(one.row() for one in measured),
            "",
        ]
    )
