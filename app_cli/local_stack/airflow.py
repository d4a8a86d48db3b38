"""``./run airflow``: a whole Airflow on this machine, no container, on the data that the settings name."""

import os
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from app_cli.local_stack.supervisor import (
    LOG_LINES,
    Service,
    ServiceFailedError,
    require_free_ports,
    serve,
)
from app_cli.secrets import kept
from connections.database.service_databases import service_database
from connections.settings import ROOT, Settings

USER = "admin"
METADATA_DATABASE = "airflow"


def run_airflow(settings: Settings) -> int:
    """Serve Airflow until Ctrl-C; returns the exit code."""
    services = airflow_services(settings)
    require_free_ports(services)
    migrate_metadata(settings)
    print_login(settings)
    return serve(services)


def print_login(settings: Settings) -> None:
    """Say where the UI is and how to get in."""
    print(
        f"Airflow: http://127.0.0.1:{settings.airflow_port}  user {USER}  password {password(airflow_home(settings))}"
    )


def airflow_services(settings: Settings) -> list[Service]:
    """Describe the four processes."""
    env = airflow_environment(settings)
    return [
        _service(settings, env, "api-server", health="/api/v2/monitor/health"),
        _service(settings, env, "scheduler", "--skip-serve-logs"),
        _service(settings, env, "dag-processor"),
        _service(settings, env, "triggerer", "--skip-serve-logs"),
    ]


def _service(
    settings: Settings, env: dict[str, str], name: str, *options: str, health: str | None = None
) -> Service:
    """Describe one of Airflow's processes; logs are read from disk, so nobody serves them beyond loopback."""
    return Service(
        name=f"Airflow {name}",
        argv=[sys.executable, "-m", "airflow", name, *options],
        log=settings.state_dir / "logs" / f"airflow-{name}.log",
        env=env,
        health_url=f"http://127.0.0.1:{settings.airflow_port}{health}" if health else None,
        port_setting="AIRFLOW_PORT" if health else None,
        first=health is not None,
    )


def migrate_metadata(settings: Settings) -> None:
    """Bring Airflow's metadata database to this version's tables."""
    argv = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(
        argv,
        env={**os.environ, **airflow_environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-LOG_LINES:])
        raise ServiceFailedError(f"{tail}\nAirflow's metadata database cannot be prepared")


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Return Airflow's settings; what the user's environment says already wins."""
    home = airflow_home(settings)
    url = f"http://127.0.0.1:{settings.airflow_port}"
    ours = {
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(ROOT), str(ROOT / "dags" / "config"), os.environ.get("PYTHONPATH")])
        ),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(max(4, os.cpu_count() or 1)),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **_metadata(settings, home),
        **_keys(home),
    }
    return ours | {
        name: os.environ[name] for name in ours if name in os.environ and name.startswith("AIRFLOW")
    }


def airflow_home(settings: Settings) -> Path:
    """Return AIRFLOW_HOME, made for this user alone."""
    home = settings.state_dir / "airflow"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home.resolve()


def _metadata(settings: Settings, home: Path) -> dict[str, str]:
    """Keep Airflow's own tables where the data is, on the asynchronous driver that is installed."""
    url = service_database(settings, METADATA_DATABASE, home)
    if settings.embedded:
        return {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": url.replace("+pymysql", "+asyncmy"),
    }


def _keys(home: Path) -> dict[str, str]:
    """Return the keys that Airflow's processes share, generated once."""
    made = {
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
    }
    return kept(home / "keys.json", made)


def password(home: Path) -> str:
    """Return the UI's password, generated once."""
    return kept(home / "passwords.json", {USER: secrets.token_urlsafe(12)})[USER]
