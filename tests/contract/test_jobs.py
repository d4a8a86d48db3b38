"""The jobs behave alike in memory, on SQLite, on MySQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from connections.database.engine import Database, open_database
from connections.database.staging import create_staging
from connections.database.tables import JOBS, LOADS
from connections.stores.jobs import SILENT_S, SqlJobs
from readmission.errors import AlreadyRunningError, UnknownVersionError
from tests.fakes.databases import DATABASES, empty_database
from tests.fakes.serving import InMemoryJobs


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(empty_database(request.param, request, tmp_path / "database"))
    yield opened
    opened.dispose()


@pytest.fixture(params=["memory", *DATABASES])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InMemoryJobs | SqlJobs]:
    if request.param == "memory":
        yield InMemoryJobs()
        return
    opened = open_database(empty_database(request.param, request, tmp_path / "database"))
    yield SqlJobs(opened)
    opened.dispose()


def test_a_job_is_followed_from_start_to_end(jobs: SqlJobs) -> None:
    job = jobs.start("train")
    assert jobs.find(job.job_id) == job
    jobs.report(job.job_id, "batch 2", 2, 6)
    running = jobs.find(job.job_id)
    assert (running.state, running.step, running.done, running.total) == (
        "running",
        "batch 2",
        2,
        6,
    )
    jobs.end(job.job_id, "failed", "no rows", 2)
    ended = jobs.find(job.job_id)
    assert (ended.state, ended.reason, ended.exit_code, ended.ended_at is not None) == (
        "failed",
        "no rows",
        2,
        True,
    )


def test_one_of_a_kind_runs(jobs: SqlJobs) -> None:
    first = jobs.start("train")
    with pytest.raises(AlreadyRunningError, match="train"):
        jobs.start("train")
    jobs.start("clean")
    jobs.end(first.job_id, "succeeded", None)
    jobs.start("train")


def test_an_unknown_job_is_refused(jobs: SqlJobs) -> None:
    with pytest.raises(UnknownVersionError):
        jobs.find("01890000-0000-7000-8000-000000000000")


def test_a_silent_job_is_interrupted_and_gives_way(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connections.stores.jobs._LAST_CHANCE_S", 0)
    jobs = SqlJobs(database)
    job = jobs.start("train")
    with database.begin() as connection:
        silent = datetime.now(UTC) - timedelta(seconds=SILENT_S + 1)
        connection.execute(update(JOBS).values(seen_at=silent))
    jobs.start("train")
    ended = jobs.find(job.job_id)
    assert (ended.state, "no sign of life" in (ended.reason or "")) == ("interrupted", True)
    assert not jobs.report(job.job_id, "batch 2", 2, 6), "its runner has to end"


def test_a_job_that_reports_again_after_the_database_was_away_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = SqlJobs(database)
    job = jobs.start("train")
    with database.begin() as connection:
        silent = datetime.now(UTC) - timedelta(seconds=SILENT_S + 1)
        connection.execute(update(JOBS).values(seen_at=silent))
    monkeypatch.setattr(
        "connections.stores.jobs.time.sleep", lambda _: jobs.report(job.job_id, "on", 1, 2)
    )
    assert jobs.find(job.job_id).state == "running"
    assert jobs.find(job.job_id).step == "on"


def test_a_table_of_an_earlier_version_gets_the_column_that_came_later(database: Database) -> None:
    first = SqlJobs(database).start("train")
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE raw_data.jobs DROP COLUMN exit_code")
    restarted = Database(database.engine, database.dialect)
    jobs = SqlJobs(restarted)
    jobs.end(first.job_id, "failed", "no rows", 2)
    assert jobs.find(first.job_id).exit_code == 2


def test_jobs_report_while_a_stage_makes_and_drops_tables(database: Database) -> None:
    jobs = SqlJobs(database)
    job = jobs.start("download")
    with ThreadPoolExecutor(1) as pool:
        staging = pool.submit(lambda: [create_staging(database, [LOADS]) for _ in range(30)])
        reports = 0
        while not staging.done():
            reports += 1
            jobs.report(job.job_id, "loading", reports, None)
    staging.result()
    assert jobs.find(job.job_id).done == reports > 0
