"""Which fields the model leans on: how much AUC is lost when a field's values are dealt out anew."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readmission.arrays import Matrix, Target
from readmission.evaluation.metrics import auc
from readmission.features.factorized import code_columns
from readmission.model.forest import ForestModel

FIELDS_SHOWN = 10
SAMPLED_ROWS = 1_000
ASKED = 4
"""Every fourth tree is asked: the order of fields shows as well, at a quarter of the time."""


@dataclass(frozen=True, slots=True)
class Importance:
    """One field and the AUC that is lost without it."""

    field: str
    auc_drop: float


def permutation_importance(
    model: ForestModel, rows: pd.DataFrame, target: Target, seed: int = 0
) -> list[Importance]:
    """Return the fields that the trees use most, each with the AUC lost, the largest first."""
    sample = np.random.default_rng(seed).permutation(len(rows))[:SAMPLED_ROWS]
    columns, target = code_columns(rows.iloc[sample], model.vocabulary.fills), target[sample]
    encoded = model.vocabulary.encoded(columns)
    parts = {name: model.vocabulary.contribution(name, column) for name, column in columns.items()}
    shown = _most_used(model, parts)[:FIELDS_SHOWN]
    dealt_out = np.repeat(encoded[None], len(shown) + 1, axis=0)
    for one, name in zip(dealt_out[1:], shown, strict=True):
        places, adds = parts[name]
        one[:, places] += (adds[:, ::-1] - adds).T
    told = model.encoded_scores(np.concatenate(dealt_out), ASKED).reshape(-1, len(encoded))
    whole, *without = (auc(target, scores) for scores in told)
    found = [Importance(name, whole - rest) for name, rest in zip(shown, without, strict=True)]
    return sorted(found, key=lambda one: -one.auc_drop)


def _most_used(model: ForestModel, parts: Mapping[str, tuple[list[int], Matrix]]) -> list[str]:
    """Rank fields by how much impurity the asked trees remove with the features that they touch."""
    used = np.zeros(len(model.vocabulary.features))
    for pipeline in model.pipelines:
        places = model.vocabulary.places(pipeline["encoder"].vocabulary_.features)
        trees = pipeline["forest"].estimators_[::ASKED]
        used[places] += np.mean(
            [tree.tree_.compute_feature_importances() for tree in trees], axis=0
        )
    weight = {name: float(used[places].sum()) for name, (places, _) in parts.items()}
    return sorted(weight, key=lambda name: -weight[name])
