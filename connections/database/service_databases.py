"""Databases for Airflow and MLflow: SQLite files, or schemas on the server of the data."""

from pathlib import Path

from connections.database.engine import open_database
from connections.settings import Settings


def service_database(settings: Settings, name: str, folder: Path) -> str:
    """Return the URL of the database of that name, created where it is missing."""
    database = open_database(settings)
    url = database.dialect.create_service_database(database.engine, name, folder)
    database.dispose()
    return url
