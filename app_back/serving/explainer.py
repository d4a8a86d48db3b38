"""Explains one patient's probability by Shapley values, computed by shap in a separate process.

Importing shap takes seconds and one explanation costs thousands of predictions; neither may slow
down the predictions that the API serves.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
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

_Value = int | str | None
_DistinctValues = dict[str, list[_Value]]
"""The distinct values of each field; a value's code is its index in the list."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The contribution of each field, added to the mean probability of the reference patients."""

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
        fields = dict(patient)
        try:
            explanation = self._pool.submit(explain, model, fields, reference_patients)
            return explanation.result()
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
    after another. shap works on numbers: a value's code is its index among the field's distinct
    values, and ``codes`` is (patients x fields) with the explained patient in its first row.
    """
    import shap

    patients = [patient, *reference_patients]
    distinct_values = _find_distinct_values(patients)
    codes = np.array([_encode(person, distinct_values) for person in patients])
    explained_codes = codes[:1]
    reference_codes = codes[1:]
    masker = shap.maskers.Independent(
        reference_codes,
        max_samples=len(reference_codes),
    )
    explainer = shap.PermutationExplainer(
        _predict_from_codes(_load(model), distinct_values),
        masker,
        seed=_SEED,
    )
    evaluations_per_permutation = 2 * len(_FIELD_NAMES) + 1
    shapley = explainer(
        explained_codes,
        max_evals=_PERMUTATIONS * evaluations_per_permutation,
        silent=True,
    )
    base_probability = float(shapley.base_values[0])
    shapley_values = shapley.values[0].tolist()
    contributions = dict(zip(_FIELD_NAMES, shapley_values, strict=True))
    return Explanation(base_probability, contributions)


def _predict_from_codes(
    model: OnnxModel, distinct_values: _DistinctValues
) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    """Return the function that shap explains: from rows of codes to probabilities."""

    def predict(coded_rows: NDArray[np.int64]) -> NDArray[np.float64]:
        # shap passes floats.
        integer_rows = coded_rows.astype(int)
        patients = [_decode(codes, distinct_values) for codes in integer_rows]
        return model.probabilities(patients)

    return predict


def _find_distinct_values(patients: Sequence[PatientFields]) -> _DistinctValues:
    """Return each field's distinct values, in the order in which the patients have them."""
    distinct_values: _DistinctValues = {}
    for name in _FIELD_NAMES:
        values = [patient[name] for patient in patients]
        distinct = dict.fromkeys(values)
        distinct_values[name] = list(distinct)
    return distinct_values


def _encode(patient: PatientFields, distinct_values: _DistinctValues) -> list[int]:
    codes: list[int] = []
    for name in _FIELD_NAMES:
        values = distinct_values[name]
        value = patient[name]
        codes.append(values.index(value))
    return codes


def _decode(codes: NDArray[np.int64], distinct_values: _DistinctValues) -> PatientFields:
    patient: dict[str, _Value] = {}
    named_codes = zip(_FIELD_NAMES, codes, strict=True)
    for name, code in named_codes:
        values = distinct_values[name]
        patient[name] = values[code]
    return patient


@lru_cache(maxsize=2)
def _load(model: Path) -> OnnxModel:
    return OnnxModel.load(model)


def _start_worker() -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare_worker,
    )
    # The pool starts its process with the first task.
    pool.submit(os.getpid)
    return pool


def _prepare_worker() -> None:
    """Import shap ahead of the first explanation, and end with the API even if that is killed.

    Numba stays off: compiling shap's loops would delay the first explanation by ten seconds and
    speed up none.
    """
    watcher = threading.Thread(target=_exit_with_parent, daemon=True)
    watcher.start()
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import shap  # noqa: F401


def _exit_with_parent() -> None:
    """Wait until the API's process ends, then end this one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
