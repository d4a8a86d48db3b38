"""Target encoding: the readmission rate of each code, learned from training rows.

A code's rate is smoothed towards the overall rate, as if ``SMOOTHING_ROWS`` more rows had that one. A training row
receives the rate that was fitted without its fold, so it never sees its own outcome.
"""

from collections.abc import Mapping

import numpy as np
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
    """Return a table of rates for every rated field, and the rows' own cross-fitted rates, a column a field."""
    codes_by_field = {name: _codes_by_key(name, columns[name]) for name in TARGET_ENCODED_FIELDS}
    encoded_columns = [
        _encode(name, columns[name], codes) for name, codes in codes_by_field.items()
    ]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    encoder = TargetEncoder(target_type="binary", smooth=SMOOTHING_ROWS, cv=folds)
    cross_fitted = encoder.fit_transform(np.column_stack(encoded_columns), target)
    overall_rate = round(float(encoder.target_mean_), _DECIMALS)
    tables: dict[str, list[ValueTable]] = {}
    for (name, codes), rates in zip(codes_by_field.items(), encoder.encodings_, strict=True):
        rounded = np.round(rates, _DECIMALS).tolist()
        rate_by_key = dict(zip(codes, rounded, strict=True))
        tables[name] = [ValueTable(name, overall_rate, rate_by_key)]
    return tables, np.asarray(cross_fitted, dtype=np.float32)


def _codes_by_key(name: str, column: FactorizedColumn) -> dict[str, int]:
    """Assign a code to each key of a field in order of appearance; several values may share a key."""
    keys = dict.fromkeys(encoding_key(name, value) for value in column.values)
    return {key: code for code, key in enumerate(keys)}


def _encode(name: str, column: FactorizedColumn, codes: Mapping[str, int]) -> NDArray[np.int64]:
    code_of_value = [codes[encoding_key(name, value)] for value in column.values]
    return np.array(code_of_value)[column.codes]
