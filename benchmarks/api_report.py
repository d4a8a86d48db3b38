"""The API benchmark's results, as lines for the terminal and as a Markdown page."""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, load_tool
from benchmarks.patients import PATIENTS

TERMINAL_HEADER = (
    f"{'':18}{'connections':>12}{'seconds':>9}{'answers/s':>11}{'of empty':>10}"
    f"{'p50 ms':>9}{'best':>7}{'p99 ms':>9}{'errors':>8}"
)
_COLUMNS = (
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
_PAGE = """\
# `POST /predict` against an endpoint that does nothing

Written by `./run bench api` on {cores} cores ({machine}), Python {python}. The API (serving
processes: {workers}), the database and the load generator ({tool}) share these cores.

The limit is a FastAPI endpoint that parses and validates the same bodies and returns a constant. The
bodies are the 20 fields of the legacy project's form for {patients} patients of the synthetic sample,
in turn. `/predict` runs {model} and answers when the row is durable: SQLite syncs each commit, MySQL
has the stack's settings (`docker-compose.yml`) and syncs its redo log at each commit. One sync of this
disk took {sync_ms:.1f} ms (median).

The two endpoints take turns of a few seconds, because the speed of a shared machine varies. p50 is the
median of the turns' medians, next to the best turn's; p99 is that of the worst turn. The last line of
each database is one longer run. There may be more rows than answers: requests that were in flight when
a turn ended are stored, too.

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
        """Whether no answer failed and each one has its row.

        Each connection may have one more row in each turn: that of the request then in flight.
        """
        if self.load.errors:
            return False
        if self.rows is None:
            return True
        in_flight = self.rows - self.load.requests
        return 0 <= in_flight <= self.connections * self.turns

    @property
    def share_of_empty(self) -> float:
        """The throughput as a share of the empty endpoint's."""
        return self.load.per_second / self.empty.per_second

    def terminal_line(self) -> str:
        """Return the line that the terminal shows."""
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

    def table_row(self) -> str:
        """Return the row of the page's table."""
        load = self.load
        cells = [
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
            "" if self.rows is None else f"{self.rows:,}",
        ]
        return _table_line(cells)


def disk_sync_ms(folder: Path) -> float:
    """Return how long the disk takes to make a few bytes durable: no commit is faster."""
    with (folder / "sync").open("wb") as file:
        return statistics.median(_sync_ms(file.fileno()) for _ in range(_SYNCS))


def _sync_ms(file_descriptor: int) -> float:
    started_at = time.perf_counter()
    os.write(file_descriptor, b"1" * 1000)
    os.fdatasync(file_descriptor)
    return (time.perf_counter() - started_at) * 1000


def write_report(
    measurements: Sequence[Measurement], folder: Path, *, model: str, workers: int, sync_ms: float
) -> None:
    """Write ``api.md``."""
    page = _PAGE.format(
        cores=os.cpu_count(),
        machine=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        workers=workers,
        tool=load_tool(),
        patients=PATIENTS,
        model=model,
        sync_ms=sync_ms,
        table=_table(measurements),
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "api.md").write_text(page)


def _table(measurements: Sequence[Measurement]) -> str:
    alignment = "|---|" + "--:|" * (len(_COLUMNS) - 1)
    rows = [measurement.table_row() for measurement in measurements]
    return "\n".join([_table_line(_COLUMNS), alignment, *rows])


def _table_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
