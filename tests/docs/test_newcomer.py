"""A newcomer follows the README from the clone to a prediction, then runs other pages' commands."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app_cli.local_stack.supervisor import free_port
from tests.browser.site import Site, predict
from tests.conftest import ROOT
from tests.docs.documented import WALKED, commands
from tests.docs.mlflow_pictures import picture_mlflow
from tests.servers.chromium import running_chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.stack, pytest.mark.timeout(1800)]
PATIENCE_S = 600
PORTS = {"API_PORT": 8000, "FORM_PORT": 8501, "MLFLOW_PORT": 8084}
OF_THE_STACK = ("API_", "STATE_DIR", "DATA_DIR", "MODELS_DIR", "DATABASE_URL", "MLFLOW_")


@dataclass
class Newcomer:
    """A user with an empty folder who types only what README and docs say."""

    folder: Path
    dataset: Path
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in PORTS})
    typed: set[str] = field(default_factory=set)

    def type(self, text: str) -> str:
        """Type a command, which must succeed, and return its output."""
        self.typed.add(text)
        argv = ["sh", "-ec", self.adapted(text)]
        done = subprocess.run(
            argv, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def keep_running(self, text: str) -> Iterator[None]:
        """Type a command that serves, and stop it with Ctrl-C."""
        self.typed.add(text)
        log = self.folder / "served.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["sh", "-c", f"exec env {self.adapted(text)}"],
                cwd=self.folder,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        with process:
            try:
                _wait_for_line(process, log, "All is up")
                yield
            finally:
                process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0, log.read_text()

    def adapted(self, text: str) -> str:
        """Put the real repository, the real dataset and free ports into a command."""
        text = text.replace("<this repository>", str(ROOT))
        text = re.sub(r"file:///\S+", self.dataset.resolve().as_uri(), text)
        for name, port in PORTS.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.ports[name]}")
        return text

    @property
    def env(self) -> dict[str, str]:
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(OF_THE_STACK)
        }
        return clean | {name: str(port) for name, port in self.ports.items()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def test_newcomer_follows_the_docs_to_a_prediction_in_the_form(
    tmp_path: Path, real_dataset: Path, browser: Browser
) -> None:
    newcomer = Newcomer(tmp_path, real_dataset)
    newcomer.type("git clone <this repository> readmission && cd readmission")
    newcomer.folder = tmp_path / "readmission"
    with newcomer.keep_running("DATASET_URL=file:///path/Diabetes.csv.xz ./run"):
        _predict_in_the_form(newcomer, browser)
        _predict_with_curl(newcomer)
        picture_mlflow(browser, f"http://127.0.0.1:{newcomer.ports['MLFLOW_PORT']}")
    _operate(newcomer)
    documented = {command.text for command in commands() if command.run_by == [WALKED]}
    typed = {_in_english(text) for text in newcomer.typed}
    assert {_in_english(text) for text in documented} == typed


def _predict_in_the_form(newcomer: Newcomer, browser: Browser) -> None:
    site = Site(browser.new_page(), f"http://127.0.0.1:{newcomer.ports['FORM_PORT']}")
    site.go(language="en")
    site.number("Age (years)").fill("81")
    predict(site, "en")
    site.sees("estimated 30-day risk")
    assert not site.page.get_by_text("Synthetic data").count()
    site.page.close()


def _predict_with_curl(newcomer: Newcomer) -> None:
    command = "curl -X POST http://127.0.0.1:8000/predict -H 'Content-Type: application/json' -d "
    answer = json.loads(newcomer.type(command + """'{"age": 75, "number_inpatient": 2}'"""))
    assert answer["status"] == 200
    assert answer["prediction"] == int(answer["probability"] >= answer["threshold"])
    assert json.loads(newcomer.type("curl http://127.0.0.1:8000/health/ready"))["status"] == 200
    assert 'model_version="1"' in newcomer.type("curl http://127.0.0.1:8000/metrics")


def _operate(newcomer: Newcomer) -> None:
    """Type the commands of the other pages, with the model that was just trained."""
    assert "promote" in newcomer.type("./run --help")
    assert "101,766 rows" in newcomer.type("./run status")
    newcomer.type("./run load")
    assert "Verdict" in newcomer.type("./run drift")
    newcomer.type("tar -czf readmission-backup.tar.gz var models")
    newcomer.type("./run clean --force && ./run train")
    assert "champion" in newcomer.type("./run models")
    assert "Version 1 is champion; version 2 stepped down" in newcomer.type("./run promote 1")
    assert "Version 2 is champion again" in newcomer.type("./run rollback")
    newcomer.type("rm -rf var models && tar -xzf readmission-backup.tar.gz")
    with newcomer.keep_running("API_WORKERS=2 ./run serve"):
        newcomer.type("curl http://127.0.0.1:8000/health/ready")
    assert "ward-7:predict:" in newcomer.type("./run api-key ward-7 --scopes predict")
    newcomer.type("./run secrets")
    assert "=changeme" not in (newcomer.folder / ".env").read_text()


def _in_english(text: str) -> str:
    """Translate a command of the Spanish README, and unify the variants that are typed once."""
    text = text.replace("este repositorio", "this repository")
    text = text.replace("/ruta/", "/path/")
    text = text.replace("VERSION", "1")
    return "DATASET_URL=file:///path/Diabetes.csv.xz ./run" if text == "./run" else text


def _wait_for_line(process: "subprocess.Popen[bytes]", log: Path, line: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while line not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)
