"""Train one batch's forest, and let several speak as one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from readmission.arrays import Scores, Target, target_of
from readmission.evaluation.metrics import best_threshold
from readmission.model.calibration import Calibration, fit_calibration
from readmission.model.forest import SEED, ForestModel, build_pipeline, round_leaves
from readmission.model.settings import ForestSettings

POOLED_ROWS = 1_000
"""Training rows of each batch that calibrate the average: plenty for two numbers."""


def train_forest(
    rows: pd.DataFrame, settings: ForestSettings, *, batch_id: int, workers: int = 1
) -> ForestModel:
    """Fit one batch's forest and calibrate it on what its trees say of rows that they had not seen."""
    with threadpool_limits(
        1
    ):  # linear algebra on many threads costs batches beside this one more than it saves
        pipeline = build_pipeline(settings, seed=SEED + batch_id, workers=workers).fit(
            rows, target_of(rows)
        )
    pipeline["forest"].n_jobs = None
    model = ForestModel([round_leaves(pipeline)], Calibration())
    model.calibration = fit_calibration(out_of_bag(model), target_of(rows))
    return model


def out_of_bag(model: ForestModel) -> Scores:
    """Return one forest's scores of its training rows by trees that had not seen them; NaN where it was not asked."""
    return np.asarray(model.pipelines[0]["forest"].out_of_bag_, dtype=np.float64)


def choose_threshold(model: ForestModel, target: Target, scores: Scores) -> Scores:
    """Store the threshold with the highest F1 on validation rows, given their scores; return their probabilities."""
    probabilities = model.calibration.apply(scores)
    model.threshold = best_threshold(target, probabilities)
    return probabilities


def average(models: Sequence[ForestModel], batches: Sequence[pd.DataFrame]) -> ForestModel:
    """Return the calibrated average of the batches' forests, by training rows; ``batches`` are those rows.

    A batch's rows are scored like a patient whom no tree has seen: its own forest speaks out of bag,
    the others as they are.
    """
    averaged = ForestModel(
        [model.pipelines[0] for model in models], Calibration(), weights=_weights(batches)
    )
    samples = [_known_rows(model) for model in models]
    pooled = pd.concat([rows.iloc[sample] for rows, sample in zip(batches, samples, strict=True)])
    votes = averaged.votes(averaged.vocabulary.matrix(pooled))
    ends = np.cumsum([len(sample) for sample in samples])
    for own, model, sample, end in zip(votes, models, samples, ends, strict=True):
        own[end - len(sample) : end] = out_of_bag(model)[sample]
    averaged.calibration = fit_calibration(averaged.mean(votes), target_of(pooled))
    return averaged


def _known_rows(model: ForestModel) -> NDArray[np.int64]:
    """Return the places of up to about POOLED_ROWS training rows that have an out-of-bag score."""
    known = np.flatnonzero(np.isfinite(out_of_bag(model)))
    return known[:: max(1, len(known) // POOLED_ROWS)]


def _weights(batches: Sequence[pd.DataFrame]) -> list[int]:
    """Return how much each forest's vote counts: tenths of the largest batch's, but at least one."""
    largest = max(map(len, batches))
    return [max(1, round(10 * len(rows) / largest)) for rows in batches]


def side_by_side(candidates: Sequence[ForestModel], rows: pd.DataFrame) -> list[Scores]:
    """Return the probabilities of the average, the first candidate, and its forests, asking every tree once."""
    averaged, *_ = candidates
    votes = averaged.votes(averaged.vocabulary.matrix(rows))
    told = zip(candidates, (averaged.mean(votes), *votes), strict=True)
    return [model.calibration.apply(scores) for model, scores in told]
