"""``./run stack``: everything that Compose runs, as processes on this machine."""

from dataclasses import replace
from pathlib import Path

from app_cli.local_stack import airflow
from app_cli.local_stack import serve as serving
from app_cli.local_stack.object_store import BUCKET, ObjectStore, object_store
from app_cli.local_stack.supervisor import Service, require_free_ports, serve, started
from connections.database.service_databases import service_database
from connections.settings import Settings

TRACKING_DATABASE = "mlflow"


def run_stack(settings: Settings) -> int:
    """Serve it all until Ctrl-C; returns the exit code."""
    folder = settings.state_dir / "stack"
    store = object_store(settings, folder / "s3")
    s3, others = store.service(_log(settings, "s3")), stack_services(settings, store, folder)
    require_free_ports([s3, *others])
    airflow.migrate_metadata(settings)
    airflow.print_login(settings)
    with started([s3]) as running:
        store.make_bucket()
        return serve(others, also_watch=running)


def stack_services(settings: Settings, store: ObjectStore, folder: Path) -> list[Service]:
    """Describe MLflow on the S3 server, then all that talks to it."""
    tracked = settings.model_copy(
        update={"mlflow_tracking_uri": f"http://127.0.0.1:{settings.mlflow_port}"}
    )
    clients = [*airflow.airflow_services(tracked), serving.api(tracked), serving.form(tracked)]
    tracking = {"MLFLOW_TRACKING_URI": str(tracked.mlflow_tracking_uri)}
    return [
        mlflow_server(settings, store, folder),
        *(replace(one, env={**one.env, **tracking}) for one in clients),
    ]


def mlflow_server(settings: Settings, store: ObjectStore, folder: Path) -> Service:
    """Describe the tracking server; it alone holds the keys of the S3 server."""
    backend = service_database(settings, TRACKING_DATABASE, folder)
    embedded = serving.mlflow_ui(settings.model_copy(update={"mlflow_tracking_uri": backend}))
    argv = [*embedded.argv, "--artifacts-destination", f"s3://{BUCKET}"]
    return replace(embedded, argv=argv, env={**embedded.env, **store.environment}, first=True)


def _log(settings: Settings, name: str) -> Path:
    return settings.state_dir / "logs" / f"{name}.log"
