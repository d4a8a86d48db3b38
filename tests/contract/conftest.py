"""The stores that must all behave alike: in memory, on SQLite, on MySQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connections.database.engine import open_database
from connections.stores.clean_data import SqlCleanData
from connections.stores.raw_data import SqlRawData
from readmission.ports.data import CleanData, RawData
from tests.fakes.data import InMemoryCleanData, InMemoryRawData
from tests.fakes.databases import DATABASES, empty_database


@dataclass(frozen=True)
class Stores:
    raw_data: RawData
    clean_data: CleanData


@pytest.fixture(params=["memory", *DATABASES])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    if request.param == "memory":
        yield Stores(InMemoryRawData(), InMemoryCleanData())
        return
    database = open_database(empty_database(request.param, request, tmp_path / "database"))
    yield Stores(SqlRawData(database), SqlCleanData(database))
    database.dispose()


@pytest.fixture
def raw_data(stores: Stores) -> RawData:
    return stores.raw_data


@pytest.fixture
def clean_data(stores: Stores) -> CleanData:
    return stores.clean_data
