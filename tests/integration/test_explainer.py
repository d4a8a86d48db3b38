"""shap explains the served model, in a process that ends with the API."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from app_back.serving.explainer import Explainer
from app_back.serving.reference_patients import draw_reference_patients
from app_back.web.patient_payload import PatientPayload
from benchmarks.sample_model import make_onnx
from connections.models.onnx_model import OnnxModel
from readmission.errors import OverloadedError
from tests.conftest import ROOT
from tests.fakes.serving import InMemoryCleanDataReader

START = """
import time
from app_back.serving.explainer import Explainer

explainer = Explainer()
print(*explainer._pool._processes, flush=True)
time.sleep(99)
"""


@pytest.mark.slow
def test_contributions_add_up_and_find_what_matters(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(make_onnx(rows=3000, trees=30))
    patient = PatientPayload(number_inpatient=9).__dict__
    with closing(Explainer()) as explainer:
        explanation = explainer.explain(
            model, patient, draw_reference_patients(InMemoryCleanDataReader(), "data-1")
        )
        with pytest.raises(OverloadedError):
            _kill_worker(explainer, model, patient)
        assert explainer.explain(model, patient, [patient]).base_probability > 0
    (probability,) = OnnxModel.load(model).probabilities([patient])
    assert explanation.base_probability + sum(explanation.contributions.values()) == pytest.approx(
        probability
    )
    assert (
        max(explanation.contributions, key=lambda name: explanation.contributions[name])
        == "number_inpatient"
    )


@pytest.mark.slow
def test_the_first_explanation_waits_for_no_compiler() -> None:
    with closing(Explainer()) as explainer:
        assert not explainer._pool.submit(_compiles).result()


def _compiles() -> bool:
    import numba

    return not numba.config.DISABLE_JIT


def _kill_worker(explainer: Explainer, model: Path, patient: dict[str, object]) -> None:
    (worker,) = explainer._pool._processes.values()
    worker.kill()
    worker.join()
    explainer.explain(model, patient, [patient])


def test_the_process_ends_with_an_api_that_is_killed() -> None:
    api = subprocess.Popen(
        [sys.executable, "-c", START], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert api.stdout
    worker = int(api.stdout.readline())
    time.sleep(3)
    api.kill()
    api.communicate()
    deadline = time.monotonic() + 60
    while _alive(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(worker)


def _alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process_id}/stat").read_text().split()[2] != "Z"
