"""The pipeline's first step: fit the feature vocabulary on training rows, encode any rows."""

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
    """Learns which features there are: those that ``min_share`` of the rows have, target encodings, the logistic score.

    ``seed`` draws the folds and names what is learned, so that one vocabulary can hold the features of several forests.
    """

    def __init__(self, min_share: float = 0.01, seed: int = 0) -> None:
        self.min_share = min_share
        self.seed = seed

    def fit(self, rows: pd.DataFrame, target: Target) -> Self:
        """Learn the vocabulary."""
        self.fit_transform(rows, target)
        return self

    def fit_transform(self, rows: pd.DataFrame, target: Target) -> Matrix:
        """Learn the vocabulary and encode the training rows; no learned feature of a row knows its own outcome."""
        imputed = {name: _usual_codes(rows, name) for name in CODE_FIELDS}
        columns = factorize_columns(rows, imputed)
        encodings, row_encodings = fit_target_encoding(columns, target, self.seed)
        score, row_scores = fit_logistic_score(columns, target, self.seed)
        learned = {
            f"{name}@{self.seed}": tables
            for name, tables in {**encodings, LOGISTIC_SCORE: score}.items()
        }
        shares = _shares(columns)
        common = [name for name, share in shares.items() if share >= self.min_share]
        self.vocabulary_ = FeatureVocabulary((*common, *learned), imputed, learned)
        encoded = self.vocabulary_.encode_columns(columns)
        encoded[:, -len(learned) :] = np.column_stack([row_encodings, row_scores])
        return encoded

    def transform(self, rows: pd.DataFrame) -> Matrix:
        """Encode rows with the fitted vocabulary."""
        return self.vocabulary_.encode(rows)


def _shares(columns: Mapping[str, FactorizedColumn]) -> dict[str, float]:
    """Return the share of rows in which each feature is not zero, field by field, frequent values first."""
    shares: defaultdict[str, float] = defaultdict(float)
    for field, column in columns.items():
        share_of_value = np.bincount(column.codes) / len(column.codes)
        for code in np.argsort(-share_of_value, kind="stable").tolist():
            for name, number in signals(field, column.values[code]).items():
                shares[name] += float(share_of_value[code]) * (number != 0)
    return shares


def _usual_codes(rows: pd.DataFrame, name: str) -> dict[str, str]:
    """Return the most frequent code of each Spanish group."""
    group_field = CODE_GROUP_BY_FIELD[name].group_field
    codes = rows.groupby(group_field)[name].agg(lambda codes: codes.mode()[0])
    return dict(zip(codes.index.tolist(), codes.tolist(), strict=True))
