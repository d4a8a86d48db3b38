"""The supervisor of ``./run serve``, ``./run airflow`` and ``./run stack``, on real processes."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app_cli.local_stack.supervisor import Service, free_port, serve, started
from readmission.errors import SettingError

GRANDCHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', '{}']); time.sleep(60)"
)
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
SUPERVISOR = """
from pathlib import Path
from app_cli.local_stack.supervisor import Service, serve
import sys
command = [sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1"]
web = Service("web", command, Path("{log}"), health_url="http://127.0.0.1:{port}/")
sys.exit(serve([web]))
"""


def python(name: str, code: str, folder: Path) -> Service:
    return Service(name, [sys.executable, "-c", code], folder / f"{name}.log")


def runs(process: psutil.Process) -> bool:
    """Whether it still runs: a zombie that nobody reaps does not."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def bystanders() -> set[psutil.Process]:
    """Return what other tests' fixtures keep running, such as a browser."""
    return set(psutil.Process().children(recursive=True))


def descendants(bystanders: set[psutil.Process]) -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if each not in bystanders]


def test_started_services_leave_no_orphan(tmp_path: Path, bystanders: set[psutil.Process]) -> None:
    grandchild = python("parent", GRANDCHILD.format("import time; time.sleep(60)"), tmp_path)
    with started([grandchild]) as running:
        while len(family := descendants(bystanders)) < 2:
            time.sleep(0.02)
        assert running[0].process.pid in [each.pid for each in family]
    assert not any(map(runs, family))


def test_a_service_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app_cli.local_stack.supervisor.STOPPED_WITHIN_S", 0.5)
    with started([python("stubborn", STUBBORN, tmp_path)]) as running:
        time.sleep(0.3)
    assert running[0].process.returncode == -signal.SIGKILL


def test_serve_names_the_service_that_ended(
    tmp_path: Path, bystanders: set[psutil.Process], capsys: pytest.CaptureFixture[str]
) -> None:
    code = serve(
        [
            python("sleeper", "import time; time.sleep(60)", tmp_path),
            python("broken", "exit('no disk')", tmp_path),
        ]
    )
    said = capsys.readouterr().out
    assert code == 1
    assert "broken | no disk" in said
    assert "broken ended by itself with exit code 1" in said
    assert not descendants(bystanders)


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        web = Service(
            "web",
            ["true"],
            tmp_path / "log",
            health_url=f"http://127.0.0.1:{port}/",
            port_setting="WEB_PORT",
        )
        with pytest.raises(SettingError, match=f"web: port {port} is in use; .* set WEB_PORT"):
            serve([web])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_with_exit_code_zero(
    tmp_path: Path, number: signal.Signals
) -> None:
    code = SUPERVISOR.format(port=free_port(), log=tmp_path / "web.log")
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline().startswith("web is up: http://127.0.0.1:")
        children = psutil.Process(supervisor.pid).children(recursive=True)
        supervisor.send_signal(number)
        assert supervisor.wait(timeout=10) == 0
    assert children
    assert not any(map(runs, children))
