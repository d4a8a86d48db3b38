"""The pipeline's first step: learn the feature vocabulary from training rows, encode any rows."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from readmission.arrays import Matrix, Target
from readmission.features.factorized import FactorizedColumn, factorize_columns
from readmission.features.logistic_score import LOGISTIC_SCORE, fit_logistic_score
from readmission.features.signals import CODE_FIELDS, Value, signals
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

        learned = {}
        tables = {**rate_tables, LOGISTIC_SCORE: score_tables}
        for name, table in tables.items():
            learned[f"{name}@{self.seed}"] = table

        common_features = self._common_features(columns)
        self.vocabulary_ = FeatureVocabulary(
            features=[*common_features, *learned],
            imputed=imputed,
            learned=learned,
        )

        encoded = self.vocabulary_.encode_columns(columns)
        # The learned features are the last columns, in the order of ``tables``.
        cross_fitted = np.column_stack([cross_fitted_rates, cross_fitted_scores])
        encoded[:, -len(learned) :] = cross_fitted
        return encoded

    def transform(self, rows: pd.DataFrame) -> Matrix:
        """Encode rows with the fitted vocabulary."""
        return self.vocabulary_.encode(rows)

    def _common_features(self, columns: Mapping[str, FactorizedColumn]) -> list[str]:
        """Return the features in their order: field by field, those of frequent values first."""
        common = []
        for feature, share in _nonzero_shares(columns).items():
            if share >= self.min_share:
                common.append(feature)
        return common


def _nonzero_shares(columns: Mapping[str, FactorizedColumn]) -> dict[str, float]:
    """Return for each feature the share of rows in which it is not zero."""
    shares: dict[str, float] = {}
    for field, column in columns.items():
        shares_of_values = _shares_of_values(column)
        for value, share in shares_of_values.items():
            value_signals = signals(field, value)
            for feature, number in value_signals.items():
                # A feature has its place in the order even while its share is zero.
                shares.setdefault(feature, 0.0)
                if number != 0:
                    shares[feature] += share

    return shares


def _shares_of_values(column: FactorizedColumn) -> dict[Value, float]:
    """Return the share of rows that have each value, the most frequent values first."""
    rows_per_value = np.bincount(column.codes)
    shares = rows_per_value / len(column.codes)
    frequent_first = np.argsort(-shares, kind="stable")

    shares_of_values = {}
    for code in frequent_first.tolist():
        value = column.values[code]
        share = float(shares[code])
        shares_of_values[value] = share

    return shares_of_values


def _usual_codes(rows: pd.DataFrame, code_field: str) -> dict[str, str]:
    """Return the most frequent code of each Spanish group."""
    code_group = CODE_GROUP_BY_FIELD[code_field]
    usual_codes = {}
    for label, rows_of_group in rows.groupby(code_group.group_field):
        codes = rows_of_group[code_field]
        usual_codes[str(label)] = _most_frequent(codes)

    return usual_codes


def _most_frequent(codes: "pd.Series[str]") -> str:
    modes = codes.mode()
    return str(modes[0])
