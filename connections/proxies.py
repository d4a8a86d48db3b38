"""Which hosts no HTTP client of this project calls through a proxy."""

import os
from collections.abc import Iterable

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")

_VARIABLES = ("no_proxy", "NO_PROXY")
_EVERYTHING = "*"


def bypass_proxies(hosts: Iterable[str]) -> None:
    """Add hosts to NO_PROXY, which all HTTP clients of this process and its children read.

    A proxy cannot reach this machine's own servers, but HTTP_PROXY alone sends every client to it.
    Both spellings are set, because clients differ in the one that they read first.
    """
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if listed.strip() == _EVERYTHING:
        return
    names = [name.strip() for name in listed.split(",") if name.strip()]
    for host in hosts:
        if host not in names:
            names.append(host)
    for variable in _VARIABLES:
        os.environ[variable] = ",".join(names)
