"""Permutation importance: how much AUC is lost when one field's values are shuffled."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readmission.arrays import Matrix, Target
from readmission.evaluation.metrics import auc
from readmission.features.factorized import FactorizedColumn, factorize_columns
from readmission.features.vocabulary import FeatureVocabulary
from readmission.model.forest import ForestModel

FIELDS_SHOWN = 10
SAMPLED_ROWS = 1_000
TREE_STEP = 4
"""Every fourth tree votes: the order of fields shows as well, in a quarter of the time."""


@dataclass(frozen=True, slots=True)
class Importance:
    """One field and the AUC that is lost without it."""

    field: str
    auc_drop: float


@dataclass(frozen=True, slots=True)
class FieldDeltas:
    """The numbers that one field adds to the sampled rows.

    ``indices`` are the features that it adds to, ``numbers`` has a row for each of them and a
    column for each sampled row.
    """

    indices: list[int]
    numbers: Matrix


def permutation_importance(
    model: ForestModel, rows: pd.DataFrame, target: Target, seed: int = 0
) -> list[Importance]:
    """Return the fields that the trees use most, the one with the largest loss of AUC first."""
    random = np.random.default_rng(seed)
    shuffled_indices = random.permutation(len(rows))
    sample = shuffled_indices[:SAMPLED_ROWS]
    outcomes = target[sample]

    vocabulary = model.vocabulary
    columns = factorize_columns(rows.iloc[sample], vocabulary.imputed)
    encoded = vocabulary.encode_columns(columns)
    deltas = _deltas_by_field(vocabulary, columns)
    fields = _most_used(model, deltas)[:FIELDS_SHOWN]

    # One call scores the unchanged rows and the variants of all fields.
    variants = [encoded]
    for field in fields:
        variant = _with_field_shuffled(encoded, deltas[field])
        variants.append(variant)
    scores = model.encoded_scores(np.concatenate(variants), TREE_STEP)
    scores_by_variant = scores.reshape(len(variants), len(encoded))

    auc_by_variant = [auc(outcomes, scores_of_variant) for scores_of_variant in scores_by_variant]
    unchanged = auc_by_variant[0]
    importances = []
    for field, shuffled in zip(fields, auc_by_variant[1:], strict=True):
        importance = Importance(field, auc_drop=unchanged - shuffled)
        importances.append(importance)
    return sorted(importances, key=lambda importance: -importance.auc_drop)


def _deltas_by_field(
    vocabulary: FeatureVocabulary, columns: Mapping[str, FactorizedColumn]
) -> dict[str, FieldDeltas]:
    deltas = {}
    for field, column in columns.items():
        indices, numbers = vocabulary.feature_deltas(field, column)
        deltas[field] = FieldDeltas(indices, numbers)
    return deltas


def _with_field_shuffled(encoded: Matrix, deltas: FieldDeltas) -> Matrix:
    """Return the rows with one field's values taken from other rows of the sample.

    The sample is in random order, so that reading it backwards shuffles it.
    """
    shuffled = deltas.numbers[:, ::-1]
    difference = shuffled - deltas.numbers
    variant = encoded.copy()
    variant[:, deltas.indices] += difference.T
    return variant


def _most_used(model: ForestModel, deltas: Mapping[str, FieldDeltas]) -> list[str]:
    """Rank fields by the impurity that the trees remove with the features that a field adds to."""
    vocabulary = model.vocabulary
    impurity_removed = np.zeros(len(vocabulary.features))
    for pipeline in model.pipelines:
        own_vocabulary = pipeline["encoder"].vocabulary_
        indices = vocabulary.indices_of(own_vocabulary.features)
        trees = pipeline["forest"].estimators_[::TREE_STEP]
        importances = [tree.tree_.compute_feature_importances() for tree in trees]
        mean_importances = np.mean(importances, axis=0)
        impurity_removed[indices] += mean_importances

    def removed_by(field: str) -> float:
        indices = deltas[field].indices
        removed = impurity_removed[indices]
        return float(removed.sum())

    return sorted(deltas, key=removed_by, reverse=True)
