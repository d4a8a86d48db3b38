"""The API benchmark's results, as lines for the terminal and as a Markdown page."""

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, load_tool
from benchmarks.markdown import describe_machine, table
from benchmarks.patients import PATIENTS

TERMINAL_HEADER = (
    f"{'':18}{'connections':>12}{'seconds':>9}{'answers/s':>11}{'of empty':>10}"
    f"{'p50 ms':>9}{'best':>7}{'p99 ms':>9}{'errors':>8}"
)
_HEADER = (
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
_ALIGNMENT = "|---|" + "--:|" * (len(_HEADER) - 1)
_SYNCS = 200
_SYNC_BYTES = 1000
_PAGE = """\
# `POST /predict` against an endpoint that does nothing

Written by `./run bench api` on {machine}. The API (serving
processes: {workers}), the database and the load generator ({tool}) share these cores.

The limit is a FastAPI endpoint that parses and validates the same bodies and returns a constant.
The bodies are the 20 fields of the legacy project's form for {patients} patients of the synthetic
sample, in turn. `/predict` runs {model}
and answers when the row is durable: SQLite syncs each commit, MySQL has the stack's settings
(`docker-compose.yml`) and syncs its redo log at each commit. One sync of this disk took
{sync_ms:.1f} ms (median).

The two endpoints take turns of a few seconds, because the speed of a shared machine varies. p50 is
the median of the turns' medians, next to the best turn's; p99 is that of the worst turn. The last
line of each database is one longer run. There may be more rows than answers: requests that were in
flight when a turn ended are stored, too.

{table}
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One endpoint under load, in turns with the empty endpoint.

    ``rows`` is the number of predictions stored meanwhile; None for the empty endpoint.
    """

    name: str
    connections: int
    load: Load
    empty: Load
    rows: int | None = None
    turns: int = 1

    @property
    def is_complete(self) -> bool:
        """Whether no request failed and each answered one has its row.

        Each connection may have one more row in each turn: that of the request then in flight.
        """
        if self.load.errors:
            return False
        if self.rows is None:
            return True
        answered = self.load.requests
        rows_in_flight = self.rows - answered
        most_in_flight = self.connections * self.turns
        return 0 <= rows_in_flight <= most_in_flight

    @property
    def share_of_empty(self) -> float:
        """The throughput as a share of the empty endpoint's."""
        return self.load.per_second / self.empty.per_second

    def terminal_line(self) -> str:
        """Return the measurement's line under ``TERMINAL_HEADER``."""
        load = self.load
        cells = [
            f"{self.name:18}",
            f"{self.connections:12}",
            f"{load.seconds:9.0f}",
            f"{load.per_second:11,.0f}",
            f"{self.share_of_empty:10.0%}",
            f"{load.p50_ms:9.2f}",
            f"{load.best_p50_ms:7.2f}",
            f"{load.p99_ms:9.2f}",
            f"{load.errors:8}",
        ]
        if self.rows is not None:
            cells.append(f"  {self.rows} rows for {load.requests} answers")
        if not self.is_complete:
            cells.append(" !")
        return "".join(cells)

    def table_cells(self) -> list[str]:
        """Return the cells of this measurement's row in the page's table."""
        load = self.load
        rows_stored = "" if self.rows is None else f"{self.rows:,}"
        return [
            self.name,
            f"{self.connections}",
            f"{load.seconds:.0f}",
            f"{load.per_second:,.0f}",
            f"{self.share_of_empty:.0%}",
            f"{load.p50_ms:.2f}",
            f"{load.best_p50_ms:.2f}",
            f"{load.p99_ms:.2f}",
            f"{load.errors}",
            f"{load.requests:,}",
            rows_stored,
        ]


def disk_sync_ms(folder: Path) -> float:
    """Return the median time in which the disk makes a few bytes durable: no commit is faster."""
    path = folder / "sync"
    with path.open("wb") as file:
        file_descriptor = file.fileno()
        durations_ms = [_sync_ms(file_descriptor) for _ in range(_SYNCS)]
    return statistics.median(durations_ms)


def _sync_ms(file_descriptor: int) -> float:
    data = b"1" * _SYNC_BYTES
    sync = getattr(os, "fdatasync", os.fsync)  # macOS has the second only
    started_at = time.perf_counter()
    os.write(file_descriptor, data)
    sync(file_descriptor)
    seconds = time.perf_counter() - started_at
    return seconds * 1000


def write_report(
    measurements: Sequence[Measurement], folder: Path, *, model: str, workers: int, sync_ms: float
) -> None:
    """Write ``api.md``."""
    rows = [measurement.table_cells() for measurement in measurements]
    page = _PAGE.format(
        machine=describe_machine(),
        workers=workers,
        tool=load_tool(),
        patients=PATIENTS,
        model=model,
        sync_ms=sync_ms,
        table=table(_HEADER, _ALIGNMENT, rows),
    )
    folder.mkdir(parents=True, exist_ok=True)
    page_file = folder / "api.md"
    page_file.write_text(page)
