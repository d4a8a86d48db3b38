"""Whether the API may listen where the settings say."""

import ipaddress

from connections.api_keys import parse_keys
from connections.settings import Settings
from readmission.errors import SettingError


def check_exposure(settings: Settings) -> None:
    """Refuse to listen beyond this machine without API keys; raises SettingError."""
    secret = settings.api_keys
    keys = parse_keys(secret.get_secret_value() if secret else "")
    if not keys and not _is_loopback(settings.api_host):
        raise SettingError(
            f"API_HOST={settings.api_host} listens beyond this machine, which needs API_KEYS "
            "(create one: ./run api-key NAME --scopes predict+admin), or set API_HOST=127.0.0.1."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
