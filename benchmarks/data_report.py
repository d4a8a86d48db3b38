"""The results of the data benchmark, as a Markdown page and a plot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.markdown import describe_machine, table

_HEADER = (
    "database",
    "rows",
    "stage",
    "seconds",
    "limit, s",
    "times the limit",
    "times 1x",
    "rows/s",
    "peak, MiB",
)
_ALIGNMENT = "|---|--:|---|--:|--:|--:|--:|--:|--:|"
_PAGE = """\
# Load and clean, compared with the database's own limit

Output of `./run bench data` on {machine},
{dataset}; the larger sizes are copies of it with new ids. MySQL 9.7 has the Compose stack's
settings, SQLite `synchronous = FULL`. Each figure is the minimum of ten rounds (two at the larger
sizes), in which the stages and the sizes take turns: other work on the machine can only add time.

Each stage runs in its own process, whose peak memory is given; about 200 MiB of it are libraries.
*Times 1x* compares mean times with those of the smallest size, because the minimum favours short
runs.

The limit of a load is the database loading the file as it is, without validation:
`LOAD DATA LOCAL INFILE` on MySQL, `executemany` on SQLite. The limit of cleaning is reading all raw
rows plus loading a file of the clean rows in the same way.

{table}

![Seconds against rows](data.png)
"""


@dataclass(slots=True)
class StageRuns:
    """The runs of one stage on one database at one size, and their peak memory."""

    database: str
    scale: int
    rows: int
    stage: str
    run_seconds: list[float] = field(default_factory=list)
    peak_mib: float = 0

    def add(self, seconds: float, peak_mib: float) -> None:
        """Add a run."""
        self.run_seconds.append(seconds)
        self.peak_mib = max(self.peak_mib, peak_mib)

    @property
    def label(self) -> str:
        """The stage with its database and size."""
        return f"{self.database} {self.scale}x {self.stage}"

    @property
    def seconds(self) -> float:
        """The shortest run: other work on the machine can only add time."""
        return min(self.run_seconds)

    @property
    def mean_seconds(self) -> float:
        """The mean run, to compare sizes: only short runs fit into the machine's best moments."""
        return fmean(self.run_seconds)


def write_report(measured: Sequence[StageRuns], folder: Path, *, synthetic: bool) -> None:
    """Write ``data.md`` and ``data.png``."""
    dataset = "the synthetic sample" if synthetic else "the real dataset"
    rows = _table_rows(measured)
    page = _PAGE.format(
        machine=describe_machine(),
        dataset=dataset,
        table=table(_HEADER, _ALIGNMENT, rows),
    )
    folder.mkdir(parents=True, exist_ok=True)
    page_file = folder / "data.md"
    page_file.write_text(page)
    _plot(measured, folder / "data.png")


def _table_rows(measured: Sequence[StageRuns]) -> list[list[str]]:
    """Return a row of cells for each load and clean, next to the limit of the same size."""
    runs_of = {(runs.database, runs.scale, runs.stage): runs for runs in measured}
    rows: list[list[str]] = []
    for runs in measured:
        if runs.stage not in ("load", "clean"):
            continue
        limit = runs_of[runs.database, runs.scale, f"limit {runs.stage}"]
        smallest = runs_of[runs.database, 1, runs.stage]
        times_limit = runs.seconds / limit.seconds
        times_smallest = runs.mean_seconds / smallest.mean_seconds
        rows_per_second = runs.rows / runs.seconds
        cells = [
            runs.database,
            f"{runs.rows:,}",
            runs.stage,
            f"{runs.seconds:.2f}",
            f"{limit.seconds:.2f}",
            f"{times_limit:.2f}",
            f"{times_smallest:.1f}",
            f"{rows_per_second:,.0f}",
            f"{runs.peak_mib:.0f}",
        ]
        rows.append(cells)
    return rows


def _plot(measured: Sequence[StageRuns], target: Path) -> None:
    """Draw seconds against rows, one panel for each database."""
    databases = sorted({runs.database for runs in measured})
    panels = len(databases)
    figure, axes = plt.subplots(
        nrows=1,
        ncols=panels,
        figsize=(5 * panels, 4),
        squeeze=False,
        layout="constrained",
    )
    panel_axes = axes[0]
    for axis, database in zip(panel_axes, databases, strict=True):
        runs_of_database = [runs for runs in measured if runs.database == database]
        _plot_database(axis, database, runs_of_database)
    figure.savefig(target, dpi=110)
    plt.close(figure)


def _plot_database(axis: Axes, database: str, measured: Sequence[StageRuns]) -> None:
    """Draw each stage as a solid line, and its limit as a dashed one of the same color."""
    for stage, color in (("load", "C0"), ("clean", "C1")):
        _plot_stage(axis, stage, measured, linestyle="-", color=color)
        _plot_stage(axis, f"limit {stage}", measured, linestyle="--", color=color)
    axis.set(
        title=database,
        xlabel="rows",
        ylabel="seconds",
        xscale="log",
        yscale="log",
    )
    axis.legend()


def _plot_stage(
    axis: Axes, stage: str, measured: Sequence[StageRuns], *, linestyle: str, color: str
) -> None:
    runs_of_stage = [runs for runs in measured if runs.stage == stage]
    axis.plot(
        [runs.rows for runs in runs_of_stage],
        [runs.seconds for runs in runs_of_stage],
        linestyle=linestyle,
        color=color,
        marker="o",
        label=stage,
    )
