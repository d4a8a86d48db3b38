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
    pipeline = build_pipeline(
        settings,
        seed=SEED + batch_id,
        workers=workers,
    )
    # Threads for linear algebra would slow the batches that train at the same time.
    with threadpool_limits(1):
        pipeline.fit(rows, target)
    pipeline["forest"].n_jobs = None
    round_leaves(pipeline)

    model = ForestModel([pipeline], Calibration())
    model.calibration = fit_calibration(out_of_bag(model), target)
    return model


def out_of_bag(model: ForestModel) -> Scores:
    """Return the out-of-bag scores of one forest's training rows; NaN where there is none."""
    pipeline = model.pipelines[0]
    scores: Scores = pipeline["forest"].out_of_bag_
    return scores


def choose_threshold(model: ForestModel, target: Target, scores: Scores) -> Scores:
    """Give the model the threshold with the highest F1 on the validation rows.

    ``scores`` are the model's on these rows. Returns their probabilities.
    """
    probabilities = model.calibration.apply(scores)
    model.threshold = best_threshold(target, probabilities)
    return probabilities


def average(models: Sequence[ForestModel], batches: Sequence[pd.DataFrame]) -> ForestModel:
    """Return the calibrated average of the batches' forests; ``batches`` are their training rows.

    The average is calibrated on a sample of training rows. Each row is scored as a new patient's
    would be: the forest that was trained on it votes out of bag, the others as they are.
    """
    averaged = ForestModel(
        pipelines=[model.pipelines[0] for model in models],
        calibration=Calibration(),
        weights=_weights(batches),
    )
    samples = [_scored_rows(model) for model in models]
    sampled_rows = []
    for rows, sample in zip(batches, samples, strict=True):
        sampled_rows.append(rows.iloc[sample])
    pooled = pd.concat(sampled_rows)
    encoded = averaged.vocabulary.encode(pooled)
    votes_by_forest = averaged.votes(encoded)

    # The rows of each batch follow one another: there its own forest's votes are replaced.
    start = 0
    for votes, model, sample in zip(votes_by_forest, models, samples, strict=True):
        end = start + len(sample)
        out_of_bag_scores = out_of_bag(model)
        votes[start:end] = out_of_bag_scores[sample]
        start = end

    scores = averaged.mean(votes_by_forest)
    averaged.calibration = fit_calibration(scores, target_of(pooled))
    return averaged


def _scored_rows(model: ForestModel) -> NDArray[np.int64]:
    """Return the indices of about POOLED_ROWS training rows that have an out-of-bag score."""
    scores = out_of_bag(model)
    has_score = np.isfinite(scores)
    scored = np.flatnonzero(has_score)
    step = max(1, len(scored) // POOLED_ROWS)
    return scored[::step]


def _weights(batches: Sequence[pd.DataFrame]) -> list[int]:
    """Return the weight of each forest's vote, in tenths of the largest batch's, at least one."""
    sizes = [len(rows) for rows in batches]
    largest = max(sizes)
    weights = []
    for size in sizes:
        tenths = round(10 * size / largest)
        weights.append(max(1, tenths))
    return weights


def probabilities_of_all(candidates: Sequence[ForestModel], rows: pd.DataFrame) -> list[Scores]:
    """Return the probabilities of the average, which comes first, and of the forests it averages.

    Each tree votes only once.
    """
    averaged = candidates[0]
    encoded = averaged.vocabulary.encode(rows)
    votes = averaged.votes(encoded)
    scores_by_candidate = [averaged.mean(votes), *votes]
    probabilities_by_candidate = []
    for model, scores in zip(candidates, scores_by_candidate, strict=True):
        probabilities = model.calibration.apply(scores)
        probabilities_by_candidate.append(probabilities)
    return probabilities_by_candidate
