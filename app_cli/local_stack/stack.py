"""``./run stack``: everything that Compose runs, as processes on this machine."""

from dataclasses import replace
from pathlib import Path

from app_cli.local_stack import airflow
from app_cli.local_stack import serve as serving
from app_cli.local_stack.object_store import BUCKET, ObjectStore, object_store
from app_cli.local_stack.supervisor import Service, require_free_ports, serve, started
from connections.database.service_databases import service_database
from connections.settings import Settings
from connections.sqlite_addresses import sqlite_url_for_mlflow

TRACKING_DATABASE = "mlflow"


def run_stack(settings: Settings) -> int:
    """Serve the whole stack until Ctrl-C; return the exit code."""
    airflow.check_environment()
    folder = settings.state_dir / "stack"
    store = object_store(settings, folder / "s3")
    s3_service = store.service(log=settings.state_dir / "logs" / "s3.log")
    other_services = stack_services(settings, store, folder)
    require_free_ports([s3_service, *other_services])
    airflow.migrate_metadata(settings)
    airflow.print_login(settings)
    with started([s3_service]) as running:
        store.make_bucket()
        return serve(other_services, also_watch=running)


def stack_services(settings: Settings, store: ObjectStore, folder: Path) -> list[Service]:
    """Describe MLflow on the S3 server, then all services that use it."""
    tracking_uri = f"http://127.0.0.1:{settings.mlflow_port}"
    settings_of_clients = settings.model_copy(update={"mlflow_tracking_uri": tracking_uri})
    clients = [
        *airflow.airflow_services(settings_of_clients),
        *serving.api_and_form(settings_of_clients),
    ]
    services = [mlflow_server(settings, store, folder)]
    for client in clients:
        env = {**client.env, "MLFLOW_TRACKING_URI": tracking_uri}
        services.append(replace(client, env=env))
    return services


def mlflow_server(settings: Settings, store: ObjectStore, folder: Path) -> Service:
    """Describe the tracking server; it alone has the keys of the S3 server."""
    if settings.embedded:
        backend = sqlite_url_for_mlflow(folder / f"{TRACKING_DATABASE}.db")
    else:
        backend = service_database(settings, TRACKING_DATABASE, folder)
    settings_of_server = settings.model_copy(update={"mlflow_tracking_uri": backend})
    server = serving.mlflow_ui(settings_of_server)
    return replace(
        server,
        argv=[*server.argv, "--artifacts-destination", f"s3://{BUCKET}"],
        env={**server.env, **store.environment},
        needed_first=True,
    )
