"""``./run tune``: search the forest's settings on validation rows. Optuna is a development dependency."""

from collections.abc import Sequence
from dataclasses import asdict, replace
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
Batches = Sequence[pd.DataFrame]


def search(
    rows: pd.DataFrame, trials: int, *, workers: int, progress: Progress
) -> list[tuple[float, ForestSettings]]:
    """Return the settings that were tried, best first, by average precision of the averaged forests on validation."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    splits = [_split(rows, SEED + place) for place in range(SPLITS)]
    found: list[tuple[float, ForestSettings]] = []

    def objective(trial: "Trial") -> float:
        progress("tune", trial.number, trials)
        settings = _suggest(trial)
        found.append(
            (float(np.mean([_quality(*split, settings, workers) for split in splits])), settings)
        )
        return found[-1][0]

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
    study.enqueue_trial(
        {name: value for name, value in asdict(ForestSettings()).items() if name in _SEARCHED}
    )
    study.optimize(objective, n_trials=trials)
    progress("tune", trials, trials)
    return sorted(found, key=lambda one: -one[0])


def _suggest(trial: "Trial") -> ForestSettings:
    drawn: dict[str, Any] = {
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 3, 30, log=True),
        "max_features": trial.suggest_float("max_features", 0.05, 0.4, log=True),
        "criterion": trial.suggest_categorical("criterion", ["gini", "log_loss"]),
        "class_weight": trial.suggest_categorical("class_weight", [None, "balanced_subsample"]),
        "min_share": trial.suggest_float("min_share", 0.005, 0.05, log=True),
    }
    return replace(ForestSettings(), **drawn)


def _split(rows: pd.DataFrame, seed: int) -> tuple[Batches, pd.DataFrame]:
    keys = assign(rows[["encounter_id", "patient_nbr"]], seed=seed)
    batches = [
        rows[keys["batch_id"] == batch_id] for batch_id in range(1, keys["batch_id"].max() + 1)
    ]
    return batches, rows[keys["split"] == VAL]


def _quality(batches: Batches, val: pd.DataFrame, settings: ForestSettings, workers: int) -> float:
    forests = [
        train_forest(batch, settings, batch_id=n, workers=workers)
        for n, batch in enumerate(batches, start=1)
    ]
    return float(average_precision_score(target_of(val), average(forests, batches).scores(val)))
