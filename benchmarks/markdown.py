"""Parts of the Markdown pages that the benchmarks write."""

import platform
from collections.abc import Iterable, Sequence

from readmission.cores import usable_cores


def describe_machine() -> str:
    """Return the cores that this process may use, the platform and the Python version."""
    cores = usable_cores()
    system = platform.system()
    architecture = platform.machine()
    python = platform.python_version()
    return f"{cores} cores ({system} {architecture}), Python {python}"


def table(header: Sequence[str], alignment: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a table; ``alignment`` is its second line, such as ``|---|--:|``."""
    lines = [_table_line(header), alignment]
    for cells in rows:
        lines.append(_table_line(cells))
    return "\n".join(lines)


def _table_line(cells: Sequence[str]) -> str:
    joined = " | ".join(cells)
    return f"| {joined} |"
