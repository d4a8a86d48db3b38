"""The fast path of ``POST /predict`` and its switch."""

import subprocess
import sys

import pytest

from app_back.fast_predict import direct_route
from connections.settings import Settings
from tests.conftest import ROOT
from tests.unit.app_back.conftest import ApiHarness

FIND_APP = """
import sys
import app_back.main
assert "app" not in vars(app_back.main), "importing builds nothing"
from uvicorn.importer import import_from_string
app = import_from_string("app_back.main:app")
assert app is app_back.main.app
print(app.title)
"""


def test_the_switch_decides_which_route_answers(
    api: ApiHarness, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = direct_route._predict

    async def count_call(*arguments: object) -> object:
        calls.append(arguments)
        return await original(*arguments)

    monkeypatch.setattr(direct_route, "_predict", count_call)
    assert api.predict().status_code == 200
    assert bool(calls) == settings.predict_fast_path


@pytest.mark.parametrize(("written", "value"), [("on", True), ("off", False)])
def test_the_setting_is_written_on_or_off(
    written: str, value: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREDICT_FAST_PATH", written)
    assert Settings(_env_file=None).predict_fast_path is value


def test_uvicorn_finds_the_app_and_importing_it_builds_nothing() -> None:
    found = subprocess.run(
        [sys.executable, "-c", FIND_APP], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "Readmission\n"


def test_both_routes_are_documented_alike(api: ApiHarness) -> None:
    operation = api.client.get("/openapi.json").json()["paths"]["/predict"]["post"]
    assert set(operation["responses"]) >= {"200", "401", "415", "422", "503"}
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Patient"}
