"""How good training is over several patient-level splits, beside gradient boosting on all training rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Matrix, Scores, Target, target_of
from readmission.data.splitting import BATCH_SIZE, TEST, TRAIN, VAL, assign
from readmission.evaluation.metrics import Metrics, best_threshold, evaluate
from readmission.features.vocabulary import FeatureVocabulary
from readmission.model.candidate import index_of_best
from readmission.model.forest import ForestModel
from readmission.model.settings import ForestSettings
from readmission.model.training import average, choose_threshold, train_forest
from readmission.schema import FIELDS

Reference = Callable[[Matrix, Target, Matrix], Scores]
"""Fits something else on a matrix and its target, and returns the probabilities of other rows."""


@dataclass(frozen=True, slots=True)
class SeedResult:
    """One split: ``held_out`` is on all rows outside training, ``test`` on the rows that nothing was chosen on.

    ``original_fields`` is ``held_out`` again with only the original's twenty fields told.
    """

    seed: int
    winner: int
    best_single_val_f1: float
    average_val_f1: float
    held_out: Metrics
    test: Metrics
    original_fields: Metrics
    reference: Metrics | None


def evaluate_seed(
    rows: pd.DataFrame,
    settings: ForestSettings,
    seed: int,
    *,
    workers: int,
    batch_size: int = BATCH_SIZE,
    reference: Reference | None = None,
) -> SeedResult:
    """Split, train and select with one seed; report the winner on rows of other patients."""
    keys = assign(rows[["encounter_id", "patient_nbr"]], batch_size=batch_size, seed=seed)
    batches = [
        rows[keys["batch_id"] == batch_id] for batch_id in range(1, keys["batch_id"].max() + 1)
    ]
    models = [
        train_forest(batch, settings, batch_id=n, workers=workers)
        for n, batch in enumerate(batches, start=1)
    ]
    candidates = [average(models, batches), *models]
    chosen_by = [_chosen_by(model, rows[keys["split"] == VAL]) for model in candidates]
    winner, val_f1 = index_of_best(chosen_by), [f1 for f1, _ in chosen_by]
    held_out, test = rows[keys["split"] != TRAIN], rows[keys["split"] == TEST]
    best = candidates[winner]
    first, second, third = (
        _metrics(best, part) for part in (held_out, test, only_original_fields(held_out))
    )
    beside = reference and _beside(candidates[0], rows, keys["split"].to_numpy(), reference)
    return SeedResult(seed, winner, max(val_f1[1:]), val_f1[0], first, second, third, beside)


def _chosen_by(model: ForestModel, val: pd.DataFrame) -> tuple[float, float]:
    """Return F1 and average precision on validation."""
    target = target_of(val)
    metrics = evaluate(target, choose_threshold(model, target, model.scores(val)), model.threshold)
    return metrics.f1, metrics.average_precision


def _metrics(model: ForestModel, rows: pd.DataFrame) -> Metrics:
    return evaluate(target_of(rows), model.probabilities(rows), model.threshold)


def _beside(
    model: ForestModel, rows: pd.DataFrame, split: NDArray[np.str_], reference: Reference
) -> Metrics:
    """Give the reference all training rows and all features but the learnt ones: those know their rows' outcomes."""
    train, val = split == TRAIN, split == VAL
    features = tuple(
        name for name in model.vocabulary.features if name not in model.vocabulary.learned
    )
    encoded, target = (
        FeatureVocabulary(features, model.vocabulary.imputed).encode(rows),
        target_of(rows),
    )
    told = reference(encoded[train], target[train], encoded[~train])
    return evaluate(target[~train], told, best_threshold(target[val], told[val[~train]]))


def only_original_fields(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as the original's payload tells them: its twenty fields, defaults for the others."""
    return rows.assign(**{field.name: field.default for field in FIELDS if not field.original})


def mean_of(metrics: Sequence[Metrics], name: str) -> float:
    """Return the mean of one metric over splits."""
    return float(np.mean([getattr(one, name) for one in metrics]))
