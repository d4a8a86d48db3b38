"""Repeated splits: how good training is over several patient-level splits.

Next to each winner stands a reference, such as gradient boosting on all training rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Matrix, Scores, Target, target_of
from readmission.data.batch_size import BATCH_SIZE
from readmission.data.splitting import SEED, TEST, TRAIN, VAL, assign
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
"""Fits another model to a matrix and its target, and returns the probabilities of other rows."""


@dataclass(frozen=True, slots=True)
class SplitResult:
    """The metrics of one split.

    ``winner`` is the index of the best candidate, 0 for the average. ``held_out`` has its metrics
    on all rows outside training, ``test`` on the rows that nothing was chosen on.
    ``original_fields`` is ``held_out`` again with only the twenty fields of the original payload.
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
    """Train and select on several splits of the latest data; the first is the pipeline's own."""
    rows = read_all_rows(clean_data)
    settings = ForestSettings()
    results = []
    for index in range(splits):
        progress("evaluate", index, splits)
        seed = SEED + index
        result = evaluate_split(rows, settings, seed, workers=workers, reference=reference)
        results.append(result)
    progress("evaluate", splits, splits)
    return results


def read_all_rows(clean_data: CleanData) -> pd.DataFrame:
    """Return the rows of every split of the latest data."""
    data = open_training_data(clean_data)
    parts = [data.batch(batch_id) for batch_id in data.batch_ids]
    parts.append(data.val)
    parts.append(data.test)
    rows = pd.concat(parts)
    return sort_by_encounter(rows)


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
    batches = _batches(rows, keys["batch_id"])
    models = []
    for batch_id, batch in enumerate(batches, start=1):
        model = train_forest(batch, settings, batch_id=batch_id, workers=workers)
        models.append(model)
    averaged = average(models, batches)
    candidates = [averaged, *models]

    val = rows[split == VAL]
    validation = [_validate(model, val) for model in candidates]
    f1 = [metrics.f1 for metrics in validation]
    average_precision = [metrics.average_precision for metrics in validation]
    winner = index_of_best(f1, average_precision)
    best = candidates[winner]

    held_out = rows[split != TRAIN]
    reference_metrics = None
    if reference:
        reference_metrics = _measure_reference(reference, averaged, rows, split)
    return SplitResult(
        seed=seed,
        winner=winner,
        best_single_val_f1=max(f1[1:]),
        average_val_f1=f1[0],
        held_out=_measure(best, held_out),
        test=_measure(best, rows[split == TEST]),
        original_fields=_measure(best, only_original_fields(held_out)),
        reference=reference_metrics,
    )


def only_original_fields(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as the original payload describes patients.

    It has twenty fields; the others get their defaults.
    """
    defaults = {}
    for field in FIELDS:
        if not field.original:
            defaults[field.name] = field.default
    return rows.assign(**defaults)


def mean_of(metrics: Sequence[Metrics], name: str) -> float:
    """Return the mean of one metric over splits."""
    values = [getattr(metric, name) for metric in metrics]
    mean = np.mean(values)
    return float(mean)


def _batches(rows: pd.DataFrame, batch_of_row: "pd.Series[int]") -> list[pd.DataFrame]:
    """Return the rows of each training batch; those outside training have batch 0."""
    last = batch_of_row.max()
    batches = []
    for batch_id in range(1, last + 1):
        in_batch = batch_of_row == batch_id
        batches.append(rows[in_batch])
    return batches


def _validate(model: ForestModel, val: pd.DataFrame) -> Metrics:
    """Choose the model's threshold on validation and measure it there."""
    target = target_of(val)
    scores = model.scores(val)
    probabilities = choose_threshold(model, target, scores)
    return evaluate(target, probabilities, model.threshold)


def _measure(model: ForestModel, rows: pd.DataFrame) -> Metrics:
    target = target_of(rows)
    probabilities = model.probabilities(rows)
    return evaluate(target, probabilities, model.threshold)


def _measure_reference(
    reference: Reference, model: ForestModel, rows: pd.DataFrame, split: NDArray[np.str_]
) -> Metrics:
    """Fit the reference to all training rows, and measure it on all rows outside training.

    It gets the model's features but the learned ones, which are computed from the outcomes of
    training rows. Its threshold is chosen on the validation rows.
    """
    encoded = _encode_without_learned(model.vocabulary, rows)
    target = target_of(rows)
    is_train = split == TRAIN
    is_held_out = ~is_train
    held_out_target = target[is_held_out]
    probabilities = reference(
        encoded[is_train],
        target[is_train],
        encoded[is_held_out],
    )

    is_val = split[is_held_out] == VAL
    val_target = held_out_target[is_val]
    threshold = best_threshold(val_target, probabilities[is_val])
    return evaluate(held_out_target, probabilities, threshold)


def _encode_without_learned(vocabulary: FeatureVocabulary, rows: pd.DataFrame) -> Matrix:
    features = []
    for name in vocabulary.features:
        if name not in vocabulary.learned:
            features.append(name)
    without_learned = FeatureVocabulary(features, vocabulary.imputed)
    return without_learned.encode(rows)
