"""Artifacts in a folder that was moved, renamed, or restored from a backup elsewhere.

MLflow stores the absolute address of each artifact in its database. The files themselves are next
to that database, so their addresses can be computed, and are corrected when it is opened.
"""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

logger = logging.getLogger(__name__)

_FOLDER = "mlartifacts"
_TIMEOUT_S = 30
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Every column in which MLflow stores the address of an artifact."""


def artifact_folder(database: Path) -> Path:
    """Return the folder of the artifacts that belong to MLflow's SQLite file."""
    return (database.parent / _FOLDER).resolve()


def correct_addresses(database: Path) -> None:
    """Let the addresses lead to the folder next to the database, if they lead elsewhere."""
    folder = artifact_folder(database)
    with closing(sqlite3.connect(database, timeout=_TIMEOUT_S)) as connection:
        for previous in _previous_addresses(connection, folder):
            previous_folder = Path(unquote(urlsplit(previous).path))
            if previous_folder.exists() and not folder.exists():
                continue  # only the database was copied
            _replace_prefix(connection, previous, folder.as_uri())
            logger.warning(
                "The folder was moved: the artifacts of MLflow are now in %s, no longer in %s.",
                folder,
                previous_folder,
            )


def _previous_addresses(connection: sqlite3.Connection, folder: Path) -> list[str]:
    """Return the addresses of former artifact folders."""
    rows = connection.execute("SELECT DISTINCT artifact_location FROM experiments")
    present = folder.as_uri()
    previous = []
    for (address,) in rows.fetchall():
        is_own_folder = address.startswith("file:///") and address.endswith(f"/{_FOLDER}")
        if is_own_folder and address != present:
            previous.append(address)
    return previous


def _replace_prefix(connection: sqlite3.Connection, previous: str, present: str) -> None:
    """Replace the address at the start of every stored one, in one transaction."""
    with connection:
        for table, column in _COLUMNS:
            connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?)"  # noqa: S608 - constants
                f" WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (present, len(previous) + 1, previous, len(previous) + 1, f"{previous}/"),
            )
