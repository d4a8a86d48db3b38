"""What ./run serve starts: each service is called under the address on which it listens."""

import socket

import pytest

from app_cli.local_stack.serve import api, form, services
from app_cli.local_stack.supervisor import require_free_ports
from connections.settings import Settings
from readmission.errors import SettingError


@pytest.mark.parametrize(
    ("api_host", "host_to_call"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("127.0.0.2", "127.0.0.2"),
        ("192.0.2.7", "192.0.2.7"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - nothing listens there in this test
        ("::1", "[::1]"),
        ("[::1]", "[::1]"),
        ("::", "[::1]"),
        ("0:0:0:0:0:0:0:0", "[::1]"),
        ("2001:db8::7", "[2001:db8::7]"),
        ("ward.example", "ward.example"),
    ],
)
def test_the_probe_and_the_form_call_the_address_that_is_bound(
    api_host: str, host_to_call: str
) -> None:
    settings = Settings(api_host=api_host, api_port=8123)
    assert api(settings).health_url == f"http://{host_to_call}:8123/health/live"
    assert form(settings).env["API_URL"] == f"http://{host_to_call}:8123"


def test_an_ipv6_address_is_bound_without_brackets() -> None:
    assert Settings(api_host="[::1]").api_host == "::1"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_in_use_is_found_on_the_address_of_the_api(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as taken:
        port = taken.getsockname()[1]
        settings = Settings(api_host=host, api_port=port)
        with pytest.raises(SettingError, match=f"API: port {port} is in use"):
            require_free_ports([api(settings)])


def test_a_host_that_cannot_be_resolved_has_no_port_in_use() -> None:
    require_free_ports(services(Settings(api_host="no-such-host.invalid"))[1:2])
