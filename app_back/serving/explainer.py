"""Why one patient got this probability: Shapley values by shap, in a process of its own.

shap takes seconds to import and explaining costs thousands of predictions; neither may slow the answers.
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
_NAMES = [field.name for field in FIELDS]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What each field adds to the probability, on top of that of the background's patients."""

    base_probability: float
    contributions: dict[str, float]


class Explainer:
    """One process that explains, started with the API so that the first question need not wait for it."""

    def __init__(self) -> None:
        self._pool = self._start()

    def explain(
        self, model: Path, patient: PatientFields, background: Sequence[PatientFields]
    ) -> Explanation:
        """Explain one patient; raises OverloadedError when the process was lost, and starts another."""
        try:
            return self._pool.submit(explain, model, dict(patient), background).result()
        except BrokenProcessPool as error:
            self._pool = self._start()
            raise OverloadedError("The explanation was interrupted; try again.") from error

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown(cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_get_ready)
        pool.submit(os.getpid)
        return pool


def explain(
    model: Path, patient: PatientFields, background: Sequence[PatientFields]
) -> Explanation:
    """Average over orders in which the patient's values replace those of each background patient."""
    import shap

    people = [patient, *background]
    values = {name: list(dict.fromkeys(person[name] for person in people)) for name in _NAMES}
    coded = np.array([[values[name].index(person[name]) for name in _NAMES] for person in people])

    def probabilities(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return _load(model).probabilities([_decoded(row, values) for row in rows.astype(int)])

    explainer = shap.PermutationExplainer(
        probabilities, shap.maskers.Independent(coded[1:], len(background)), seed=1
    )
    told = explainer(coded[:1], max_evals=_PERMUTATIONS * (2 * len(_NAMES) + 1), silent=True)
    contributions = dict(zip(_NAMES, told.values[0].tolist(), strict=True))
    return Explanation(float(told.base_values[0]), contributions)


def _decoded(row: NDArray[np.int64], values: dict[str, list[int | str | None]]) -> PatientFields:
    return {name: values[name][code] for name, code in zip(_NAMES, row, strict=True)}


@lru_cache(maxsize=2)
def _load(model: Path) -> OnnxModel:
    return OnnxModel.load(model)


def _get_ready() -> None:
    """Import shap before the first question; end with the API even when it is killed.

    Compiling shap's loops would take the first question ten seconds and make none quicker.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import shap  # noqa: F401


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
