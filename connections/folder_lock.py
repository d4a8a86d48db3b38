"""One process at a time writes a folder, and what keeps it from writing is told as a setting."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from readmission.errors import BusyError, SettingError


@contextmanager
def alone_in(folder: Path, *, setting: str, timeout_s: float) -> Iterator[None]:
    """Make and hold ``folder``; raises BusyError when another process holds it for too long."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=timeout_s):
            yield
    except Timeout as error:
        raise BusyError(f"{setting}: another process has been writing {folder} for {timeout_s:.0f} s.") from error
    except OSError as error:
        reason = f"{folder} cannot be written: {error.strerror or error}"
        raise SettingError(f"{setting}: {reason}. Free space or name another folder.") from error
