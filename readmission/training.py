"""Train one batch's forest, and let several speak as one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.calibration import Calibration, Scores, Target, fit_calibration
from readmission.evaluation import best_threshold
from readmission.forests import SEED, ForestModel, ForestSettings, build_pipeline, mean, round_leaves
from readmission.schema import TARGET

POOLED_ROWS = 2_000
"""Training rows of each batch that calibrate the average: plenty for two numbers."""


def target_of(rows: pd.DataFrame) -> Target:
    """Return the target of rows as whole numbers."""
    return rows[TARGET].to_numpy(dtype=np.int64)


def train_forest(rows: pd.DataFrame, settings: ForestSettings, *, batch_id: int, workers: int = 1) -> ForestModel:
    """Fit one batch's forest and calibrate it on what its trees say of rows that they had not seen."""
    pipeline = build_pipeline(settings, seed=SEED + batch_id, workers=workers).fit(rows, target_of(rows))
    pipeline["forest"].n_jobs = None
    model = ForestModel([round_leaves(pipeline)], Calibration())
    model.calibration = fit_calibration(out_of_bag(model), target_of(rows))
    return model


def out_of_bag(model: ForestModel) -> Scores:
    """Return one forest's scores of its own training rows, each from the trees that had not seen it."""
    return np.asarray(model.pipelines[0]["forest"].oob_decision_function_[:, 1], dtype=np.float64)


def choose_threshold(model: ForestModel, val: pd.DataFrame) -> Scores:
    """Store the threshold with the highest F1 on validation rows; return their probabilities."""
    probabilities = model.probabilities(val)
    model.threshold = best_threshold(target_of(val), probabilities)
    return probabilities


def average(models: Sequence[ForestModel], batches: Sequence[pd.DataFrame]) -> ForestModel:
    """Return the calibrated average of the batches' forests; ``batches`` are their training rows.

    A batch's rows are scored like a patient whom no tree has seen: its own forest speaks out of bag,
    the others as they are.
    """
    sampled = [np.linspace(0, len(rows) - 1, min(POOLED_ROWS, len(rows))).astype(int) for rows in batches]
    unseen = [_unseen_scores(models, place, batches[place], sample) for place, sample in enumerate(sampled)]
    target = [target_of(rows)[sample] for rows, sample in zip(batches, sampled, strict=True)]
    calibration = fit_calibration(np.concatenate(unseen), np.concatenate(target))
    return ForestModel([model.pipelines[0] for model in models], calibration)


def _unseen_scores(models: Sequence[ForestModel], place: int, rows: pd.DataFrame, sample: NDArray[np.int64]) -> Scores:
    own = out_of_bag(models[place])[sample]
    others = [model.scores(rows.iloc[sample]) for other, model in enumerate(models) if other != place]
    return mean([own, *others])
