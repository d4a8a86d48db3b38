"""Permutation importance: how much AUC is lost when a field's values are shuffled among the patients."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readmission.arrays import Matrix, Target
from readmission.evaluation.metrics import auc
from readmission.features.factorized import factorize_columns
from readmission.model.forest import ForestModel

FIELDS_SHOWN = 10
SAMPLED_ROWS = 1_000
TREE_STEP = 4
"""Every fourth tree votes: the order of fields shows as well, in a quarter of the time."""

FieldDeltas = Mapping[str, tuple[list[int], Matrix]]
"""For each field the indices of the features it adds to, and what it adds to every sampled row."""


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
    columns = factorize_columns(rows.iloc[sample], model.vocabulary.imputed)
    encoded = model.vocabulary.encode_columns(columns)
    deltas = {
        name: model.vocabulary.feature_deltas(name, column) for name, column in columns.items()
    }
    fields = _most_used(model, deltas)[:FIELDS_SHOWN]

    variants = [encoded, *(_with_field_shuffled(encoded, *deltas[name]) for name in fields)]
    scores = model.encoded_scores(np.concatenate(variants), TREE_STEP)
    scores_of_variants = scores.reshape(len(variants), len(encoded))
    unchanged, *shuffled = [auc(target[sample], variant) for variant in scores_of_variants]
    importances = [
        Importance(name, unchanged - after) for name, after in zip(fields, shuffled, strict=True)
    ]
    return sorted(importances, key=lambda importance: -importance.auc_drop)


def _with_field_shuffled(encoded: Matrix, indices: list[int], added: Matrix) -> Matrix:
    """Return the rows with one field's values taken from other rows of the sample.

    The sample is in random order, so that reading it backwards shuffles it.
    """
    shuffled = added[:, ::-1]
    variant = encoded.copy()
    variant[:, indices] += (shuffled - added).T
    return variant


def _most_used(model: ForestModel, deltas: FieldDeltas) -> list[str]:
    """Rank fields by how much impurity the trees remove with the features that they add to."""
    used = np.zeros(len(model.vocabulary.features))
    for pipeline in model.pipelines:
        indices = model.vocabulary.indices_of(pipeline["encoder"].vocabulary_.features)
        trees = pipeline["forest"].estimators_[::TREE_STEP]
        importances = [tree.tree_.compute_feature_importances() for tree in trees]
        used[indices] += np.mean(importances, axis=0)
    weight = {name: float(used[indices].sum()) for name, (indices, _) in deltas.items()}
    return sorted(weight, key=lambda name: -weight[name])
