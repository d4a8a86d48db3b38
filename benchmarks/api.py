"""``./run bench api``: measure ``/predict`` against an endpoint that does nothing, in one run."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from benchmarks.api_report import TERMINAL_HEADER, Measurement, disk_sync_ms, write_report
from benchmarks.load import Load, combine_turns, put_load
from benchmarks.patients import PATIENTS, original_payloads
from benchmarks.sample_model import make_onnx, seed_cache
from benchmarks.server_process import serving
from connections.database.engine import Database, open_database
from connections.database.tables import PREDICTIONS
from connections.settings import ROOT, Settings
from connections.tracking.client import open_client
from readmission.model.settings import ForestSettings
from tests.servers.mysql import running_mysql, why_missing

EMPTY = "empty endpoint"
FORESTS = 6
"""As many as the real dataset has batches: the champion averages them all."""
_WARM_UP_S = 2
_TURN_S = 2
"""The empty endpoint and ``/predict`` take turns, because the speed of a shared machine varies."""
_SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class _Endpoints:
    """The two addresses that are compared, and the database behind ``/predict``."""

    empty_url: str
    predict_url: str
    database: str
    database_url: str

    @property
    def name(self) -> str:
        """The name of ``/predict`` in the report."""
        return f"/predict, {self.database}"


def main() -> None:
    """Measure and write ``docs/benchmarks/api.md``; exit 1 if a request failed or has no row."""
    arguments = _parse_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("training a model of the real size ...", flush=True)
        seed_cache(folder, make_onnx(forests=FORESTS))
        # Creates MLflow's tables now: they would keep the API busy for many seconds.
        open_client(_tracking_uri(folder))
        measurements = list(_measure(arguments, folder))
        sync_ms = disk_sync_ms(folder)
    if arguments.write:
        trees = ForestSettings().trees
        write_report(
            measurements,
            ROOT / "docs" / "benchmarks",
            model=f"the average of {FORESTS} forests of {trees} trees, as the champion is,",
            workers=arguments.workers,
            sync_ms=sync_ms,
        )
    all_complete = all(measurement.is_complete for measurement in measurements)
    sys.exit(0 if all_complete else 1)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=int, default=20, help="length of each measurement")
    parser.add_argument(
        "--hold",
        type=int,
        default=60,
        help="seconds of one more run on the last number of connections; 0: none",
    )
    parser.add_argument(
        "--databases", nargs="+", default=["sqlite", "mysql"], choices=["sqlite", "mysql"]
    )
    parser.add_argument("--workers", type=int, default=1, help="serving processes of the API")
    parser.add_argument(
        "--no-write", dest="write", action="store_false", help="leave docs/benchmarks as it is"
    )
    return parser.parse_args()


def _measure(arguments: argparse.Namespace, folder: Path) -> Iterator[Measurement]:
    """Yield all measurements, and print each one as soon as it is there."""
    bodies = original_payloads(PATIENTS)
    print(TERMINAL_HEADER)
    with _empty_api() as empty_url:
        for database in arguments.databases:
            measurements = _measure_database(database, empty_url, bodies, arguments, folder)
            for measurement in measurements:
                print(measurement.terminal_line(), flush=True)
                yield measurement


def _measure_database(
    database: str,
    empty_url: str,
    bodies: Sequence[str],
    arguments: argparse.Namespace,
    folder: Path,
) -> Iterator[Measurement]:
    """Yield the measurements of ``/predict`` on one database and of the empty endpoint."""
    with (
        _database_url(database, folder) as database_url,
        _api(arguments.workers, folder, database_url) as api_url,
    ):
        endpoints = _Endpoints(
            empty_url=f"{empty_url}/predict",
            predict_url=f"{api_url}/predict",
            database=database,
            database_url=database_url,
        )
        for connections in arguments.connections:
            empty, predict = _measure_turns(endpoints, bodies, connections, arguments.seconds)
            yield empty
            yield predict
        if arguments.hold:
            yield _measure_hold(endpoints, bodies, predict, arguments.hold)


def _measure_turns(
    endpoints: _Endpoints, bodies: Sequence[str], connections: int, seconds: int
) -> tuple[Measurement, Measurement]:
    """Return the empty endpoint and ``/predict``, measured in alternating turns of ``_TURN_S``."""

    def load_for(url: str, turn_seconds: int) -> Load:
        return put_load(url, bodies, connections=connections, seconds=turn_seconds)

    load_for(endpoints.empty_url, _WARM_UP_S)
    load_for(endpoints.predict_url, _WARM_UP_S)
    rows_before = _count_settled_rows(endpoints.database_url)
    empty_turns: list[Load] = []
    predict_turns: list[Load] = []
    for _ in range(0, seconds, _TURN_S):
        empty_turn = load_for(endpoints.empty_url, _TURN_S)
        empty_turns.append(empty_turn)
        predict_turn = load_for(endpoints.predict_url, _TURN_S)
        predict_turns.append(predict_turn)
    rows_after = _count_settled_rows(endpoints.database_url)
    empty = combine_turns(empty_turns)
    predict = combine_turns(predict_turns)
    measured_predict = Measurement(
        name=endpoints.name,
        connections=connections,
        load=predict,
        empty=empty,
        rows=rows_after - rows_before,
        turns=len(predict_turns),
    )
    measured_empty = Measurement(EMPTY, connections, load=empty, empty=empty)
    return measured_empty, measured_predict


def _measure_hold(
    endpoints: _Endpoints, bodies: Sequence[str], turns: Measurement, seconds: int
) -> Measurement:
    """Return ``/predict`` measured in one longer run, next to the turns' empty endpoint."""
    rows_before = _count_settled_rows(endpoints.database_url)
    load = put_load(
        endpoints.predict_url,
        bodies,
        connections=turns.connections,
        seconds=seconds,
    )
    rows_after = _count_settled_rows(endpoints.database_url)
    return Measurement(
        name=endpoints.name,
        connections=turns.connections,
        load=load,
        empty=turns.empty,
        rows=rows_after - rows_before,
    )


def _empty_api() -> AbstractContextManager[str]:
    module = ["uvicorn", "benchmarks.empty_api:app", "--no-access-log"]
    return serving(module, environment={}, health_path="/openapi.json")


def _api(workers: int, folder: Path, database_url: str) -> AbstractContextManager[str]:
    environment = {
        "STATE_DIR": str(folder),
        "DATABASE_URL": database_url,
        "API_WORKERS": str(workers),
        "MLFLOW_TRACKING_URI": _tracking_uri(folder),
    }
    return serving(["app_back"], environment, health_path="/health/ready")


def _tracking_uri(folder: Path) -> str:
    return f"sqlite:///{folder}/mlflow.db"


@contextmanager
def _database_url(database: str, folder: Path) -> Iterator[str]:
    """Yield the address of SQLite in the folder, or of a MySQL server that runs meanwhile."""
    if database == "sqlite":
        yield f"sqlite:///{folder}/"
        return
    why_no_mysql = why_missing()
    if why_no_mysql:
        sys.exit(f"error: no MySQL to measure: {why_no_mysql}")
    with running_mysql() as server:
        yield server.url


def _count_settled_rows(database_url: str) -> int:
    """Count the stored predictions once requests in flight at the load's end are stored, too."""
    settings = Settings(database_url=SecretStr(database_url))
    database = open_database(settings)
    try:
        rows = _count_rows(database)
        while True:
            time.sleep(_SETTLE_S)
            previous = rows
            rows = _count_rows(database)
            if rows == previous:
                return rows
    finally:
        database.dispose()


def _count_rows(database: Database) -> int:
    query = select(func.count()).select_from(PREDICTIONS)
    with database.engine.begin() as connection:
        result = connection.execute(query)
        return result.scalar_one()


if __name__ == "__main__":
    main()
