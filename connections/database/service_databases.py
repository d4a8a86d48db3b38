"""Databases for Airflow and MLflow alongside the data: SQLite files, or schemas of the same server."""

from pathlib import Path

from connections.database.engine import open_database
from connections.settings import Settings


def service_database(settings: Settings, name: str, folder: Path) -> str:
    """Return the URL of the database of that name, created where it is missing."""
    database = open_database(settings)
    url = database.dialect.create_service_database(database.engine, name, folder)
    database.dispose()
    return url
