"""One server process: how it is described, started, asked after and ended."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from readmission.errors import FatalError

LOG_LINES = 15


@dataclass(frozen=True, slots=True)
class Service:
    """One server process; ``env`` adds to ours, ``first`` makes the next ones wait until it is healthy."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    health_url: str | None = None
    port_setting: str | None = None
    first: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A service that was started."""

    service: Service
    process: subprocess.Popen[bytes]


class ServiceFailedError(FatalError):
    """A server did not start, or ended by itself."""


def start(service: Service) -> Running:
    """Start one service in a process group of its own, so that Ctrl-C reaches us alone."""
    service.log.parent.mkdir(parents=True, exist_ok=True)
    with service.log.open("wb") as log:
        process = subprocess.Popen(
            service.argv,
            env={**os.environ, **service.env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(service, process)


def address(service: Service) -> str:
    """Say where the service listens."""
    return f": {service.health_url.removesuffix(urlsplit(service.health_url).path)}" if service.health_url else ""


def answers(url: str) -> bool:
    """Tell whether a GET succeeds."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def failure(one: Running, what: str) -> ServiceFailedError:
    """Describe a failure with the end of the service's log."""
    lines = one.service.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    tail = "\n".join(f"{one.service.name} | {line}" for line in lines)
    return ServiceFailedError(f"{tail}\n{one.service.name} {what}; its log is {one.service.log}")


def stop(one: Running, *, within_s: float) -> None:
    """Ask it to end, kill it when the time is over, and kill what is left of its family."""
    family = _family(one.process.pid)
    one.process.terminate()
    with suppress(subprocess.TimeoutExpired):
        one.process.wait(within_s)
    _kill(family)
    with suppress(ProcessLookupError):
        os.killpg(one.process.pid, signal.SIGKILL)
    one.process.wait()
    psutil.wait_procs(family, timeout=1)


def _kill(family: Sequence[psutil.Process]) -> None:
    """Kill those that are still there, also where they left the process group."""
    for survivor in family:
        with suppress(psutil.NoSuchProcess):
            survivor.kill()


def _family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants; no one when it has ended."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
