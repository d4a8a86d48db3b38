"""No command of the papers is left to luck: each is run by something that is named here."""

import importlib.metadata
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app_cli.secrets import write_secrets
from connections.settings import Settings
from tests.conftest import ROOT, require
from tests.docs.documented import COMPOSE, SETTINGS, Command, commands

COMMANDS = commands()
COMPOSED = sorted({one.text for one in COMMANDS if one.run_by == [COMPOSE]})


def test_there_are_commands_on_every_page_that_needs_them() -> None:
    assert {one.page for one in COMMANDS} >= {
        "README.md",
        "README.es.md",
        "docs/operations.md",
        "docs/compose.md",
    }


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_command_is_run_by_exactly_one_thing_and_that_is_there(command: Command) -> None:
    assert len(command.run_by) == 1, (
        f"say in tests/docs/documented.py what runs this: {command.run_by}"
    )
    file, _, name = command.run_by[0].partition("::")
    if file.startswith("tests/"):
        assert f"def {name}" in (ROOT / file).read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_shell_can_read_the_command(command: Command) -> None:
    text = re.sub(r"<[\w ]+>", "PLACE", command.text)
    subprocess.run(["sh", "-n", "-c", text], check=True)


def test_every_benchmark_named_is_there() -> None:
    named = {
        name
        for one in COMMANDS
        for name in re.findall(r"(?:run bench |-m benchmarks\.)(\w+)", one.text)
    }
    assert all((ROOT / "benchmarks" / f"{name}.py").is_file() for name in named), named


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.run_by == [SETTINGS]], ids=str)
def test_settings_of_a_block_are_settings(command: Command) -> None:
    for name in re.findall(r"(\w+)=", command.text):
        assert _is_defined(name), name


def _is_defined(name: str) -> bool:
    if not name.startswith("AIRFLOW__"):
        return name.lower() in Settings.model_fields
    _, section, option = name.lower().split("__")
    return re.search(rf"\b{section}\b[\s\S]*\b{option}\b", _airflow_options()) is not None


def _airflow_options() -> str:
    """Return what Airflow and its Celery provider say about their options."""
    files = {
        "apache-airflow-core": "airflow/config_templates/config.yml",
        "apache-airflow-providers-celery": "airflow/providers/celery/get_provider_info.py",
    }
    paths = (
        importlib.metadata.distribution(name).locate_file(file) for name, file in files.items()
    )
    return "\n".join(Path(str(path)).read_text().lower() for path in paths)


@pytest.mark.compose
@pytest.mark.parametrize("text", COMPOSED)
def test_compose_knows_the_command_and_its_options(text: str, tmp_path: Path) -> None:
    docker = shutil.which("docker") or require(
        "Docker's client", "run tests/compose/install.sh as root"
    )
    parts = re.fullmatch(r"(?:\w+=\S+ )*docker compose((?: --profile \w+)*) (\w+)(.*)", text)
    assert parts, "only options before the verb are profiles"
    env_file = write_secrets(tmp_path / ".env")
    config = [docker, "compose", "--env-file", env_file, *parts[1].split(), "config", "--quiet"]
    subprocess.run(config, cwd=ROOT, check=True)
    known = subprocess.run(
        [docker, "compose", parts[2], "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"--[\w-]+", parts[3])) <= set(re.findall(r"--[\w-]+", known))
