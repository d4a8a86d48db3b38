"""Target encoding: the readmission rate of each code, learned from training rows.

A code's rate is smoothed towards the overall rate, as if ``SMOOTHING_ROWS`` more rows had the
overall one. A training row gets a rate that was fitted without its fold (cross-fitting), so the
rate never depends on the row's own outcome.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import TargetEncoder

from readmission.arrays import Matrix, Target
from readmission.features.factorized import FactorizedColumn
from readmission.features.signals import TARGET_ENCODED_FIELDS, encoding_key
from readmission.features.vocabulary import LearnedFeatures, ValueTable

SMOOTHING_ROWS = 50.0
FOLDS = 5
_DECIMALS = 5


def fit_target_encoding(
    columns: Mapping[str, FactorizedColumn], target: Target, seed: int
) -> tuple[LearnedFeatures, Matrix]:
    """Return a table of rates for each target-encoded field, and the rows' cross-fitted rates.

    The matrix has a row for each training row and a column for each field.
    """
    keys_by_field = {}
    encoded_columns = []
    for name in TARGET_ENCODED_FIELDS:
        keys, codes = _factorize_by_key(name, columns[name])
        keys_by_field[name] = keys
        encoded_columns.append(codes)

    encoder = TargetEncoder(
        target_type="binary",
        smooth=SMOOTHING_ROWS,
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=seed),
    )
    # In scikit-learn, fit_transform is cross-fitted, and differs from fit and then transform.
    encoded = np.column_stack(encoded_columns)
    cross_fitted = encoder.fit_transform(encoded, target)

    tables = _rate_tables(encoder, keys_by_field)
    return tables, cross_fitted.astype(np.float32)


def _factorize_by_key(name: str, column: FactorizedColumn) -> tuple[list[str], NDArray[np.int64]]:
    """Return a field's distinct keys, and for each row its key's index; values may share a key."""
    keys = []
    for value in column.values:
        key = encoding_key(name, value)
        keys.append(key)

    key_of_value = np.array(keys, dtype=object)
    key_code_of_value, distinct_keys = pd.factorize(key_of_value)

    # From one code for each distinct value to one for each row.
    codes = key_code_of_value[column.codes]
    return distinct_keys.tolist(), codes


def _rate_tables(
    encoder: TargetEncoder, keys_by_field: Mapping[str, list[str]]
) -> dict[str, list[ValueTable]]:
    """Return each field's table; a key that did not occur in training has the overall rate."""
    overall_rate = round(float(encoder.target_mean_), _DECIMALS)

    tables = {}
    for name, rates in zip(keys_by_field, encoder.encodings_, strict=True):
        rounded_rates = np.round(rates, _DECIMALS).tolist()
        keys = keys_by_field[name]
        table = ValueTable(
            field=name,
            unseen=overall_rate,
            by_key=dict(zip(keys, rounded_rates, strict=True)),
        )
        tables[name] = [table]
    return tables
