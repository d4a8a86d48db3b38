"""The pipeline's first step: learn the feature vocabulary from training rows, encode any rows."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from readmission.arrays import Matrix, Target
from readmission.features.factorized import FactorizedColumn, factorize_columns
from readmission.features.logistic_score import LOGISTIC_SCORE, fit_logistic_score
from readmission.features.signals import CODE_FIELDS, signals
from readmission.features.target_encoding import fit_target_encoding
from readmission.features.vocabulary import FeatureVocabulary
from readmission.schema import CODE_GROUP_BY_FIELD


class FeatureEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Learn the features: common signals, target encodings and the logistic score.

    A signal is common if it is not zero in at least ``min_share`` of the rows. ``seed`` shuffles
    the folds and is part of the learned features' names, so that one vocabulary can hold the
    features of several forests.
    """

    def __init__(self, min_share: float = 0.01, seed: int = 0) -> None:
        self.min_share = min_share
        self.seed = seed

    def fit(self, rows: pd.DataFrame, target: Target) -> Self:
        """Learn the vocabulary."""
        self.fit_transform(rows, target)
        return self

    def fit_transform(self, rows: pd.DataFrame, target: Target) -> Matrix:
        """Learn the vocabulary and encode the training rows.

        Their learned features are cross-fitted: none depends on the row's own outcome.
        """
        imputed = {name: _usual_codes(rows, name) for name in CODE_FIELDS}
        columns = factorize_columns(rows, imputed)
        rate_tables, cross_fitted_rates = fit_target_encoding(columns, target, self.seed)
        score_tables, cross_fitted_scores = fit_logistic_score(columns, target, self.seed)

        tables = {**rate_tables, LOGISTIC_SCORE: score_tables}
        learned = {f"{name}@{self.seed}": tables[name] for name in tables}
        features = (*self._common_features(columns), *learned)
        self.vocabulary_ = FeatureVocabulary(features, imputed, learned)

        encoded = self.vocabulary_.encode_columns(columns)
        cross_fitted = np.column_stack([cross_fitted_rates, cross_fitted_scores])
        encoded[:, -len(learned) :] = cross_fitted
        return encoded

    def transform(self, rows: pd.DataFrame) -> Matrix:
        """Encode rows with the fitted vocabulary."""
        return self.vocabulary_.encode(rows)

    def _common_features(self, columns: Mapping[str, FactorizedColumn]) -> list[str]:
        shares = _nonzero_shares(columns)
        return [name for name, share in shares.items() if share >= self.min_share]


def _nonzero_shares(columns: Mapping[str, FactorizedColumn]) -> dict[str, float]:
    """Return each feature's share of rows in which it is not zero.

    The features are in their final order: field by field, those of frequent values first.
    """
    shares: defaultdict[str, float] = defaultdict(float)
    for field, column in columns.items():
        rows_per_value = np.bincount(column.codes)
        share_per_value = rows_per_value / len(column.codes)
        frequent_first = np.argsort(-share_per_value, kind="stable")
        for code in frequent_first.tolist():
            share = float(share_per_value[code])
            for feature, number in signals(field, column.values[code]).items():
                shares[feature] += share if number != 0 else 0.0
    return shares


def _usual_codes(rows: pd.DataFrame, code_field: str) -> dict[str, str]:
    """Return the most frequent code of each Spanish group."""
    group_field = CODE_GROUP_BY_FIELD[code_field].group_field
    codes_by_group = rows.groupby(group_field)[code_field]
    usual = codes_by_group.agg(lambda codes: codes.mode()[0])
    return dict(zip(usual.index.tolist(), usual.tolist(), strict=True))
