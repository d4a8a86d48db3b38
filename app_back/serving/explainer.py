"""Explains one patient's probability by Shapley values, computed by shap in a process of its own.

Importing shap takes seconds and one explanation costs thousands of predictions; neither may slow
down the predictions that the API serves.
"""

import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from connections.models.onnx_model import OnnxModel
from readmission.errors import OverloadedError
from readmission.ports.serving import PatientFields
from readmission.schema import FIELDS

_PERMUTATIONS = 5
_SEED = 1
_FIELD_NAMES = [field.name for field in FIELDS]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What each field adds to the mean probability of the reference patients."""

    base_probability: float
    contributions: dict[str, float]


class Explainer:
    """A worker process, started with the API so that the first explanation need not wait for it."""

    def __init__(self) -> None:
        self._pool = _start_worker()

    def explain(
        self, model: Path, patient: PatientFields, reference_patients: Sequence[PatientFields]
    ) -> Explanation:
        """Explain one patient; raises OverloadedError when the worker died, and starts another."""
        try:
            return self._pool.submit(explain, model, dict(patient), reference_patients).result()
        except BrokenProcessPool as error:
            self._pool = _start_worker()
            raise OverloadedError("The explanation was interrupted; try again.") from error

    def close(self) -> None:
        """End the worker process."""
        self._pool.shutdown(cancel_futures=True)


def explain(
    model: Path, patient: PatientFields, reference_patients: Sequence[PatientFields]
) -> Explanation:
    """Estimate Shapley values by permutations of the fields.

    In each permutation the patient's values replace those of every reference patient, one field
    after another. shap works on numbers: each value is coded by its position among the field's
    distinct values.
    """
    import shap

    patients = [patient, *reference_patients]
    distinct_values = {name: _distinct(name, patients) for name in _FIELD_NAMES}
    codes = np.array([_encode(person, distinct_values) for person in patients])
    onnx_model = _load(model)

    def predict(coded_rows: NDArray[np.int64]) -> NDArray[np.float64]:
        decoded = [_decode(row, distinct_values) for row in coded_rows.astype(int)]
        return onnx_model.probabilities(decoded)

    masker = shap.maskers.Independent(codes[1:], len(reference_patients))
    explainer = shap.PermutationExplainer(predict, masker, seed=_SEED)
    evaluations = _PERMUTATIONS * (2 * len(_FIELD_NAMES) + 1)
    shapley = explainer(codes[:1], max_evals=evaluations, silent=True)
    contributions = dict(zip(_FIELD_NAMES, shapley.values[0].tolist(), strict=True))
    return Explanation(float(shapley.base_values[0]), contributions)


def _distinct(name: str, patients: Sequence[PatientFields]) -> list[int | str | None]:
    return list(dict.fromkeys(patient[name] for patient in patients))


def _encode(
    patient: PatientFields, distinct_values: dict[str, list[int | str | None]]
) -> list[int]:
    return [distinct_values[name].index(patient[name]) for name in _FIELD_NAMES]


def _decode(
    codes: NDArray[np.int64], distinct_values: dict[str, list[int | str | None]]
) -> PatientFields:
    return {
        name: distinct_values[name][code] for name, code in zip(_FIELD_NAMES, codes, strict=True)
    }


@lru_cache(maxsize=2)
def _load(model: Path) -> OnnxModel:
    return OnnxModel.load(model)


def _start_worker() -> ProcessPoolExecutor:
    spawning = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, spawning, initializer=_prepare_worker)
    pool.submit(os.getpid)  # the pool starts its process with the first task
    return pool


def _prepare_worker() -> None:
    """Import shap ahead of the first explanation, and end with the API even if that is killed.

    Numba stays off: compiling shap's loops would delay the first explanation by ten seconds and
    speed up none.
    """
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import shap  # noqa: F401


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
