"""A real Redis of the tests' own: free port, loopback, nothing on disk."""

import shutil
from pathlib import Path

from app_cli.local_stack.supervisor import Service, free_port


def why_missing() -> str | None:
    """Say why no server can be started here, None when it can."""
    return None if shutil.which("redis-server") else "install Debian's redis-server"


def redis_service(folder: Path) -> tuple[Service, str]:
    """Describe the server's process; return it with its URL."""
    port = free_port()
    argv = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    return Service(
        "Redis", [*argv, "--dir", str(folder)], folder / "redis.log"
    ), f"redis://127.0.0.1:{port}"
