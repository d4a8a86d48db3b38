"""Several servers as one: start them, wait until they answer, stop them all, leave no orphan.

Each service goes through four states:

1. *started*: its process runs, in a session of its own;
2. *healthy*: it answers at its health URL, if it has one;
3. *watched*: all services are healthy, and the supervisor waits for Ctrl-C;
4. *stopped*: asked to end, and killed with its descendants if it does not.

A service that ends by itself in any of the first three states stops all the others.
"""

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
LEAST_STOP_TIMEOUT_S = 0.5
HEALTH_POLL_S = 0.2
WATCH_POLL_S = 0.5
CONNECT_TIMEOUT_S = 2.0
LOG_LINES = 15

_END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Service:
    """One server process.

    ``env`` adds to the environment of this process. ``port_setting`` names the setting that moves
    the service to another port. The services after one that is ``needed_first`` start once that
    one is healthy.
    """

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    health_url: str | None = None
    port_setting: str | None = None
    needed_first: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A service that was started."""

    service: Service
    process: subprocess.Popen[bytes]


class ServiceFailedError(FatalError):
    """A server did not become healthy, or ended by itself."""


def serve(services: Sequence[Service], *, also_watch: Sequence[Running] = ()) -> int:
    """Run the services until Ctrl-C or SIGTERM (0), or until one of them ends by itself (1)."""
    try:
        with started(services) as running:
            print("All is up; press Ctrl-C to stop.", flush=True)
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
    with _signal_handler(signal.default_int_handler):
        try:
            _start_all(services, running)
            yield running
        finally:
            with _signal_handler(signal.SIG_IGN):
                _stop_all(running)


@contextmanager
def _signal_handler(handler: "signal._HANDLER") -> Iterator[None]:
    """Handle the signals that mean the end with ``handler``, then restore the previous handlers."""
    previous_handlers = {}
    for number in _END_SIGNALS:
        previous_handlers[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, previous_handler in previous_handlers.items():
            signal.signal(number, previous_handler)


def require_free_ports(services: Sequence[Service]) -> None:
    """Raise SettingError that names the first service whose port is in use."""
    for service in services:
        if service.health_url is not None:
            _require_free_port(service, service.health_url)


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free_port(service: Service, health_url: str) -> None:
    parts = urlsplit(health_url)
    host = parts.hostname or "127.0.0.1"
    port = parts.port or 80
    if not _is_listening(host, port):
        return
    remedy = "stop the other process"
    if service.port_setting:
        remedy += f" or set {service.port_setting}"
    raise SettingError(f"{service.name}: port {port} is in use; {remedy}.")


def _is_listening(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False


def _start_all(services: Sequence[Service], running: list[Running]) -> None:
    """Start the services in order and wait until all are healthy.

    Each is added to ``running`` as soon as its process exists, so that the caller can stop it
    even if the next one fails.
    """
    for service in services:
        current = start(service)
        running.append(current)
        if service.needed_first:
            _wait_until_healthy(current, running)
    for other in running:
        if not other.service.needed_first:
            _wait_until_healthy(other, running)


def _wait_until_healthy(current: Running, running: Sequence[Running]) -> None:
    """Return when the service answers.

    Raises ServiceFailedError when it does not answer in time, or when any service ends.
    """
    url = current.service.health_url
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while url and not answers(url):
        _require_alive(running)
        if time.monotonic() > deadline:
            problem = f"does not answer at {url} after {HEALTHY_WITHIN_S:.0f} s"
            raise failure(current, problem)
        time.sleep(HEALTH_POLL_S)
    _require_alive(running)
    print(f"{current.service.name} is up{_address_suffix(current.service)}", flush=True)


def _watch(running: Sequence[Running]) -> None:
    """Block for as long as all services run; raises ServiceFailedError when one ends."""
    while True:
        _require_alive(running)
        time.sleep(WATCH_POLL_S)


def _require_alive(running: Sequence[Running]) -> None:
    """Raise ServiceFailedError that names the first service that has ended."""
    for current in running:
        exit_code = current.process.poll()
        if exit_code is not None:
            raise failure(current, f"ended by itself with exit code {exit_code}")


def _stop_all(running: Sequence[Running]) -> None:
    """Stop the services, the last one first, within one time limit for all."""
    deadline = time.monotonic() + STOPPED_WITHIN_S
    for current in reversed(running):
        time_left_s = deadline - time.monotonic()
        stop(current, within_s=max(LEAST_STOP_TIMEOUT_S, time_left_s))


def start(service: Service) -> Running:
    """Start one service in a session of its own, so that Ctrl-C reaches the supervisor alone."""
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


def _address_suffix(service: Service) -> str:
    """Return ``: http://HOST:PORT``, or nothing for a service without a health URL."""
    if service.health_url is None:
        return ""
    path = urlsplit(service.health_url).path
    return f": {service.health_url.removesuffix(path)}"


def answers(url: str) -> bool:
    """Return whether a GET succeeds."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def failure(failed: Running, problem: str) -> ServiceFailedError:
    """Return the error for a service's failure, with the last lines of its log."""
    service = failed.service
    name = service.name
    log = service.log.read_text(errors="replace")
    last_lines = log.splitlines()[-LOG_LINES:]
    report = [f"{name} | {line}" for line in last_lines]
    report.append(f"{name} {problem}; its log is {service.log}")
    return ServiceFailedError("\n".join(report))


def stop(running: Running, *, within_s: float) -> None:
    """Ask a service to end; then kill it, if it still runs, and the descendants that it left."""
    process = running.process
    processes = _process_and_descendants(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(within_s)
    _kill_survivors(processes)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(processes, timeout=1)


def _kill_survivors(processes: Sequence[psutil.Process]) -> None:
    """Kill the processes that still run, including those that left the process group."""
    for survivor in processes:
        with suppress(psutil.NoSuchProcess):
            survivor.kill()


def _process_and_descendants(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants; an empty list when it has ended."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
