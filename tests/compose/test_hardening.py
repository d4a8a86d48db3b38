"""What each part may do, and what nobody can read."""

import os
import subprocess
from pathlib import Path

import pymysql
import pytest
from botocore.exceptions import ClientError

from tests.compose.stack import Stack, inspect, secrets_of

pytestmark = [pytest.mark.compose, pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(2400)]

OWN = {
    "pipeline": {"raw_data", "clean_data"},
    "api": {"raw_data", "clean_data"},
    "mlflow": {"mlflow"},
    "airflow": {"airflow"},
}
DATABASES = {"raw_data", "clean_data", "mlflow", "airflow"}
FORBIDDEN = (
    "CREATE USER intruder@'%'",
    "CREATE DATABASE elsewhere",
    "SELECT * FROM mysql.user",
    "SELECT 1 INTO OUTFILE '/var/lib/mysql-files/x'",
    "SET GLOBAL max_connections = 1",
    "SHUTDOWN",
    "GRANT SELECT ON raw_data.* TO root@'%'",
)
IMAGES = ("airflow", "api", "front", "mlflow")


@pytest.mark.parametrize("user", OWN)
def test_database_user_sees_its_own_databases_only(stack: Stack, user: str) -> None:
    with stack.database(user) as cursor:
        cursor.execute("SHOW DATABASES")
        seen = {row[0] for row in cursor.fetchall()}
    assert seen - {"information_schema", "performance_schema"} == OWN[user]


@pytest.mark.parametrize("user", OWN)
def test_database_user_can_make_and_drop_its_tables(stack: Stack, user: str) -> None:
    with stack.database(user) as cursor:
        for database in OWN[user]:
            cursor.execute(f"CREATE TABLE {database}.a_test (id INT PRIMARY KEY)")
            cursor.execute(f"INSERT INTO {database}.a_test VALUES (1)")  # noqa: S608
            cursor.execute(f"DROP TABLE {database}.a_test")


@pytest.mark.parametrize("user", OWN)
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_database_user_can_do_nothing_else(stack: Stack, user: str, statement: str) -> None:
    with (
        stack.database(user) as cursor,
        pytest.raises(pymysql.err.OperationalError, match=r"denied|not allowed"),
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("user", OWN)
def test_database_user_cannot_touch_the_others_databases(stack: Stack, user: str) -> None:
    with stack.database(user) as cursor:
        for database in DATABASES - OWN[user]:
            with pytest.raises(pymysql.err.OperationalError, match="denied"):
                cursor.execute(f"CREATE TABLE {database}.a_test (id INT)")


def test_key_of_the_bucket_opens_the_bucket_only(stack: Stack) -> None:
    root, scoped = stack.s3(root=True), stack.s3()
    root.create_bucket(Bucket="another")
    scoped.put_object(Bucket="mlflows3", Key="a/test", Body=b"x")
    scoped.delete_object(Bucket="mlflows3", Key="a/test")
    with pytest.raises(ClientError):
        scoped.put_object(Bucket="another", Key="a/test", Body=b"x")
    with pytest.raises(ClientError):
        scoped.create_bucket(Bucket="third")
    root.delete_bucket(Bucket="another")


def test_only_mlflow_holds_the_keys_of_s3(stack: Stack) -> None:
    for service in ("airflow-scheduler", "apibackend", "streamlit_front"):
        environment = inspect(stack.containers(service), "{{.Config.Env}}")[0]
        assert stack.secret("S3_SECRET_KEY") not in environment


def test_nothing_runs_as_root_or_with_a_capability(stack: Stack) -> None:
    for container in stack.containers():
        pids = subprocess.run(
            ["docker", "top", container, "-eo", "pid"], check=True, capture_output=True, text=True
        )
        for pid in pids.stdout.split()[1:]:
            status = dict(
                line.split(":\t", 1)
                for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            )
            assert "0" not in status["Uid"].split(), (container, status["Name"])
            assert int(status["CapEff"], 16) == 0
            assert status["NoNewPrivs"] == "1"


def test_jobs_that_have_ended_ran_as_a_user_too(stack: Stack) -> None:
    users = inspect(stack.compose("ps", "--all", "--quiet").split(), "{{.Config.User}}")
    assert len(users) > len(stack.containers())
    assert not {"", "root", "0"} & {user.split(":")[0] for user in users}


def test_root_filesystems_are_read_only_and_memory_is_bounded(stack: Stack) -> None:
    settings = inspect(
        stack.containers(), "{{.HostConfig.ReadonlyRootfs}} {{ne .HostConfig.Memory 0}}"
    )
    assert set(settings) == {"true true"}


def test_ports_are_on_the_address_that_was_asked_for(stack: Stack) -> None:
    bound = inspect(
        stack.containers(),
        "{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}} {{end}}{{end}}",
    )
    assert {address for line in bound for address in line.split()} == {stack.secret("BIND_ADDRESS")}


def test_no_secret_is_in_an_image_or_a_log(stack: Stack, chain: dict[str, str]) -> None:
    generated = {
        name: value for name, value in secrets_of(stack.env_file).items() if len(value) >= 20
    }
    wanted = [
        value for name, value in generated.items() if name.endswith(("PASSWORD", "KEY", "SECRET"))
    ]
    assert len(wanted) >= 14
    tasks_logs = [
        "exec",
        "-T",
        "airflow-scheduler",
        "tar",
        "--create",
        "--file=-",
        "/opt/airflow/logs",
    ]
    for command, surely in (
        (
            ["docker", "save", *(f"readmission-test/{name}:latest" for name in IMAGES)],
            "[dependency-groups]",
        ),
        (["docker", "compose", "logs", "--no-color"], "ready for connections"),
        (["docker", "compose", *tasks_logs], "select_and_promote"),
    ):
        assert found(stack, command, [surely, *wanted]) == {surely}, (
            f"{command[1:3]}; the first is what a scan finds"
        )


def found(stack: Stack, command: list[str], texts: list[str]) -> set[str]:
    """Return which of the texts are in the command's output, layers and all."""
    arguments = [part for text in texts for part in ("--regexp", text)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=stack.environment) as source:
        grep = ["grep", "--text", "--only-matching", "--fixed-strings", *arguments]
        done = subprocess.run(
            grep,
            stdin=source.stdout,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
        )
    assert source.returncode == 0
    return set(done.stdout.splitlines())
