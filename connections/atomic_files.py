"""Replace files so that no reader sees half of one: write alongside, sync if asked, rename.

There are two guarantees to choose from:

- **Atomic.** A reader gets the previous file or the new one, whole, even after the writer was
  killed. A rename within one file system gives this.
- **Durable.** The new file also survives a power failure. This takes a sync of the file before the
  rename and a sync of its folder after it, which cost milliseconds.

Standard library only: ``python3 -m app_cli.secrets`` runs before anything is installed.
"""

import os
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_CREATE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def replace_file(
    path: Path, content: bytes, *, durable: bool = False, permissions: int = 0o666
) -> None:
    """Make ``content`` the file at ``path``, whose folder must exist.

    A new file gets ``permissions`` less the umask. After an error the previous file is unchanged
    and nothing is left alongside it.
    """
    staged = _staging_path(path)
    remove_old(path.parent, f"{path.name}.*.partial")
    try:
        _write_new(staged, content, permissions)
        if durable:
            move_durably({staged: path})
        else:
            staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def move_durably(target_of: Mapping[Path, Path]) -> None:
    """Rename files onto their targets, in the mapping's order, so that a power failure loses none.

    Every file is synced before the first rename: an error until then leaves all targets as they
    were. A file and its target must be in the same file system.
    """
    for staged in target_of:
        _sync(staged)
    for staged, target in target_of.items():
        staged.replace(target)
    folders = {target.parent for target in target_of.values()}
    for folder in folders:
        sync_folder(folder)


def remove_old(folder: Path, pattern: str, *, age_s: float = 3600) -> None:
    """Remove what killed processes have left: files and folders that match and are as old."""
    oldest_in_use = time.time() - age_s
    for leftover in folder.glob(pattern):
        with suppress(OSError):  # another process removes it, too
            if leftover.lstat().st_mtime > oldest_in_use:
                continue
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()


def sync_folder(path: Path) -> None:
    """Return when the folder's entries are on the disk: files created, renamed or removed in it."""
    _sync(path)


def _staging_path(path: Path) -> Path:
    """Return a path alongside ``path`` that no other process or thread uses."""
    process_id = os.getpid()
    thread_id = threading.get_native_id()
    name = f"{path.name}.{process_id}-{thread_id}.partial"
    return path.with_name(name)


def _write_new(path: Path, content: bytes, permissions: int) -> None:
    path.unlink(missing_ok=True)  # a killed process with the same id may have left one
    descriptor = os.open(path, _CREATE_NEW, permissions)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
