"""Repeated splits: how good training is over several patient-level splits, next to gradient boosting on all rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Matrix, Scores, Target, target_of
from readmission.data.splitting import BATCH_SIZE, SEED, TEST, TRAIN, VAL, assign
from readmission.evaluation.metrics import Metrics, best_threshold, evaluate
from readmission.features.vocabulary import FeatureVocabulary
from readmission.model.candidate import index_of_best
from readmission.model.forest import ForestModel
from readmission.model.settings import ForestSettings
from readmission.model.training import average, choose_threshold, train_forest
from readmission.ports.data import CleanData, Progress
from readmission.schema import FIELDS
from readmission.use_cases.training_data import open_training_data, sort_by_encounter

Reference = Callable[[Matrix, Target, Matrix], Scores]
"""Fits another model on a matrix and its target, and returns the probabilities of other rows."""


@dataclass(frozen=True, slots=True)
class SplitResult:
    """One split: ``held_out`` is on all rows outside training, ``test`` on the rows that nothing was chosen on.

    ``original_fields`` is ``held_out`` again with only the original payload's twenty fields given.
    """

    seed: int
    winner: int
    best_single_val_f1: float
    average_val_f1: float
    held_out: Metrics
    test: Metrics
    original_fields: Metrics
    reference: Metrics | None


def evaluate_splits(
    clean_data: CleanData,
    splits: int,
    *,
    workers: int,
    progress: Progress,
    reference: Reference | None = None,
) -> list[SplitResult]:
    """Train and select on several splits of the present data; the first is the pipeline's own."""
    rows = read_all_rows(clean_data)
    results = []
    for done in range(splits):
        progress("evaluate", done, splits)
        results.append(
            evaluate_split(
                rows, ForestSettings(), SEED + done, workers=workers, reference=reference
            )
        )
    progress("evaluate", splits, splits)
    return results


def read_all_rows(clean_data: CleanData) -> pd.DataFrame:
    """Return the rows of every split of the present data."""
    data = open_training_data(clean_data)
    training_rows = [data.batch(batch_id) for batch_id in data.batch_ids]
    return sort_by_encounter(pd.concat([*training_rows, data.val, data.test]))


def evaluate_split(
    rows: pd.DataFrame,
    settings: ForestSettings,
    seed: int,
    *,
    workers: int,
    batch_size: int = BATCH_SIZE,
    reference: Reference | None = None,
) -> SplitResult:
    """Split, train and select with one seed; report the winner on rows of other patients."""
    keys = assign(rows[["encounter_id", "patient_nbr"]], batch_size=batch_size, seed=seed)
    split = keys["split"].to_numpy()
    batch_ids = range(1, keys["batch_id"].max() + 1)
    batches = [rows[keys["batch_id"] == batch_id] for batch_id in batch_ids]
    models = [
        train_forest(batch, settings, batch_id=batch_id, workers=workers)
        for batch_id, batch in zip(batch_ids, batches, strict=True)
    ]
    averaged = average(models, batches)
    candidates = [averaged, *models]
    validation = [_validate(model, rows[split == VAL]) for model in candidates]
    winner = index_of_best([(metrics.f1, metrics.average_precision) for metrics in validation])
    held_out = rows[split != TRAIN]
    best = candidates[winner]
    return SplitResult(
        seed=seed,
        winner=winner,
        best_single_val_f1=max(metrics.f1 for metrics in validation[1:]),
        average_val_f1=validation[0].f1,
        held_out=_measure(best, held_out),
        test=_measure(best, rows[split == TEST]),
        original_fields=_measure(best, only_original_fields(held_out)),
        reference=reference and _measure_reference(reference, averaged, rows, split),
    )


def _validate(model: ForestModel, val: pd.DataFrame) -> Metrics:
    """Choose the model's threshold on validation and measure it there."""
    target = target_of(val)
    probabilities = choose_threshold(model, target, model.scores(val))
    return evaluate(target, probabilities, model.threshold)


def _measure(model: ForestModel, rows: pd.DataFrame) -> Metrics:
    return evaluate(target_of(rows), model.probabilities(rows), model.threshold)


def _measure_reference(
    reference: Reference, model: ForestModel, rows: pd.DataFrame, split: NDArray[np.str_]
) -> Metrics:
    """Give the reference all training rows and all features but the learned ones, which know their rows' outcomes."""
    train, val = split == TRAIN, split == VAL
    learned = model.vocabulary.learned
    features = [name for name in model.vocabulary.features if name not in learned]
    encoded = FeatureVocabulary(features, model.vocabulary.imputed).encode(rows)
    target = target_of(rows)
    probabilities = reference(encoded[train], target[train], encoded[~train])
    threshold = best_threshold(target[val], probabilities[val[~train]])
    return evaluate(target[~train], probabilities, threshold)


def only_original_fields(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as the original payload has them: its twenty fields, defaults for the others."""
    return rows.assign(**{field.name: field.default for field in FIELDS if not field.original})


def mean_of(metrics: Sequence[Metrics], name: str) -> float:
    """Return the mean of one metric over splits."""
    return float(np.mean([getattr(metric, name) for metric in metrics]))
