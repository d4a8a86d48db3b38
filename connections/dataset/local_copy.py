"""The local copy of the dataset, its receipt, and the lock on its folder.

The receipt says which address the copy came from, and so when it has to be fetched again.
"""

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
    """Where a file came from, and its checksum.

    ``key`` identifies the source; it is a hash, because an address may hold a password.
    """

    source: str
    key: str
    sha256: str


def read_receipt(path: Path) -> Receipt | None:
    """Return the receipt of the file at ``path``, None if there is none that can be read."""
    try:
        text = _receipt_path(path).read_text("utf-8")
        values = json.loads(text)
        return Receipt(**values)
    except (FileNotFoundError, ValueError, TypeError):
        return None


def publish_file(staged: Path, path: Path, receipt: Receipt) -> None:
    """Replace ``path`` by ``staged`` and store its receipt, durably.

    A kill leaves the old file or the new one, whole. If it leaves the new file with the old
    receipt, the checksums differ and the file is fetched again.
    """
    receipt_path = _receipt_path(path)
    staged_receipt = receipt_path.with_suffix(".part")
    values = asdict(receipt)
    text = json.dumps(values, indent=1)
    staged_receipt.write_text(f"{text}\n", "utf-8")

    targets = {
        staged: path,
        staged_receipt: receipt_path,
    }
    move_durably(targets)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read with constant memory."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return digest.hexdigest()


@contextmanager
def exclusive_folder(folder: Path, *, setting: str, timeout_s: float) -> Iterator[None]:
    """Create ``folder`` and hold the lock on it.

    Raises BusyError when another process holds the lock for longer than ``timeout_s``, and
    SettingError, naming ``setting``, when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=timeout_s):
            yield
    except Timeout as error:
        raise BusyError(
            f"{setting}: another process has been writing {folder} for {timeout_s:.0f} s."
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise SettingError(
            f"{setting}: {folder} cannot be written: {reason}. Free space or name another folder."
        ) from error


def _receipt_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.receipt.json")
