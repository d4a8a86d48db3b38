"""A real API process on a free port, and clients that keep it busy."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from sqlalchemy import select

from app_cli.local_stack.supervisor import free_port
from connections.database.engine import open_database
from connections.database.tables import PREDICTIONS
from connections.settings import Settings
from tests.conftest import ROOT

_JSON = {"Content-Type": "application/json"}


class ApiServer:
    """``python -m app_back``; start, stop and kill it as often as a test needs."""

    def __init__(self, folder: Path, database_url: str, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "api.log"
        self._env = {
            **os.environ,
            "STATE_DIR": str(folder),
            "DATABASE_URL": database_url,
            "API_PORT": str(self.port),
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
            **env,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it would answer a prediction."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app_back"], cwd=ROOT, env=self._env, stdout=log, stderr=log
            )
        self.wait_until_ready()

    def wait_until_ready(self, timeout_s: float = 120) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/health/ready", timeout=20).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"The API is not ready:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """Kill it as the kernel would."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Shut it down in order."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=30)


@dataclass
class Clients:
    """The responses that a number of busy clients received."""

    url: str
    answers: list[tuple[float, int, dict[str, Any]]] = field(default_factory=list)
    broken_connections: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def statuses(self) -> set[int]:
        return {status for _, status, _ in self.answers}

    def prediction_ids(self) -> list[str]:
        return [answer["prediction_id"] for _, status, answer in self.answers if status == 200]

    def ask(self) -> None:
        """Keep requesting until stopped, on a new connection after each failure."""
        while not self._stop.is_set():
            connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
            try:
                self._ask_over(connection)
            except (OSError, http.client.HTTPException):
                self.broken_connections += 1
                time.sleep(0.05)
            finally:
                connection.close()

    def _ask_over(self, connection: http.client.HTTPConnection) -> None:
        while not self._stop.is_set():
            connection.request("POST", "/predict", b'{"age": 70}', _JSON)
            response = connection.getresponse()
            answer = json.loads(response.read())
            self.answers.append((time.monotonic(), response.status, answer))

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def asking(url: str, clients: int = 8) -> Iterator[Clients]:
    """Keep so many clients busy for the length of a ``with`` block."""
    asked = Clients(url)
    threads = [threading.Thread(target=asked.ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield asked
    finally:
        asked.stop()
        for thread in threads:
            thread.join()


def stored_ids(database_url: str) -> list[str]:
    """Return the ids of all predictions in the table, which is created if it is not there yet."""
    database = open_database(Settings(_env_file=None, database_url=SecretStr(database_url)))
    with database.begin() as connection:
        ids = list(connection.execute(select(PREDICTIONS.c.prediction_id)).scalars())
    database.dispose()
    return ids
