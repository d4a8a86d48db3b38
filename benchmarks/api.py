"""``python -m benchmarks.api``: the empty endpoint and ``/predict``, side by side in one run."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from app_back.patient import original_example
from app_cli.processes import free_port
from benchmarks.load import Load, put_load
from benchmarks.sample_model import make_onnx, seed_cache
from connections.database import open_engine
from connections.prediction_table import PREDICTIONS
from connections.settings import ROOT, Settings
from tests.servers.mysql import running_mysql, why_missing

EMPTY = "empty endpoint"
_START_S = 60
_BODY = json.dumps(original_example())


def main() -> None:
    """Measure and print; the exit code is 1 when an answer failed or its row is missing."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        print("training a model of the real size ...", flush=True)
        seed_cache(Path(folder), make_onnx())
        failed = _measure(asked, Path(folder))
    sys.exit(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "mysql"], choices=["sqlite", "mysql"])
    parser.add_argument("--workers", type=int, default=1, help="serving processes of the API")
    return parser.parse_args()


def _measure(asked: argparse.Namespace, folder: Path) -> bool:
    failed = False
    empty = {}
    with _serving(["uvicorn", "benchmarks.empty_api:app", "--no-access-log"], {}, "/openapi.json") as url:
        for connections in asked.connections:
            put_load(f"{url}/predict", _BODY, connections=connections, seconds=1)
            empty[connections] = put_load(f"{url}/predict", _BODY, connections=connections, seconds=asked.seconds)
    _print_header()
    for connections, load in empty.items():
        _print(EMPTY, connections, load, load, "")
    for database in asked.databases:
        with _database(database, folder) as database_url:
            failed |= _measure_predict(asked, folder, database, database_url, empty)
    return failed


def _measure_predict(
    asked: argparse.Namespace, folder: Path, database: str, database_url: str, empty: dict[int, Load]
) -> bool:
    env = {
        "STATE_DIR": str(folder), "DATABASE_URL": database_url, "API_WORKERS": str(asked.workers),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
    }  # fmt: skip
    failed = False
    with _serving(["app_back"], env, "/health/ready") as url:
        for connections in asked.connections:
            put_load(f"{url}/predict", _BODY, connections=connections, seconds=1)
            before = _rows(database_url)
            load = put_load(f"{url}/predict", _BODY, connections=connections, seconds=asked.seconds)
            kept = _rows(database_url) - before
            whole = load.requests <= kept <= load.requests + connections
            failed |= not whole or load.errors > 0
            _print(f"/predict {database}", connections, load, empty[connections], f"{kept} rows{'' if whole else ' !'}")
    return failed


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
    command = [sys.executable, "-m", *module, *(["--port", str(port)] if module[0] == "uvicorn" else [])]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env, "API_PORT": str(port)}, stderr=log)
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


def _rows(database_url: str) -> int:
    engine = open_engine(Settings(database_url=SecretStr(database_url)))
    try:
        with engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(PREDICTIONS)).scalar_one()
    finally:
        engine.dispose()


def _print_header() -> None:
    print(f"{'':18}{'connections':>12}{'answers/s':>11}{'of empty':>10}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}")


def _print(name: str, connections: int, load: Load, empty: Load, note: str) -> None:
    ratio = load.per_second / empty.per_second
    print(
        f"{name:18}{connections:12}{load.per_second:11,.0f}{ratio:10.0%}{load.p50_ms:9.2f}{load.p99_ms:9.2f}"
        f"{load.errors:8}  {note}", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
