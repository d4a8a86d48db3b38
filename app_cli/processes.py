"""Several servers as one: start them, wait until they answer, stop them all, leave no orphan."""

import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from app_cli.services import (
    LOG_LINES,
    Running,
    Service,
    ServiceFailedError,
    address,
    answers,
    failure,
    start,
    stop,
)
from readmission.errors import SettingError

__all__ = [
    "LOG_LINES",
    "Running",
    "Service",
    "ServiceFailedError",
    "free_port",
    "require_free_ports",
    "serve",
    "started",
]

HEALTHY_WITHIN_S = 180.0
STOPPED_WITHIN_S = 15.0


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
    former = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
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
    raise SettingError(f"{service.name}: port {where.port} is taken; end what listens there{remedy}.")


def _wait_healthy(one: Running, running: Sequence[Running]) -> None:
    """Return when the service answers; raises ServiceFailedError when it never does, or any ends."""
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while one.service.health_url and not answers(one.service.health_url):
        _require_alive(running)
        if time.monotonic() > deadline:
            raise failure(one, f"does not answer at {one.service.health_url} after {HEALTHY_WITHIN_S:.0f} s")
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
