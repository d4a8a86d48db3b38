"""Several servers as one: start them, wait until they answer, stop them all, leave no orphan."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from readmission.errors import FatalError, SettingError

HEALTHY_WITHIN_S = 180.0
STOPPED_WITHIN_S = 15.0
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


def serve(services: Sequence[Service], *, also_watch: Sequence[Running] = ()) -> int:
    """Run the services until Ctrl-C or SIGTERM (0), or until one of them ends by itself (1)."""
    try:
        with started(services) as running:
            print("All is up; Ctrl-C ends it.", flush=True)
            _watch([*also_watch, *running])
    except ServiceFailedError as error:
        print(error, flush=True)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    return 0


@contextmanager
def started(services: Sequence[Service]) -> Iterator[list[Running]]:
    """Start the services in order, yield when all are healthy, stop them in reverse order."""
    require_free_ports(services)
    running: list[Running] = []
    with _signals(signal.default_int_handler):
        try:
            for service in services:
                running.append(start(service))
                if service.first:
                    _wait_healthy(running[-1], running)
            for each in running:
                if not each.service.first:
                    _wait_healthy(each, running)
            yield running
        finally:
            with _signals(signal.SIG_IGN):
                _stop(running)


@contextmanager
def _signals(handler: "signal._HANDLER") -> Iterator[None]:
    """Give ``handler`` the signals that mean the end, for a while."""
    former = {
        number: signal.signal(number, handler)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler_before in former.items():
            signal.signal(number, handler_before)


def require_free_ports(services: Sequence[Service]) -> None:
    """Raise SettingError that names the first service whose port somebody else listens on."""
    for service in services:
        _require_free_port(service)


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free_port(service: Service) -> None:
    if service.health_url is None:
        return
    where = urlsplit(service.health_url)
    with socket.socket() as probe:
        if probe.connect_ex((where.hostname or "127.0.0.1", where.port or 80)):
            return
    remedy = f" or set {service.port_setting} to another port" if service.port_setting else ""
    raise SettingError(
        f"{service.name}: port {where.port} is taken; end what listens there{remedy}."
    )


def _wait_healthy(one: Running, running: Sequence[Running]) -> None:
    """Return when the service answers; raises ServiceFailedError when it never does, or any ends."""
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while one.service.health_url and not answers(one.service.health_url):
        _require_alive(running)
        if time.monotonic() > deadline:
            raise failure(
                one, f"does not answer at {one.service.health_url} after {HEALTHY_WITHIN_S:.0f} s"
            )
        time.sleep(0.2)
    _require_alive(running)
    print(f"{one.service.name} is up{address(one.service)}", flush=True)


def _watch(running: Sequence[Running]) -> None:
    """Block for as long as all live."""
    while True:
        _require_alive(running)
        time.sleep(0.5)


def _require_alive(running: Sequence[Running]) -> None:
    """Raise ServiceFailedError that names the one that ended."""
    for each in running:
        if each.process.poll() is not None:
            raise failure(each, f"ended by itself with exit code {each.process.returncode}")


def _stop(running: Sequence[Running]) -> None:
    """End all, last first, within one time limit."""
    deadline = time.monotonic() + STOPPED_WITHIN_S
    for each in reversed(running):
        stop(each, within_s=max(0.5, deadline - time.monotonic()))


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
    return (
        f": {service.health_url.removesuffix(urlsplit(service.health_url).path)}"
        if service.health_url
        else ""
    )


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
