"""Which fields the model leans on: how much AUC is lost when a field's values are dealt out anew."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from readmission.calibration import Target
from readmission.features import FEATURE_FIELDS
from readmission.forests import ForestModel
from readmission.vocabulary import Matrix

FIELDS_SHOWN = 10
SAMPLED_ROWS = 1_000
ASKED = 4
"""Every fourth tree is asked: the order of fields shows as well, at a quarter of the time."""


@dataclass(frozen=True, slots=True)
class Importance:
    """One field and the AUC that is lost without it."""

    field: str
    auc_drop: float


def permutation_importance(model: ForestModel, rows: pd.DataFrame, target: Target, seed: int = 0) -> list[Importance]:
    """Return the fields that the trees use most, each with the AUC lost, the largest first."""
    sample = np.random.default_rng(seed).permutation(len(rows))[:SAMPLED_ROWS]
    sampled, target = rows.iloc[sample], target[sample]
    encoded = model.vocabulary.matrix(sampled)
    parts = {name: model.vocabulary.contribution(name, sampled) for name in FEATURE_FIELDS}
    shown = _most_used(model, parts)[:FIELDS_SHOWN]
    dealt_out = [encoded - parts[name] + parts[name][::-1] for name in shown]
    told = model.encoded_scores(np.concatenate([encoded, *dealt_out]), ASKED).reshape(-1, len(encoded))
    whole, *without = (float(roc_auc_score(target, scores)) for scores in told)
    found = [Importance(name, whole - auc) for name, auc in zip(shown, without, strict=True)]
    return sorted(found, key=lambda one: -one.auc_drop)


def _most_used(model: ForestModel, parts: Mapping[str, Matrix]) -> list[str]:
    """Rank fields by how much impurity the trees remove with the features that they touch."""
    used = np.zeros(len(model.vocabulary.features))
    for pipeline in model.pipelines:
        places = model.vocabulary.places(pipeline["encoder"].vocabulary_.features)
        used[places] += pipeline["forest"].feature_importances_
    weight = {name: float(used[part.any(axis=0)].sum()) for name, part in parts.items()}
    return sorted(weight, key=lambda name: -weight[name])
