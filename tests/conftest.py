"""Fixtures of all tests: the real dataset, and skips that fail where nothing may be missing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import hypothesis  # noqa: F401 - its plugin would only at the very end: see addopts in pyproject.toml
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.servers import mysql

ROOT = Path(__file__).resolve().parent.parent
TREES = int(os.environ.get("FOREST_TREES", "60"))
"""Few trees, for tests that train often and do not depend on the quality of the model."""
COMPOSE = "tests/compose/"
SHARED_DATASET = ROOT.parent / "shared" / "data" / "Diabetes.csv.xz"


def require(what: str, reason: str) -> NoReturn:
    """Skip a test that lacks ``what``, or fail it where skipping is forbidden (REQUIRE_ALL=1)."""
    message = f"{what} is missing: {reason}"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Keep each file's tests on one process, and those of Compose's one stack, too."""
    return _FileScheduling(config, log)


class _FileScheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return COMPOSE if nodeid.startswith(COMPOSE) else super()._split_scope(nodeid)


@pytest.fixture(scope="session")
def real_dataset() -> Path:
    """Return the path of the real dataset's .xz, from DATASET_URL or beside the repository."""
    path = Path(os.environ.get("DATASET_URL", f"file://{SHARED_DATASET}").removeprefix("file://"))
    return (
        path
        if path.is_file()
        else require("the real dataset", "set DATASET_URL=file://.../Diabetes.csv.xz")
    )


@contextmanager
def _real_mysql() -> Iterator[mysql.MySqlServer]:
    if reason := mysql.why_missing():
        require("MySQL 9.7", reason)
    with mysql.running_mysql() as server:
        yield server


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[mysql.MySqlServer]:
    """Run a real MySQL 9.7 for the session; tests that stop or kill it start one of their own."""
    with _real_mysql() as server:
        yield server


@pytest.fixture(scope="session")
def mysql_url(mysql_server: mysql.MySqlServer) -> str:
    """Return ``mysql+pymysql://user:password@host:port``."""
    return mysql_server.url


@pytest.fixture
def own_mysql() -> Iterator[mysql.MySqlServer]:
    """Run a real MySQL 9.7 for one test, to be stopped and killed."""
    with _real_mysql() as server:
        yield server
