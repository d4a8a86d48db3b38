"""The databases that the same tests run on."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect

from connections.settings import Settings

DATABASES = ["sqlite", pytest.param("mysql", marks=pytest.mark.mysql)]


def empty_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Settings:
    """Return settings that name an empty database of one kind."""
    if kind == "sqlite":
        return settings_for(f"sqlite:///{folder}/")
    url = str(request.getfixturevalue("mysql_url"))
    drop_schemas(url)
    return settings_for(url)


def settings_for(url: str) -> Settings:
    """Return settings that do not depend on this machine's environment."""
    return Settings(_env_file=None, database_url=url)


def drop_schemas(url: str) -> None:
    """Drop both schemas of a MySQL server."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for schema in ("raw_data", "clean_data"):
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {schema}")
    engine.dispose()


def assert_no_stale_tables(engine: Engine) -> None:
    """Fail if a staging or retired table is left."""
    for schema in ("raw_data", "clean_data"):
        names = inspect(engine).get_table_names(schema=schema)
        assert [name for name in names if name.endswith(("_staging", "_retired"))] == []
