"""Servers to measure, each run as a process of its own on a free port."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from app_cli.local_stack.supervisor import free_port
from connections.settings import ROOT

_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 30
_POLL_INTERVAL_S = 0.2


@contextmanager
def serving(
    module: Sequence[str], environment: Mapping[str, str], health_path: str
) -> Iterator[str]:
    """Run a server for the length of a ``with`` block, and yield its address.

    ``module`` is what ``python -m`` takes. Raises TimeoutError if ``health_path`` does not answer.
    """
    port = str(free_port())
    command = [sys.executable, "-m", *module]
    if module[0] == "uvicorn":
        command.extend(["--port", port])
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environment | {"API_PORT": port},
            stderr=log,
        )
        try:
            _wait_until_up(process, address + health_path)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=_STOP_TIMEOUT_S)


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        has_ended = process.poll() is not None
        if has_ended:
            break
        if _answers(url):
            return
        time.sleep(_POLL_INTERVAL_S)
    raise TimeoutError(f"{url} does not answer.")


def _answers(url: str) -> bool:
    try:
        response = urllib.request.urlopen(url, timeout=5)  # noqa: S310 - our own address
    except (urllib.error.URLError, TimeoutError):
        return False
    response.close()
    return True
