"""The figures of the data plane as a table and a plot."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import matplotlib.pyplot as plt

_HEAD = (
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
_RULE = "|---|--:|---|--:|--:|--:|--:|--:|--:|"


class Figures(Protocol):
    """One stage at one size: the least of its runs, and their mean."""

    database: str
    scale: int
    rows: int
    stage: str
    peak_mib: float

    @property
    def seconds(self) -> float: ...  # noqa: D102

    @property
    def mean_seconds(self) -> float: ...  # noqa: D102


def write_report(measured: Sequence[Figures], folder: Path, *, synthetic: bool) -> None:
    """Write ``data.md`` and ``data.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.md").write_text(_page(measured, synthetic=synthetic))
    _plot(measured, folder / "data.png")


def _page(measured: Sequence[Figures], *, synthetic: bool) -> str:
    dataset = "the synthetic sample" if synthetic else "the real dataset"
    return "\n".join(
        [
            "# Load and clean, compared with the database's own limit",
            "",
            f"Output of `./run bench data` on {os.cpu_count()} cores ({platform.system()} {platform.machine()}), "
            f"Python {platform.python_version()}, {dataset}; the larger sizes are copies of it with new ids. "
            "MySQL 9.7 has the Compose stack's settings, SQLite `synchronous = FULL`. Each figure is the minimum of "
            "ten rounds (two at the larger sizes), in which the stages and the sizes take turns: other work on the "
            "machine can only add time.",
            "",
            "Each stage runs in its own process, whose peak memory is given; about 200 MiB of it are libraries. "
            "*Times 1x* compares mean times with those of the smallest size, because the minimum favours short runs.",
            "",
            "The limit of a load is the database loading the file as it is, without validation: `LOAD DATA LOCAL "
            "INFILE` on MySQL, `executemany` on SQLite. The limit of cleaning is reading all raw rows plus loading "
            "a file of the clean rows in the same way.",
            "",
            f"| {' | '.join(_HEAD)} |",
            _RULE,
            *_rows(measured),
            "",
            "![Seconds against rows](data.png)",
            "",
        ]
    )


def _rows(measured: Sequence[Figures]) -> list[str]:
    seconds = {(m.database, m.scale, m.stage): m.seconds for m in measured}
    means = {(m.database, m.stage): m.mean_seconds for m in measured if m.scale == 1}
    return [
        f"| {m.database} | {m.rows:,} | {m.stage} | {m.seconds:.2f} | {limit:.2f} | {m.seconds / limit:.2f} "
        f"| {m.mean_seconds / means[m.database, m.stage]:.1f} | {m.rows / m.seconds:,.0f} | {m.peak_mib:.0f} |"
        for m in measured
        if m.stage in ("load", "clean")
        for limit in [seconds[m.database, m.scale, f"limit {m.stage}"]]
    ]


def _plot(measured: Sequence[Figures], target: Path) -> None:
    names = sorted({m.database for m in measured})
    figure, axes = plt.subplots(
        1, len(names), figsize=(5 * len(names), 4), squeeze=False, layout="constrained"
    )
    for axis, database in zip(axes[0], names, strict=True):
        for stage in ("load", "limit load", "clean", "limit clean"):
            points = [
                (m.rows, m.seconds) for m in measured if (m.database, m.stage) == (database, stage)
            ]
            style = "--" if stage.startswith("limit") else "-"
            axis.plot(
                *zip(*points, strict=True),
                style,
                marker="o",
                label=stage,
                color=f"C{stage.endswith('clean'):d}",
            )
        axis.set(title=database, xlabel="rows", ylabel="seconds", xscale="log", yscale="log")
        axis.legend()
    figure.savefig(target, dpi=110)
    plt.close(figure)
