"""The note beside a kept file that says which address it came from, and when to fetch it anew."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from connections.atomic_files import move_durably
from readmission.errors import BusyError, SettingError


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a file came from (``key`` is a hash: the address may hold a password) and what it is."""

    source: str
    key: str
    sha256: str


def read_receipt(path: Path) -> Receipt | None:
    """Return the note beside ``path``, None when there is none that can be read."""
    try:
        return Receipt(**json.loads(_beside(path).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def place(part: Path, path: Path, receipt: Receipt) -> None:
    """Let ``part`` become ``path`` for good; a kill leaves the old file or the new one, whole."""
    note = _beside(path)
    draft = note.with_suffix(".part")
    draft.write_text(json.dumps(asdict(receipt), indent=1) + "\n", "utf-8")
    move_durably({part: path, draft: note})


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in constant memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.receipt.json")


@contextmanager
def alone_in(folder: Path, *, setting: str, timeout_s: float) -> Iterator[None]:
    """Make and hold ``folder``; raises BusyError when another process holds it for too long."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=timeout_s):
            yield
    except Timeout as error:
        raise BusyError(
            f"{setting}: another process has been writing {folder} for {timeout_s:.0f} s."
        ) from error
    except OSError as error:
        reason = f"{folder} cannot be written: {error.strerror or error}"
        raise SettingError(f"{setting}: {reason}. Free space or name another folder.") from error
