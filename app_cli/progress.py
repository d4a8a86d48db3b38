"""How far a long step is: a bar on a terminal, plain lines in a log, or a JSON file for whoever follows a job."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich import progress as rich_progress
from rich.console import Console

from readmission.ports.data import Progress

LINE_INTERVAL_S = 2.0


@contextmanager
def shown(progress_file: Path | None) -> Iterator[Progress]:
    """Yield the reporter that fits where the output goes."""
    if progress_file:
        yield FileProgress(progress_file)
    elif sys.stderr.isatty():
        columns = (
            rich_progress.TextColumn("{task.description:<28}"),
            rich_progress.BarColumn(),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TimeElapsedColumn(),
        )
        with rich_progress.Progress(*columns, console=Console(stderr=True)) as bars:
            yield BarProgress(bars)
    else:
        yield LineProgress()


class BarProgress:
    """One bar a step."""

    def __init__(self, bars: rich_progress.Progress) -> None:
        self._bars = bars
        self._task_of: dict[str, rich_progress.TaskID] = {}

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Move the step's bar."""
        if step not in self._task_of:
            self._task_of[step] = self._bars.add_task(step, total=total)
        self._bars.update(self._task_of[step], completed=done, total=total)


class LineProgress:
    """A line at a step's start and end, and every two seconds in between."""

    def __init__(self) -> None:
        self._step = ""
        self._printed_at = 0.0

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Print a line when there is something worth a line."""
        now = time.monotonic()
        if step != self._step or done == total or now - self._printed_at >= LINE_INTERVAL_S:
            print(
                f"{step}: {done:,}" + (f" of {total:,}" if total else ""),
                file=sys.stderr,
                flush=True,
            )
            self._step, self._printed_at = step, now


class FileProgress:
    """The latest state, rewritten whole so that a reader never sees half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Replace the file."""
        partial = self._path.with_name(self._path.name + ".partial")
        partial.write_text(
            json.dumps({"step": step, "done": done, "total": total}), encoding="utf-8"
        )
        os.replace(partial, self._path)
