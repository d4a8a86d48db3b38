"""A whole Airflow of a test's own: real processes, a free port, its own folder and database."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app_cli.local_stack import airflow
from app_cli.local_stack.supervisor import Running, free_port, started
from connections.database.engine import Database, open_database
from connections.settings import Settings
from tests.conftest import TREES
from tests.e2e.rest import Airflow

DAGS = ("cargar_datos", "preprocesar_datos", "train_model", "monitorear_deriva")


@dataclass(frozen=True)
class Installation:
    """One running Airflow with its settings, its REST API and the database that it works on."""

    settings: Settings
    environment: Mapping[str, str]
    airflow: Airflow
    database: Database
    processes: list[Running]
    alerts: Sequence[str] = ()


def settings_for(folder: Path, database_url: str, dataset: Path, **ports: int) -> Settings:
    """Return settings under ``folder``, on free ports, for that dataset."""
    return Settings(
        _env_file=None,
        state_dir=folder / "var",
        models_dir=folder / "models",
        data_dir=folder / "data",
        database_url=database_url,
        dataset_url=f"file://{dataset}",
        forest_trees=TREES,
        airflow_port=free_port(),
        **ports,
    )


def scheduled() -> str:
    """Return the id that all scheduled runs of today have."""
    return f"scheduled__{datetime.now(UTC).date()}T00:00:00+00:00"


def wait_for_midnight(tests_take: timedelta = timedelta(minutes=12)) -> None:
    """Wait until midnight if it is near: the scheduler creates its next runs then."""
    now = datetime.now(UTC)
    left = (now + timedelta(days=1)).replace(hour=0, minute=0, second=5) - now
    if left < tests_take:
        time.sleep(left.total_seconds())


@contextmanager
def running_airflow(
    settings: Settings, environment: Mapping[str, str], *, alerts: Sequence[str] = ()
) -> Iterator[Installation]:
    """Run Airflow with all DAGs known and paused."""
    wait_for_midnight()
    env = {
        **task_environment(settings),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        **environment,
    }
    services = [replace(one, env={**one.env, **env}) for one in airflow.airflow_services(settings)]
    airflow.migrate_metadata(settings)
    with ExitStack() as stack:
        running = stack.enter_context(started(services))
        secret = airflow.password(airflow.airflow_home(settings))
        client = stack.enter_context(
            closing(Airflow(f"http://127.0.0.1:{settings.airflow_port}", secret))
        )
        database = open_database(settings)
        stack.callback(database.dispose)
        client.wait_for_dags(DAGS)
        yield Installation(settings, env, client, database, running, alerts)


def task_environment(settings: Settings) -> dict[str, str]:
    """Return the settings as the environment variables that a task reads them from."""
    return {
        "STATE_DIR": str(settings.state_dir),
        "MODELS_DIR": str(settings.models_dir),
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATASET_URL": settings.dataset_url or "",
        "FOREST_TREES": str(settings.forest_trees),
        "MLFLOW_TRACKING_URI": settings.tracking_uri,
    }
