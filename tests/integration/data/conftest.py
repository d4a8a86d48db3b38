"""Real databases, empty at first, and the real dataset unpacked."""

import lzma
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connections.database.engine import Database, open_database
from connections.dataset.blocks import DatasetFile
from connections.settings import Settings
from tests.conftest import require
from tests.fakes.databases import DATABASES, empty_database
from tests.fakes.rows import as_dataset
from tests.servers import mysql


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return empty_database(request.param, request, tmp_path / "database")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def real_csv(real_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> DatasetFile:
    path = tmp_path_factory.mktemp("dataset") / "Diabetes.csv"
    with lzma.open(real_dataset) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return as_dataset(path)


@pytest.fixture(scope="module")
def own_server() -> Iterator[mysql.MySqlServer]:
    """Run a MySQL server that tests may kill, on a disk that they may fill."""
    if reason := mysql.why_missing():
        require("MySQL 9.7", reason)
    with mysql.running_mysql(disk_mib=800) as server:
        yield server
