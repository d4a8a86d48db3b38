"""The Compose stack as its user has it: commands, addresses and secrets."""

import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pymysql
import requests

from tests.conftest import ROOT

HOST = "127.0.0.2"
"""An address of this machine's own that no native server of the tests uses."""
MODEL = "mejor_modelo_diabetes"
SERVICES = (
    "mysql",
    "minio",
    "mlflow_server",
    "airflow-apiserver",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "apibackend",
    "streamlit_front",
)


@dataclass(frozen=True)
class Stack:
    """One project of Compose, with the settings of ``env_file`` and of ``env``."""

    env_file: Path
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Return what makes plain ``docker compose`` mean this stack."""
        named = {
            "COMPOSE_ENV_FILES": str(self.env_file),
            "COMPOSE_PROJECT_NAME": "readmission-test",
            "COMPOSE_PROGRESS": "plain",
        }
        return {**os.environ, **named, **self.env}

    def with_env(self, **env: str) -> "Stack":
        return replace(self, env={**self.env, **env})

    def compose(self, *arguments: str, check: bool = True, timeout_s: float = 1200) -> str:
        done = subprocess.run(
            ["docker", "compose", *arguments],
            cwd=ROOT,
            env=self.environment,
            text=True,
            timeout=timeout_s,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert not check or done.returncode == 0, (
            f"docker compose {' '.join(arguments)}:\n{done.stdout[-3000:]}"
        )
        return done.stdout

    def up(self, *arguments: str) -> float:
        """Start the named services with the defaults; return the seconds until all were healthy."""
        began = time.monotonic()
        output = self.compose("up", "--wait", *arguments, check=False)
        states = self.compose("ps", "--all", "--format", "{{.Service}} {{.Status}}")
        assert (
            "unhealthy" not in states and "didn't complete" not in output and "failed" not in output
        ), f"{output[-1500:]}\n{states}\n{self.compose('logs', '--tail', '15')}"
        return time.monotonic() - began

    def containers(self, service: str = "") -> list[str]:
        return self.compose("ps", "--quiet", *filter(None, [service])).split()

    def health(self) -> set[str]:
        states = inspect(
            self.containers(),
            "{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}",
        )
        return set(states)

    def secret(self, name: str) -> str:
        return secrets_of(self.env_file)[name]

    def api(
        self, method: str, path: str, key: str = "FORM_API_KEY", **options: Any
    ) -> requests.Response:
        headers = {"X-API-Key": self.secret(key)}
        return requests.request(
            method, f"http://{HOST}:8000{path}", headers=headers, timeout=30, **options
        )

    def predict(self, **fields: Any) -> dict[str, Any]:
        answer = self.api("POST", "/predict", json=fields)
        assert answer.ok, answer.text
        return dict(answer.json())

    @contextmanager
    def database(self, user: str = "root") -> Iterator[pymysql.cursors.Cursor]:
        password = self.secret(f"MYSQL_{user.upper()}_PASSWORD")
        with pymysql.connect(
            host=HOST, port=8082, user=user, password=password, autocommit=True
        ) as connection:
            yield connection.cursor()

    def count(self, table: str) -> int:
        with self.database() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - the tests' own names
            row = cursor.fetchone()
            assert row
            return int(row[0])

    def champion(self) -> dict[str, Any]:
        path = "/api/2.0/mlflow/registered-models/alias"
        answer = requests.get(
            f"http://{HOST}:8084{path}", params={"name": MODEL, "alias": "champion"}, timeout=30
        )
        return dict(answer.json().get("model_version", {}))

    def s3(self, *, root: bool = False) -> Any:
        names = (
            ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD")
            if root
            else ("S3_ACCESS_KEY", "S3_SECRET_KEY")
        )
        keys = dict(
            zip(
                ("aws_access_key_id", "aws_secret_access_key"), map(self.secret, names), strict=True
            )
        )
        return boto3.client(
            "s3", endpoint_url=f"http://{HOST}:9000", region_name="us-east-1", **keys
        )

    def artifacts(self) -> dict[str, int]:
        pages = self.s3().get_paginator("list_objects_v2").paginate(Bucket="mlflows3")
        return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", ())}


def inspect(containers: Sequence[str], template: str) -> list[str]:
    command = ["docker", "inspect", "--format", template, *containers]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def secrets_of(env_file: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", env_file.read_text(), re.MULTILINE))
