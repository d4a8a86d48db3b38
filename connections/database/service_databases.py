"""A database for a server of ours (Airflow, MLflow) beside the data: a SQLite file, or one on the same MySQL."""

from pathlib import Path

from sqlalchemy import make_url

from connections.database.engine import open_engine
from connections.settings import SQLITE_PREFIX, Settings


def service_database(settings: Settings, name: str, folder: Path) -> str:
    """Return the URL of the database of that name, made where it is missing."""
    if settings.embedded:
        folder.mkdir(parents=True, exist_ok=True)
        return f"{SQLITE_PREFIX}{folder.resolve() / name}.db"
    engine = open_engine(settings)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4")
    engine.dispose()
    url = make_url(settings.database_url.get_secret_value()).set(database=name)
    return url.render_as_string(hide_password=False)
