"""``python -m benchmarks.api`` (``./run bench api``): the empty endpoint and ``/predict``, side by side in one run."""

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
from functools import cache
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from app_cli.local_stack.supervisor import free_port
from benchmarks.api_report import HEADER, Measured, disk_sync_ms, write_report
from benchmarks.load import put_load, together
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
_START_S = 60
_WARM_UP_S = 2
_TURN_S = 2
"""The empty endpoint and ``/predict`` take turns: a machine that others share has quick minutes and slow ones."""
_SETTLE_S = 0.5


def main() -> None:
    """Measure, write ``docs/benchmarks/api.md``; the exit code is 1 when an answer failed or its row is missing."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        print("training a model of the real size ...", flush=True)
        seed_cache(Path(folder), make_onnx(forests=FORESTS))
        open_client(
            _tracking_uri(Path(folder))
        )  # a service that makes MLflow's tables is busy for many seconds
        measured = list(_measure(asked, Path(folder)))
        sync_ms = disk_sync_ms(Path(folder))
    if asked.write:
        model = f"the average of {FORESTS} forests of {ForestSettings().trees} trees, which the champion is, too,"
        write_report(
            measured,
            ROOT / "docs" / "benchmarks",
            model=model,
            workers=asked.workers,
            sync_ms=sync_ms,
        )
    sys.exit(not all(one.whole for one in measured))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement")
    parser.add_argument(
        "--hold",
        type=int,
        default=60,
        help="seconds of one more, over the last connections; 0: none",
    )
    parser.add_argument(
        "--databases", nargs="+", default=["sqlite", "mysql"], choices=["sqlite", "mysql"]
    )
    parser.add_argument("--workers", type=int, default=1, help="serving processes of the API")
    parser.add_argument(
        "--no-write", dest="write", action="store_false", help="leave docs/benchmarks as it is"
    )
    return parser.parse_args()


def _measure(asked: argparse.Namespace, folder: Path) -> Iterator[Measured]:
    print(HEADER)
    with _serving(
        ["uvicorn", "benchmarks.empty_api:app", "--no-access-log"], {}, "/openapi.json"
    ) as empty_url:
        for database in asked.databases:
            with (
                _database(database, folder) as database_url,
                _api(asked, folder, database_url) as url,
            ):
                yield from _measure_predict(
                    asked, database, database_url, (f"{empty_url}/predict", f"{url}/predict")
                )


@cache
def _bodies() -> list[str]:
    return original_payloads(PATIENTS)


def _measure_predict(
    asked: argparse.Namespace, database: str, database_url: str, urls: tuple[str, str]
) -> Iterator[Measured]:
    for connections in asked.connections:
        for url in urls:
            put_load(url, _bodies(), connections=connections, seconds=_WARM_UP_S)
        before = _settled_rows(database_url)
        turns = [
            [put_load(url, _bodies(), connections=connections, seconds=_TURN_S) for url in urls]
            for _ in range(0, asked.seconds, _TURN_S)
        ]
        empty, load = map(together, zip(*turns, strict=True))
        kept = _settled_rows(database_url) - before
        yield _shown(Measured(EMPTY, connections, empty, empty))
        yield _shown(Measured(f"/predict, {database}", connections, load, empty, kept, len(turns)))
    if asked.hold:
        before = _settled_rows(database_url)
        load = put_load(urls[1], _bodies(), connections=connections, seconds=asked.hold)
        kept = _settled_rows(database_url) - before
        yield _shown(Measured(f"/predict, {database}", connections, load, empty, kept))


def _api(asked: argparse.Namespace, folder: Path, database_url: str) -> AbstractContextManager[str]:
    env = {
        "STATE_DIR": str(folder),
        "DATABASE_URL": database_url,
        "API_WORKERS": str(asked.workers),
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
    command = [
        sys.executable,
        "-m",
        *module,
        *(["--port", str(port)] if module[0] == "uvicorn" else []),
    ]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **env, "API_PORT": str(port)}, stderr=log
        )
        try:
            _wait_until_up(process, f"http://127.0.0.1:{port}{health}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"{url} does not answer.")


def _settled_rows(database_url: str) -> int:
    """Count the rows once what was under way when the load ended is written, too."""
    count, settled = -1, _rows(database_url)
    while count != settled:
        time.sleep(_SETTLE_S)
        count, settled = settled, _rows(database_url)
    return settled


def _rows(database_url: str) -> int:
    database = open_database(Settings(database_url=SecretStr(database_url)))
    try:
        with database.engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(PREDICTIONS)).scalar_one()
    finally:
        database.dispose()


def _shown(measured: Measured) -> Measured:
    print(measured.line(), flush=True)
    return measured


if __name__ == "__main__":
    main()
