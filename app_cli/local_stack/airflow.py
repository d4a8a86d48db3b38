"""``./run airflow``: a whole Airflow on this machine, without containers."""

import os
import re
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from dataclasses import replace
from pathlib import Path

from app_cli.local_stack.supervisor import (
    LOG_LINES,
    Service,
    ServiceFailedError,
    require_free_ports,
    serve,
)
from app_cli.secrets import generated_once
from connections.database.service_databases import service_database
from connections.settings import ROOT, Settings
from readmission.cores import usable_cores
from readmission.errors import SettingError

USER = "admin"
METADATA_DATABASE = "airflow"

_PLACES = re.compile(r"AIRFLOW_HOME|AIRFLOW_CONFIG|AIRFLOW__(DATABASE|CORE)__SQL_ALCHEMY_CONN\w*")
"""The variables that say where an Airflow keeps its files and tables."""


def run_airflow(settings: Settings) -> int:
    """Serve Airflow until Ctrl-C; return the exit code."""
    check_environment()
    services = airflow_services(settings)
    require_free_ports(services)
    migrate_metadata(settings)
    print_login(settings)
    return serve(services)


def check_environment() -> None:
    """Print the Airflow settings of this environment; refuse the places of another Airflow.

    Raises SettingError, because a shell that is prepared for another project's Airflow would let
    this one migrate that project's tables.
    """
    foreign = sorted(name for name in os.environ if _PLACES.fullmatch(name))
    if foreign:
        raise SettingError(
            f"{', '.join(foreign)}: set for another Airflow? This one keeps its files in STATE_DIR "
            f"and its tables in DATABASE_URL's database. Unset it: unset {' '.join(foreign)}"
        )
    taken = sorted(name for name in os.environ if name.startswith("AIRFLOW__"))
    if taken:
        print(f"Taken from the environment: {', '.join(taken)}")


def print_login(settings: Settings) -> None:
    """Print the UI's address, user and password."""
    url = _url(settings)
    home = airflow_home(settings)
    print(f"Airflow: {url}  user {USER}  password {password(home)}")


def airflow_services(settings: Settings) -> list[Service]:
    """Describe the four processes; the others start once the API server is healthy."""
    env = airflow_environment(settings)
    api_server = replace(
        _service(settings, env, "api-server"),
        health_url=f"{_url(settings)}/api/v2/monitor/health",
        port_setting="AIRFLOW_PORT",
        needed_first=True,
    )
    return [
        api_server,
        # Logs are read from disk, so no process serves them beyond loopback.
        _service(settings, env, "scheduler", "--skip-serve-logs"),
        _service(settings, env, "dag-processor"),
        _service(settings, env, "triggerer", "--skip-serve-logs"),
    ]


def _service(settings: Settings, env: dict[str, str], name: str, *options: str) -> Service:
    """Describe one of Airflow's processes."""
    return Service(
        name=f"Airflow {name}",
        argv=[sys.executable, "-m", "airflow", name, *options],
        log=settings.state_dir / "logs" / f"airflow-{name}.log",
        env=env,
    )


def migrate_metadata(settings: Settings) -> None:
    """Migrate Airflow's metadata database to the tables of this version."""
    migration = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env={**os.environ, **airflow_environment(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    if migration.returncode != 0:
        output_lines = (migration.stdout + migration.stderr).splitlines()
        last_lines = "\n".join(output_lines[-LOG_LINES:])
        raise ServiceFailedError(f"{last_lines}\nAirflow's metadata database cannot be prepared")


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Return Airflow's configuration; a variable that the user has set wins over ours."""
    home = airflow_home(settings)
    defaults = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(max(4, usable_cores())),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{_url(settings)}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__BASE_URL": _url(settings),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **_metadata_connection(settings, home),
        **_shared_keys(home),
    }
    environment = {"PYTHONPATH": _python_path()}
    for name, default in defaults.items():
        environment[name] = os.environ.get(name, default)
    return environment


def airflow_home(settings: Settings) -> Path:
    """Return AIRFLOW_HOME, created for this user alone."""
    home = settings.state_dir / "airflow"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return home.resolve()


def password(home: Path) -> str:
    """Return the UI's password, generated once."""
    new_passwords = {USER: secrets.token_urlsafe(12)}
    passwords = generated_once(home / "passwords.json", new_passwords)
    return passwords[USER]


def _url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.airflow_port}"


def _python_path() -> str:
    """Return PYTHONPATH with this project and Airflow's local settings in front."""
    folders = [str(ROOT), str(ROOT / "dags" / "config")]
    inherited = os.environ.get("PYTHONPATH")
    if inherited:
        folders.append(inherited)
    return os.pathsep.join(folders)


def _metadata_connection(settings: Settings, home: Path) -> dict[str, str]:
    """Put Airflow's own tables where the data is; on MySQL, name the installed async driver."""
    url = service_database(settings, METADATA_DATABASE, home)
    connection = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
    if not settings.embedded:
        async_url = url.replace("+pymysql", "+asyncmy")
        connection["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] = async_url
    return connection


def _shared_keys(home: Path) -> dict[str, str]:
    """Return the keys that Airflow's processes share, generated once."""
    new_keys = {
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
    }
    return generated_once(home / "keys.json", new_keys)
