"""Candidates: one model with its evidence, and which of several is the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from readmission.arrays import Scores
from readmission.errors import NotReadyError
from readmission.model.forest import ForestModel
from readmission.records import Experiment

AVERAGE = 0
"""The ``batch_id`` of the candidate that averages all batches' forests."""

TIE = 0.005
"""Smaller differences of F1 on validation are a tie: other patients would change it by more (about 0.008)."""


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
    """Return the highest ``val_f1``; of a tie the higher average precision, then the earlier batch."""
    ordered = sorted(experiments, key=lambda experiment: experiment.batch_id)
    measured = [(candidate.val_f1, candidate.val_average_precision) for candidate in ordered]
    return ordered[index_of_best(measured)]


def index_of_best(candidates: Sequence[tuple[float, float]]) -> int:
    """Return the index of the best by F1 and average precision; F1 within ``TIE`` of the highest is a tie."""
    highest = max(f1 for f1, _ in candidates)
    tied = [index for index, (f1, _) in enumerate(candidates) if highest - f1 < TIE]
    return max(tied, key=lambda index: (candidates[index][1], -index))


def with_metrics(experiment: Experiment, metrics: Mapping[str, float]) -> Experiment:
    """Return the experiment with those of the metrics that it has a column for."""
    names = {field.name for field in fields(experiment)}
    columns: dict[str, Any] = {name: metrics[name] for name in names if name in metrics}
    return replace(experiment, **columns)


def require_batches(experiments: Sequence[Experiment], batches: int) -> list[Experiment]:
    """Return the batches' experiments, in order; raises NotReadyError that names the batches not trained yet."""
    trained = {
        experiment.batch_id: experiment
        for experiment in experiments
        if experiment.batch_id != AVERAGE
    }
    batch_ids = range(1, batches + 1)
    missing = [str(batch_id) for batch_id in batch_ids if batch_id not in trained]
    if missing:
        raise NotReadyError(f"Train first: batch {', '.join(missing)} of {batches} has no model.")
    return [trained[batch_id] for batch_id in batch_ids]
