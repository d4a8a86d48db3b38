"""SQLite files as addresses, for the programs that know their database by an address only.

In an address ``?`` begins the options and ``%`` an escape, but either may be in a folder's name.
"""

import os
from pathlib import Path
from urllib.parse import unquote

from readmission.errors import SettingError

SQLITE_PREFIX = "sqlite:///"

_SPECIAL = ("%", "?", "#")
"""The escape sign itself comes first, so that no escape is escaped again."""


def sqlite_url(file: Path) -> str:
    """Return the absolute address of a file, with escapes where its path needs them."""
    path = str(file)
    for sign in _SPECIAL:
        path = path.replace(sign, f"%{ord(sign):02X}")
    return f"{SQLITE_PREFIX}{path}"


def sqlite_url_for_mlflow(file: Path) -> str:
    """Return an address without escapes: MLflow would create a folder with them in its name.

    A path that needs them is given relative to the current folder, which is the repository for
    everything that ``./run`` starts. Raises SettingError if the relative path needs them, too.
    """
    if not _is_special(str(file)):
        return f"{SQLITE_PREFIX}{file}"
    relative = os.path.relpath(file)
    if _is_special(relative):
        raise SettingError(
            f"STATE_DIR: MLflow cannot use the folder {file.parent}, whose name holds one of "
            f"{' '.join(_SPECIAL)}; choose another, or start from within it."
        )
    return f"{SQLITE_PREFIX}{relative}"


def sqlite_path(url: str) -> Path | None:
    """Return the file behind an address, as SQLAlchemy reads it; None for a server."""
    if not url.startswith(SQLITE_PREFIX):
        return None
    file, _, _options = url.removeprefix(SQLITE_PREFIX).partition("?")
    return Path(unquote(file))


def _is_special(path: str) -> bool:
    return any(sign in path for sign in _SPECIAL)
