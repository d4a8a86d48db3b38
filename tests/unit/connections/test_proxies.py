"""HTTP_PROXY is for the world: no client of ours calls this machine's own servers through it."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
import requests
from requests.utils import get_environ_proxies

from app_cli.local_stack.supervisor import answers
from connections.settings import load_settings
from connections.tracking.registry import MlflowRegistry
from tests.servers.web import answer, running_web

NO_PROXY_IS_THERE = "http://127.0.0.1:9"
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")


@pytest.fixture(autouse=True)
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "")  # remembered, so that the test's end restores it
    for variable in PROXY_VARIABLES:
        monkeypatch.setenv(variable, NO_PROXY_IS_THERE)


class Ok(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def server_on(host: str) -> Iterator[str]:
    class Server(HTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    with Server((host, 0), Ok) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        url_host = f"[{host}]" if ":" in host else host
        try:
            yield f"http://{url_host}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


CLIENTS: dict[str, Callable[[str], int]] = {
    "the supervisor's probe": lambda url: 200 if answers(url) else 0,
    "requests": lambda url: requests.get(url, timeout=5).status_code,
    "httpx": lambda url: httpx.get(url, timeout=5).status_code,
}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_clients_call_this_machine_directly(host: str, client: Callable[[str], int]) -> None:
    load_settings()
    with server_on(host) as url:
        assert client(url) == 200


def test_mlflows_client_calls_this_machine_directly() -> None:
    load_settings()
    missing = answer(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}')
    with running_web() as web:
        web.put("/api/2.0/mlflow/registered-models/alias", missing)
        assert MlflowRegistry(web.url).champion() is None
        assert web.asked == ["/api/2.0/mlflow/registered-models/alias"]


def test_the_address_on_which_the_api_listens_is_called_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("API_HOST", "192.0.2.7")
    settings = load_settings()
    assert not get_environ_proxies(settings.api_url)


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_the_rest_of_the_world_still_goes_through_the_proxy(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "intranet.example, 10.0.0.1")
    load_settings()
    assert get_environ_proxies("http://archive.example/x")["http"] == NO_PROXY_IS_THERE
    assert not get_environ_proxies("http://intranet.example/x")
    assert not get_environ_proxies("http://10.0.0.1/x")


def test_a_no_proxy_for_everything_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    load_settings()
    assert os.environ["no_proxy"] == "*"
    assert not get_environ_proxies("http://archive.example/x")
