"""``./run tune``: search the forest's settings on validation rows, by Optuna.

Optuna is a development dependency.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from readmission.arrays import target_of
from readmission.data.splitting import SEED, VAL, assign
from readmission.model.settings import ForestSettings
from readmission.model.training import average, train_forest
from readmission.ports.data import Progress

if TYPE_CHECKING:
    from optuna.trial import Trial

SPLITS = 2
_SEARCHED = ("min_samples_leaf", "max_features", "criterion", "class_weight", "min_share")


@dataclass(frozen=True, slots=True)
class TriedSettings:
    """Settings with the average precision on validation of the forests that they gave."""

    average_precision: float
    settings: ForestSettings


@dataclass(frozen=True, slots=True)
class _Split:
    """One patient-level split: the training batches and the validation rows."""

    batches: Sequence[pd.DataFrame]
    val: pd.DataFrame


def search(
    rows: pd.DataFrame, trials: int, *, workers: int, progress: Progress
) -> list[TriedSettings]:
    """Return the settings that were tried, best first; the first trial has the present ones.

    They are compared by the average precision of the averaged forests on validation rows, as the
    mean over two splits.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    splits = [_split(rows, seed=SEED + index) for index in range(SPLITS)]
    tried: list[TriedSettings] = []

    def objective(trial: "Trial") -> float:
        progress("tune", trial.number, trials)
        settings = _suggest(trial)
        precisions = [_average_precision(split, settings, workers) for split in splits]
        mean_precision = float(np.mean(precisions))
        tried.append(TriedSettings(mean_precision, settings))
        return mean_precision

    sampler = optuna.samplers.TPESampler(seed=SEED)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.enqueue_trial(_present_values())
    study.optimize(objective, n_trials=trials)
    progress("tune", trials, trials)
    return sorted(tried, key=lambda result: -result.average_precision)


def _present_values() -> dict[str, object]:
    """Return the present values of the settings that are searched."""
    all_values = asdict(ForestSettings())
    return {name: all_values[name] for name in _SEARCHED}


def _suggest(trial: "Trial") -> ForestSettings:
    values: dict[str, Any] = {
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 3, 30, log=True),
        "max_features": trial.suggest_float("max_features", 0.05, 0.4, log=True),
        "criterion": trial.suggest_categorical("criterion", ["gini", "log_loss"]),
        "class_weight": trial.suggest_categorical("class_weight", [None, "balanced_subsample"]),
        "min_share": trial.suggest_float("min_share", 0.005, 0.05, log=True),
    }
    return replace(ForestSettings(), **values)


def _split(rows: pd.DataFrame, seed: int) -> _Split:
    keys = assign(rows[["encounter_id", "patient_nbr"]], seed=seed)
    batch_of_row = keys["batch_id"]
    is_val = keys["split"] == VAL
    batches = []
    for batch_id in range(1, batch_of_row.max() + 1):
        in_batch = batch_of_row == batch_id
        batches.append(rows[in_batch])
    return _Split(batches, val=rows[is_val])


def _average_precision(split: _Split, settings: ForestSettings, workers: int) -> float:
    """Train a forest on each batch and measure their average on validation rows."""
    forests = []
    for batch_id, batch in enumerate(split.batches, start=1):
        forest = train_forest(batch, settings, batch_id=batch_id, workers=workers)
        forests.append(forest)
    averaged = average(forests, split.batches)
    precision = average_precision_score(target_of(split.val), averaged.scores(split.val))
    return float(precision)
