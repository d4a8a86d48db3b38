"""Train one batch's forest, choose a threshold, average several forests."""

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
"""Training rows of each batch that calibrate the average: enough for two numbers."""


def train_forest(
    rows: pd.DataFrame, settings: ForestSettings, *, batch_id: int, workers: int = 1
) -> ForestModel:
    """Fit one batch's forest and calibrate it on its out-of-bag scores."""
    target = target_of(rows)
    pipeline = build_pipeline(settings, seed=SEED + batch_id, workers=workers)
    # Threads for linear algebra would slow the batches that train at the same time.
    with threadpool_limits(1):
        pipeline.fit(rows, target)
    pipeline["forest"].n_jobs = None
    model = ForestModel([round_leaves(pipeline)], Calibration())
    model.calibration = fit_calibration(out_of_bag(model), target)
    return model


def out_of_bag(model: ForestModel) -> Scores:
    """Return one forest's out-of-bag scores of its training rows; NaN where there is none."""
    return np.asarray(model.pipelines[0]["forest"].out_of_bag_, dtype=np.float64)


def choose_threshold(model: ForestModel, target: Target, scores: Scores) -> Scores:
    """Store the threshold with the highest F1 on validation rows, given their scores; return their probabilities."""
    probabilities = model.calibration.apply(scores)
    model.threshold = best_threshold(target, probabilities)
    return probabilities


def average(models: Sequence[ForestModel], batches: Sequence[pd.DataFrame]) -> ForestModel:
    """Return the calibrated average of the batches' forests; ``batches`` are their training rows.

    The average is calibrated on a sample of training rows. Each is scored as a new patient would be: the forest that
    trained on its batch votes out of bag, the others as they are.
    """
    pipelines = [model.pipelines[0] for model in models]
    averaged = ForestModel(pipelines, Calibration(), weights=_weights(batches))
    samples = [_scored_rows(model) for model in models]
    sampled = [rows.iloc[sample] for rows, sample in zip(batches, samples, strict=True)]
    pooled = pd.concat(sampled)
    votes_of_forests = averaged.votes(averaged.vocabulary.encode(pooled))
    first = 0
    for votes, model, sample in zip(votes_of_forests, models, samples, strict=True):
        votes[first : first + len(sample)] = out_of_bag(model)[sample]
        first += len(sample)
    averaged.calibration = fit_calibration(averaged.mean(votes_of_forests), target_of(pooled))
    return averaged


def _scored_rows(model: ForestModel) -> NDArray[np.int64]:
    """Return the indices of about POOLED_ROWS training rows that have an out-of-bag score."""
    scored = np.flatnonzero(np.isfinite(out_of_bag(model)))
    return scored[:: max(1, len(scored) // POOLED_ROWS)]


def _weights(batches: Sequence[pd.DataFrame]) -> list[int]:
    """Return how much each forest's vote counts: tenths of the largest batch's, but at least one."""
    largest = max(len(rows) for rows in batches)
    return [max(1, round(10 * len(rows) / largest)) for rows in batches]


def probabilities_of_all(candidates: Sequence[ForestModel], rows: pd.DataFrame) -> list[Scores]:
    """Return the probabilities of every candidate; the first averages the others, so each tree votes once."""
    averaged = candidates[0]
    votes = averaged.votes(averaged.vocabulary.encode(rows))
    scores_of_candidates = [averaged.mean(votes), *votes]
    return [
        model.calibration.apply(scores)
        for model, scores in zip(candidates, scores_of_candidates, strict=True)
    ]
