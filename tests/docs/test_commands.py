"""Every command in README and docs is run by a test or checked here."""

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
COMPOSE_COMMANDS = sorted({command.text for command in COMMANDS if command.run_by == [COMPOSE]})
SETTING_COMMANDS = [command for command in COMMANDS if command.run_by == [SETTINGS]]


def test_there_are_commands_on_every_page_that_needs_them() -> None:
    pages = {command.page for command in COMMANDS}
    assert pages >= {"README.md", "README.es.md", "docs/operations.md", "docs/compose.md"}


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_exactly_one_thing_runs_a_command_and_it_exists(command: Command) -> None:
    assert len(command.run_by) == 1, (
        f"say in tests/docs/documented.py what runs this: {command.run_by}"
    )
    file, _, name = command.run_by[0].partition("::")
    if file.startswith("tests/"):
        assert f"def {name}" in (ROOT / file).read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_command_is_valid_shell(command: Command) -> None:
    text = re.sub(r"<[\w ]+>", "PLACE", command.text)
    subprocess.run(["sh", "-n", "-c", text], check=True)


def test_benchmarks_that_pages_name_exist() -> None:
    text = "\n".join(command.text for command in COMMANDS)
    for name in re.findall(r"(?:run bench |-m benchmarks\.)(\w+)", text):
        assert (ROOT / "benchmarks" / f"{name}.py").is_file(), name


@pytest.mark.parametrize("command", SETTING_COMMANDS, ids=str)
def test_settings_of_a_shell_block_exist(command: Command) -> None:
    for name in re.findall(r"(\w+)=", command.text):
        assert _is_defined(name), name


def _is_defined(name: str) -> bool:
    if not name.startswith("AIRFLOW__"):
        return name.lower() in Settings.model_fields
    _, section, option = name.lower().split("__")
    return re.search(rf"\b{section}\b[\s\S]*\b{option}\b", _airflow_options()) is not None


def _airflow_options() -> str:
    """Return how Airflow and its Celery provider document their options, in lower case."""
    files = {
        "apache-airflow-core": "airflow/config_templates/config.yml",
        "apache-airflow-providers-celery": "airflow/providers/celery/get_provider_info.py",
    }
    texts = []
    for name, file in files.items():
        path = importlib.metadata.distribution(name).locate_file(file)
        texts.append(Path(str(path)).read_text().lower())
    return "\n".join(texts)


@pytest.mark.compose
@pytest.mark.parametrize("text", COMPOSE_COMMANDS)
def test_compose_knows_the_command_and_its_options(text: str, tmp_path: Path) -> None:
    docker = shutil.which("docker") or require(
        "Docker's client", "run tests/compose/install.sh as root"
    )
    parts = re.fullmatch(r"(?:\w+=\S+ )*docker compose((?: --profile \w+)*) (\w+)(.*)", text)
    assert parts, "only profiles may come before the verb"
    profiles, verb, rest = parts.groups()
    env_file = write_secrets(tmp_path / ".env")
    config = [docker, "compose", "--env-file", env_file, *profiles.split(), "config", "--quiet"]
    subprocess.run(config, cwd=ROOT, check=True)
    help_command = [docker, "compose", verb, "--help"]
    shown = subprocess.run(help_command, capture_output=True, text=True, check=True).stdout
    used_options = set(re.findall(r"--[\w-]+", rest))
    assert used_options <= set(re.findall(r"--[\w-]+", shown))
