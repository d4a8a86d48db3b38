"""What ./run serve starts: each service is called under the address on which it listens."""

import socket
from pathlib import Path

import pytest

from app_cli.local_stack.serve import api, api_and_form, form, require_ports, services
from app_cli.local_stack.supervisor import require_free_ports
from app_cli.secrets import write_secrets
from connections.api_keys import format_entry, parse_keys
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
    require_free_ports([api(Settings(api_host="no-such-host.invalid"))])


def test_the_form_has_a_key_that_the_api_accepts_with_the_env_file_of_compose(
    tmp_path: Path,
) -> None:
    settings = Settings(_env_file=write_secrets(tmp_path / ".env"))
    api_service, form_service = api_and_form(settings)
    accepted = parse_keys(api_service.env["API_KEYS"]).find(form_service.env["API_KEY"])
    assert accepted is not None
    assert accepted.scopes == {"predict"}
    assert api_service.env["API_KEYS"].startswith(f"{settings.api_keys.get_secret_value()},")


def test_keys_of_the_users_own_still_open_the_api_next_to_the_forms() -> None:
    entry = format_entry("ward-7", "predict+admin", "my key")
    api_service, _ = api_and_form(Settings(api_keys=entry))
    mine = parse_keys(api_service.env["API_KEYS"]).find("my key")
    assert mine is not None
    assert mine.name == "ward-7"


def test_without_keys_the_api_stays_open_and_the_form_has_none() -> None:
    api_service, form_service = api_and_form(Settings(_env_file=None, api_keys=None))
    assert "API_KEYS" not in api_service.env
    assert "API_KEY" not in form_service.env


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4"])  # noqa: S104 - refused
def test_an_api_beyond_this_machine_needs_keys_before_anything_is_trained(host: str) -> None:
    with pytest.raises(SettingError, match=r"API_HOST=.*needs API_KEYS"):
        require_ports(Settings(_env_file=None, api_host=host))


def test_malformed_keys_are_named_before_anything_starts() -> None:
    with pytest.raises(SettingError, match="API_KEYS: the entry for changeme"):
        services(Settings(api_keys="changeme"))


def test_the_form_links_to_mlflow_where_it_listens() -> None:
    own = Settings(_env_file=None, mlflow_port=28084)
    assert form(own).env["MLFLOW_UI_URL"] == "http://127.0.0.1:28084"
    other = Settings(_env_file=None, mlflow_tracking_uri="https://mlflow.example/")
    assert form(other).env["MLFLOW_UI_URL"] == "https://mlflow.example"
