"""Checks of the settings that are addresses; each raises ValueError that says what would be right.

Their messages never quote a part of DATABASE_URL that could belong to its password.
"""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from connections.sqlite_addresses import SQLITE_PREFIX

MYSQL_PREFIX = "mysql+pymysql://"

_DATABASE_EXAMPLES = "sqlite:///FOLDER/ or mysql+pymysql://user:password@host:port"
_TRACKING_EXAMPLES = "http://HOST:PORT, https://HOST or sqlite:///FILE"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_FLAGS = {"ssl_disabled", "ssl_verify_cert", "ssl_verify_identity", "ssl_check_hostname"}
_MYSQL_OPTIONS = _FLAGS | {
    "bind_address",
    "ssl_ca",
    "ssl_capath",
    "ssl_cert",
    "ssl_cipher",
    "ssl_key",
    "ssl_key_password",
    "unix_socket",
}
_TLS_HINT = "ssl_ca=FILE demands a certificate, ssl_disabled=true turns encryption off"


def check_database_url(url: str) -> str:
    """Return a URL that works, with ``~`` expanded."""
    if url.startswith(SQLITE_PREFIX):
        return _check_sqlite_folder(url.removeprefix(SQLITE_PREFIX))
    if url.startswith(MYSQL_PREFIX):
        _check_mysql(url.removeprefix(MYSQL_PREFIX))
        return url
    scheme = _SCHEME.match(url)
    instead = f", not {scheme[0]}..." if scheme else ""
    raise ValueError(f"it must be {_DATABASE_EXAMPLES}{instead}")


def check_tracking_uri(uri: str) -> str:
    """Return a URI that MLflow can use, with ``~`` expanded."""
    if uri.startswith(SQLITE_PREFIX):
        file = uri.removeprefix(SQLITE_PREFIX)
        if file in ("", ":memory:"):
            raise ValueError("it names no file: sqlite:///FILE")
        return SQLITE_PREFIX + _expand_home(file)
    scheme = _SCHEME.match(uri)
    if scheme and scheme[1].lower() in ("http", "https"):
        _check_host_and_port(uri)
        return uri.rstrip("/")
    instead = f", not {scheme[0]}..." if scheme else ""
    raise ValueError(f"it must be {_TRACKING_EXAMPLES}{instead}")


def expand_path(path: Path, root: Path) -> Path:
    """Return an absolute path: ``~`` is expanded, a relative one starts in ``root``."""
    return root / _expand_home(str(path))


def _check_sqlite_folder(folder: str) -> str:
    if ":memory:" in folder:
        raise ValueError("a database in memory is lost with each command; name a folder")
    if "?" in folder:
        raise ValueError("SQLite's folder takes no options, and its name cannot hold ?")
    if not folder.strip("/"):
        raise ValueError("it names no folder: sqlite:///FOLDER/")
    return SQLITE_PREFIX + _expand_home(folder)


def _check_mysql(address: str) -> None:
    """Check the part after ``mysql+pymysql://``."""
    if address.count("@") > 1:
        raise ValueError("an @ in the user or password must be written %40")
    credentials, at_sign, server = address.rpartition("@")
    if not at_sign or not credentials:
        raise ValueError(f"it names no user: {_DATABASE_EXAMPLES}")
    location, _, query = server.partition("?")
    host_and_port = location.partition("/")[0]
    options = dict(parse_qsl(query, keep_blank_values=True))
    _check_mysql_options(options)
    if not host_and_port and "unix_socket" not in options:
        raise ValueError(f"it names no host: {_DATABASE_EXAMPLES}")
    _check_host_and_port(f"//{host_and_port}")


def _check_mysql_options(options: dict[str, str]) -> None:
    unknown = sorted(set(options) - _MYSQL_OPTIONS)
    if unknown:
        raise ValueError(
            f"unknown option {', '.join(unknown)}; {_TLS_HINT}; "
            f"known are {', '.join(sorted(_MYSQL_OPTIONS))}"
        )
    for name in sorted(_FLAGS & set(options)):
        if options[name] != "true":  # the driver takes any text, "false" too, for yes
            raise ValueError(f"{name} can only be true; leave it out to say no")


def _check_host_and_port(url: str) -> None:
    """Check the authority of a URL; a path after it is left alone."""
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0 or url.endswith(":"):
        raise ValueError("after the host comes a port number from 1 to 65535, or none") from None
    if url.startswith("http") and not urlsplit(url).hostname:
        raise ValueError(f"it names no host: {_TRACKING_EXAMPLES}")


def _expand_home(path: str) -> str:
    try:
        expanded = str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError as error:
        raise ValueError("there is no such user for ~") from error
    return expanded + "/" if path.endswith("/") and not expanded.endswith("/") else expanded
