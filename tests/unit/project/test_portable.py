"""The project runs where Linux's own calls and options are missing, and on Windows clones."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from connections import bootstrap
from connections.settings import Settings
from readmission.cores import usable_cores
from tests.conftest import ROOT, require

PRODUCTION = ("readmission", "connections", "app_back", "app_front", "app_cli", "dags", "mlflow")
HELPERS = {"readmission/cores.py"}
BENCHMARKS_OF_LINUX = {"benchmarks/data_stage.py"}
LINUX_ONLY = re.compile(
    r"os\.(sched_\w+|fdatasync|posix_f\w+|memfd_create|eventfd|copy_file_range|splice|pidfd_open"
    r"|process_cpu_count|getrandom|O_DIRECT|O_TMPFILE|prlimit)\b|/proc/|signal\.(SIGPOLL|SIGPWR)"
)


def shell_files() -> list[Path]:
    return [ROOT / "run", ROOT / "test", ROOT / "app_cli" / "setup.sh"]


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what macOS lacks on Python 3.11."""
    for name in ("sched_getaffinity", "process_cpu_count", "fdatasync"):
        monkeypatch.delattr(os, name, raising=False)


def test_process_cpu_count_comes_before_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "process_cpu_count", lambda: 7, raising=False)
    assert usable_cores() == 7


def test_affinity_limits_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    assert usable_cores() == 3


@pytest.mark.usefixtures("macos")
def test_a_training_uses_all_cores_where_there_is_no_affinity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    context = bootstrap.training_context(Settings(state_dir=tmp_path))
    assert context.workers == 5


def test_calls_that_another_system_lacks_are_in_their_helpers_only() -> None:
    folders = (*PRODUCTION, "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    users = {str(path.relative_to(ROOT)) for path in files if LINUX_ONLY.search(path.read_text())}
    assert users == HELPERS | BENCHMARKS_OF_LINUX


@pytest.mark.parametrize("script", shell_files(), ids=lambda path: path.name)
def test_scripts_use_no_option_that_macos_lacks(script: Path) -> None:
    commands = re.sub(r"#.*", "", script.read_text())
    assert not re.search(r"readlink -f|sed -i|stat -c|date -d|grep -P|realpath|sha256sum", commands)


def test_no_script_of_the_environment_is_called_whose_first_line_a_move_makes_wrong() -> None:
    """Python's own scripts in .venv/bin name the interpreter by the path of the installation."""
    commands = re.sub(r"#.*", "", (ROOT / "test").read_text())
    assert not re.search(r"(?<!-m )\b(pytest|mypy|deptry|lint-imports)\b", commands)


@pytest.mark.parametrize("name", ["run", "test"])
def test_a_script_called_by_a_chain_of_links_works_in_its_own_folder(
    name: str, tmp_path: Path
) -> None:
    clone = tmp_path / "a clone"
    (clone / "app_cli").mkdir(parents=True)
    (clone / "app_cli" / "setup.sh").write_text('echo "in $PWD"; exit 0')
    shutil.copy2(ROOT / name, clone / name)
    (tmp_path / "relative").symlink_to(f"a clone/{name}")
    (tmp_path / "absolute").symlink_to(tmp_path / "relative")
    script = [tmp_path / "absolute"]
    done = subprocess.run(script, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout == f"in {clone}\n"


def test_a_clone_on_windows_has_shell_scripts_with_unix_line_ends(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        require("git's folder", "this is not a clone")
    windows = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    git = ["git", *windows, "checkout-index", f"--prefix={tmp_path}/", "--"]
    picture = "docs/images/form-history.png"
    names = ["run", "app_cli/setup.sh", ".env.example", "mysql/init.sh", picture]
    subprocess.run([*git, *names], cwd=ROOT, check=True)
    for name in names[:-1]:
        assert b"\r" not in (tmp_path / name).read_bytes(), name
    assert (tmp_path / picture).read_bytes() == (ROOT / picture).read_bytes()


def test_every_file_that_is_no_text_is_named_in_gitattributes() -> None:
    if not (ROOT / ".git").exists():
        require("git's folder", "this is not a clone")
    git = ["git", "ls-files", "--eol"]
    lines = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    unnamed = [
        line for line in lines.splitlines() if "i/-text" in line and "attr/-text" not in line
    ]
    assert unnamed == []
    assert not re.search(r"^i/(crlf|mixed)", lines, re.MULTILINE)
