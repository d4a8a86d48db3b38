"""The progress of a long step: a bar on a terminal, lines in a log, or a JSON file for a job."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich import progress as rich_progress
from rich.console import Console

from connections.atomic_files import replace_file
from readmission.ports.data import Progress

LINE_INTERVAL_S = 2.0


@contextmanager
def progress_reporter(progress_file: Path | None) -> Iterator[Progress]:
    """Yield the reporter that suits the output: a file if one is named, a terminal, or a log."""
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
    """A progress bar for each step."""

    def __init__(self, bars: rich_progress.Progress) -> None:
        self._bars = bars
        self._task_of: dict[str, rich_progress.TaskID] = {}

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Move the step's bar, which its first report adds."""
        task = self._task_of.get(step)
        if task is None:
            task = self._bars.add_task(step, total=total)
            self._task_of[step] = task
        self._bars.update(task, completed=done, total=total)


class LineProgress:
    """A line at the start and end of each step, and every two seconds in between."""

    def __init__(self) -> None:
        self._step = ""
        self._printed_at = 0.0

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Print a line, unless the step's last line is recent."""
        now = time.monotonic()
        starts = step != self._step
        ends = done == total
        silent_s = now - self._printed_at
        if starts or ends or silent_s >= LINE_INTERVAL_S:
            line = f"{step}: {done:,}"
            if total:
                line += f" of {total:,}"
            print(line, file=sys.stderr, flush=True)
            self._step = step
            self._printed_at = now


class FileProgress:
    """A JSON file with the latest report; a reader never sees half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Replace the file."""
        report = {"step": step, "done": done, "total": total}
        content = json.dumps(report).encode()
        replace_file(self._path, content)
