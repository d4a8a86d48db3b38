"""The addresses by which MLflow knows its files."""

from pathlib import Path
from urllib.parse import unquote

from connections.setting_checks import SQLITE_PREFIX


def sqlite_path(tracking_uri: str) -> Path | None:
    """Return the file behind a SQLite tracking URI, as SQLAlchemy reads it; None for a server."""
    if not tracking_uri.startswith(SQLITE_PREFIX):
        return None
    file, _, _options = tracking_uri.removeprefix(SQLITE_PREFIX).partition("?")
    return Path(unquote(file))
