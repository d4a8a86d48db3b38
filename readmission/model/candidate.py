"""A candidate: one model, what is known about it, and who wins among several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd

from readmission.arrays import Scores
from readmission.errors import NotReadyError
from readmission.evaluation.report import Report
from readmission.model.forest import ForestModel
from readmission.records import Experiment

AVERAGE = 0
"""The ``batch_id`` of the candidate that averages all batches' forests."""

TIE = 0.005
"""F1 on validation that differs by less is level: drawing other patients changes it by more (about 0.008)."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a candidate said of its data version's validation rows: votes, and what calibration makes of them."""

    scores: Scores
    probabilities: Scores


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model of one training with its evidence; ``example`` is a few rows as the model takes them."""

    experiment: Experiment
    synthetic: bool
    model: ForestModel
    told: Told
    parameters: Mapping[str, str | int | float | None]
    report: Report
    example: pd.DataFrame


def select_best(experiments: Sequence[Experiment]) -> Experiment:
    """Return the highest ``val_f1``; of a tie the higher validation average precision, then the earlier batch."""
    ordered = sorted(experiments, key=lambda one: one.batch_id)
    return ordered[best_of([(one.val_f1, one.val_average_precision) for one in ordered])]


def best_of(candidates: Sequence[tuple[float, float]]) -> int:
    """Return the place of the best by F1 and average precision; who is within ``TIE`` of the highest F1 is level."""
    highest = max(f1 for f1, _ in candidates)
    level = [place for place, (f1, _) in enumerate(candidates) if highest - f1 < TIE]
    return max(level, key=lambda place: (candidates[place][1], -place))


def with_metrics(experiment: Experiment, metrics: Mapping[str, float]) -> Experiment:
    """Return the experiment with those of the metrics that it has a column for."""
    columns: dict[str, Any] = {
        one.name: metrics[one.name] for one in fields(experiment) if one.name in metrics
    }
    return replace(experiment, **columns)


def require_batches(experiments: Sequence[Experiment], batches: int) -> list[Experiment]:
    """Return the batches' experiments, in order; raises NotReadyError that names the batches not trained yet."""
    trained = {one.batch_id: one for one in experiments if one.batch_id != AVERAGE}
    if missing := [batch_id for batch_id in range(1, batches + 1) if batch_id not in trained]:
        raise NotReadyError(
            f"Train first: batch {', '.join(map(str, missing))} of {batches} has no model."
        )
    return [trained[batch_id] for batch_id in range(1, batches + 1)]
