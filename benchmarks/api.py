"""``./run bench api``: measure ``/predict`` against an endpoint that does nothing, in one run."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from app_cli.local_stack.supervisor import free_port
from benchmarks.api_report import TERMINAL_HEADER, Measurement, disk_sync_ms, write_report
from benchmarks.load import Load, combine_turns, put_load
from benchmarks.patients import PATIENTS, original_payloads
from benchmarks.sample_model import make_onnx, seed_cache
from connections.database.engine import open_database
from connections.database.tables import PREDICTIONS
from connections.settings import ROOT, Settings
from connections.tracking.client import open_client
from readmission.model.settings import ForestSettings
from tests.servers.mysql import running_mysql, why_missing

EMPTY = "empty endpoint"
FORESTS = 6
"""As many as the real dataset has batches: the champion averages them all."""
_START_TIMEOUT_S = 60
_WARM_UP_S = 2
_TURN_S = 2
"""The empty endpoint and ``/predict`` take turns, because the speed of a shared machine varies."""
_SETTLE_S = 0.5


def main() -> None:
    """Measure and write ``docs/benchmarks/api.md``; exit 1 if an answer failed or has no row."""
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
    print(TERMINAL_HEADER)
    empty_command = ["uvicorn", "benchmarks.empty_api:app", "--no-access-log"]
    with _serving(empty_command, {}, "/openapi.json") as empty_url:
        for database in arguments.databases:
            with (
                _database(database, folder) as database_url,
                _api(arguments, folder, database_url) as url,
            ):
                endpoints = _Endpoints(
                    f"{empty_url}/predict", f"{url}/predict", database, database_url
                )
                for connections in arguments.connections:
                    empty, predict = _measure_turns(endpoints, connections, arguments.seconds)
                    yield _printed(empty)
                    yield _printed(predict)
                if arguments.hold:
                    yield _printed(_measure_hold(endpoints, predict, arguments.hold))


@dataclass(frozen=True, slots=True)
class _Endpoints:
    """The two addresses that are compared, and the database behind ``/predict``."""

    empty_url: str
    predict_url: str
    database: str
    database_url: str

    @property
    def name(self) -> str:
        """What the report calls ``/predict``."""
        return f"/predict, {self.database}"


@cache
def _bodies() -> list[str]:
    return original_payloads(PATIENTS)


def _measure_turns(
    endpoints: _Endpoints, connections: int, seconds: int
) -> tuple[Measurement, Measurement]:
    """Return the empty endpoint and ``/predict``, measured in alternating turns of ``_TURN_S``."""
    urls = (endpoints.empty_url, endpoints.predict_url)
    for url in urls:
        put_load(url, _bodies(), connections=connections, seconds=_WARM_UP_S)
    rows_before = _settled_rows(endpoints.database_url)
    empty_turns: list[Load] = []
    predict_turns: list[Load] = []
    for _ in range(0, seconds, _TURN_S):
        for url, turns in zip(urls, (empty_turns, predict_turns), strict=True):
            turns.append(put_load(url, _bodies(), connections=connections, seconds=_TURN_S))
    rows = _settled_rows(endpoints.database_url) - rows_before
    empty = combine_turns(empty_turns)
    predict = combine_turns(predict_turns)
    return (
        Measurement(EMPTY, connections, empty, empty),
        Measurement(endpoints.name, connections, predict, empty, rows, turns=len(predict_turns)),
    )


def _measure_hold(endpoints: _Endpoints, turns: Measurement, seconds: int) -> Measurement:
    """Return ``/predict`` measured in one longer run, next to the turns' empty endpoint."""
    connections = turns.connections
    rows_before = _settled_rows(endpoints.database_url)
    load = put_load(endpoints.predict_url, _bodies(), connections=connections, seconds=seconds)
    rows = _settled_rows(endpoints.database_url) - rows_before
    return Measurement(endpoints.name, connections, load, turns.empty, rows)


def _api(
    arguments: argparse.Namespace, folder: Path, database_url: str
) -> AbstractContextManager[str]:
    env = {
        "STATE_DIR": str(folder),
        "DATABASE_URL": database_url,
        "API_WORKERS": str(arguments.workers),
        "MLFLOW_TRACKING_URI": _tracking_uri(folder),
    }
    return _serving(["app_back"], env, "/health/ready")


def _tracking_uri(folder: Path) -> str:
    return f"sqlite:///{folder}/mlflow.db"


@contextmanager
def _database(name: str, folder: Path) -> Iterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{folder}/"
    elif reason := why_missing():
        sys.exit(f"error: no MySQL to measure: {reason}")
    else:
        with running_mysql() as server:
            yield server.url


@contextmanager
def _serving(module: Sequence[str], env: dict[str, str], health: str) -> Iterator[str]:
    """Run a server on a free port for the length of a ``with`` block."""
    port = free_port()
    command = [sys.executable, "-m", *module]
    if module[0] == "uvicorn":
        command += ["--port", str(port)]
    environment = {**os.environ, **env, "API_PORT": str(port)}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
        try:
            _wait_until_up(process, f"http://127.0.0.1:{port}{health}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"{url} does not answer.")


def _settled_rows(database_url: str) -> int:
    """Count the rows once those in flight when the load ended are stored, too."""
    previous, rows = -1, _rows(database_url)
    while previous != rows:
        time.sleep(_SETTLE_S)
        previous, rows = rows, _rows(database_url)
    return rows


def _rows(database_url: str) -> int:
    database = open_database(Settings(database_url=SecretStr(database_url)))
    try:
        with database.engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(PREDICTIONS)).scalar_one()
    finally:
        database.dispose()


def _printed(measurement: Measurement) -> Measurement:
    print(measurement.terminal_line(), flush=True)
    return measurement


if __name__ == "__main__":
    main()
