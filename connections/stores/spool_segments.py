"""Segments: the files in which the first version kept the spool, one line for each prediction.

A process held a lock on the segment that it wrote, and never wrote again after releasing it.
"""

import fcntl
import time
from contextlib import suppress
from pathlib import Path

_PATTERN = "*.jsonl"
_LOCKED_WITHIN_S = 60
"""How long after creating a segment a process may be about to lock it."""


def segments(folder: Path) -> list[Path]:
    """Return the segments of a folder, oldest first."""
    return sorted(folder.glob(_PATTERN))


def read_segment(path: Path) -> bytes | None:
    """Return the content of a segment, None while a process may still write to it."""
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as segment:
        fcntl.flock(segment, fcntl.LOCK_EX | fcntl.LOCK_NB)
        content = segment.read()
        if not content and _is_new(path):
            return None
        return content
    return None


def _is_new(path: Path) -> bool:
    age_s = time.time() - path.stat().st_mtime
    return age_s < _LOCKED_WITHIN_S
