"""The candidates of a training, and which of them is the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from readmission.arrays import Scores
from readmission.errors import NotReadyError
from readmission.model.forest import ForestModel
from readmission.records import Experiment

AVERAGE = 0
"""The ``batch_id`` of the candidate that averages the forests of all batches."""

TIE = 0.005
"""Differences of F1 on validation below this are a tie: another sample of patients would change
F1 by more, about 0.008."""

_EXPERIMENT_COLUMNS = frozenset(field.name for field in fields(Experiment))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model of a training, its experiment, and what it predicts on the validation rows.

    ``scores`` are the forests' mean votes, ``probabilities`` the calibrated scores. The
    experiment has no ``run_id`` before the candidate is logged.
    """

    model: ForestModel
    experiment: Experiment
    scores: Scores
    probabilities: Scores


def select_best(experiments: Sequence[Experiment]) -> Experiment:
    """Return the experiment with the highest ``val_f1``.

    A tie goes to the higher average precision, then to the earlier batch.
    """
    by_batch = sorted(experiments, key=lambda experiment: experiment.batch_id)
    best = index_of_best(
        f1=[experiment.val_f1 for experiment in by_batch],
        average_precision=[experiment.val_average_precision for experiment in by_batch],
    )
    return by_batch[best]


def index_of_best(f1: Sequence[float], average_precision: Sequence[float]) -> int:
    """Return the index of the best candidate by its metrics on validation.

    Among those whose F1 is within ``TIE`` of the highest, average precision decides; if that is
    equal too, the first wins.
    """
    highest = max(f1)
    tied = []
    for index, value in enumerate(f1):
        if highest - value < TIE:
            tied.append(index)

    def precision_of(index: int) -> float:
        return average_precision[index]

    return max(tied, key=precision_of)


def with_metrics(experiment: Experiment, metrics: Mapping[str, float]) -> Experiment:
    """Return the experiment with those of the metrics that it has a column for."""
    columns: dict[str, Any] = {}
    for name, value in metrics.items():
        if name in _EXPERIMENT_COLUMNS:
            columns[name] = value
    return replace(experiment, **columns)


def require_batches(experiments: Sequence[Experiment], batches: int) -> list[Experiment]:
    """Return the experiments of batches 1 to ``batches``, in order.

    Raises NotReadyError, which names the batches that are not trained yet.
    """
    by_batch = {experiment.batch_id: experiment for experiment in experiments}
    trained = []
    missing = []
    for batch_id in range(1, batches + 1):
        if batch_id in by_batch:
            trained.append(by_batch[batch_id])
        else:
            missing.append(str(batch_id))
    if missing:
        names = ", ".join(missing)
        raise NotReadyError(f"Train first: batch {names} of {batches} has no model.")
    return trained
