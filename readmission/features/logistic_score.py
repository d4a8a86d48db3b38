"""Cross-fitted logistic regression on all fields; its log-odds become one feature of each forest.

A linear model picks up many weak effects for which a forest would need a split each. Its log-odds are a sum of one term
a field, so that they fit into the vocabulary as one table a field. Every forest learns a regression of its own from its
own rows, and a training row receives the score of a regression that was fitted without its fold.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from readmission.arrays import Target
from readmission.features.factorized import FactorizedColumn
from readmission.features.signals import (
    DRUG_FIELDS,
    PRIOR_VISITS,
    Signals,
    Value,
    encoding_key,
    signals,
)
from readmission.features.vocabulary import ValueTable
from readmission.schema import FIELD_BY_NAME

LOGISTIC_SCORE = "risk"
"""The feature's name."""
INVERSE_PENALTY = 0.03
"""A strong penalty: the scores of all batches are averaged, so each may be weak."""
FOLDS = 3
STEPS = 4096
"""Coefficients are rounded to 1/4096, so that float32 sums of them are exact in any order."""
_VISIT_STEPS = (1, 2, 3, 5)


def fit_logistic_score(
    columns: Mapping[str, FactorizedColumn], target: Target, seed: int
) -> tuple[list[ValueTable], NDArray[np.float32]]:
    """Return each field's table of log-odds, and the rows' own cross-fitted log-odds."""
    values_by_field = {name: _values(name, column.values) for name, column in columns.items()}
    terms_of_values = _terms_of_values(values_by_field)
    design_matrix = _design_matrix(columns, values_by_field, terms_of_values)

    model = LogisticRegression(
        C=INVERSE_PENALTY, solver="liblinear", tol=0.02, intercept_scaling=10
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    cross_fitted = cross_val_predict(
        model, design_matrix, target, cv=folds, method="decision_function"
    )
    model.fit(design_matrix, target)

    intercept_per_field = float(model.intercept_[0]) / len(values_by_field)
    contributions = _round_to_step(terms_of_values @ model.coef_[0] + intercept_per_field)
    tables = _tables(values_by_field, contributions, intercept_per_field)
    return tables, _round_to_step(cross_fitted)


def _terms_of_values(values_by_field: Mapping[str, list[Value]]) -> csr_matrix:
    """Return a row of terms for each value of each field, field after field."""
    terms = []
    for name, values in values_by_field.items():
        terms += [_terms(name, value) for value in values]
    return DictVectorizer().fit_transform(terms)


def _design_matrix(
    columns: Mapping[str, FactorizedColumn],
    values_by_field: Mapping[str, list[Value]],
    terms_of_values: csr_matrix,
) -> csr_matrix:
    """Return the terms of every encounter: the sum of the terms of its values."""
    offsets = _offsets(values_by_field)[:-1]
    indices = [_value_indices(values, columns[name]) for name, values in values_by_field.items()]
    value_of_row = np.column_stack(indices) + offsets
    rows, fields = value_of_row.shape
    row_starts = np.arange(0, rows * fields + 1, fields)
    ones = np.ones(rows * fields)
    shape = (rows, terms_of_values.shape[0])
    summed = csr_matrix((ones, value_of_row.ravel(), row_starts), shape=shape) @ terms_of_values
    # Made again from its parts, the matrix has the narrow indices that liblinear asks for.
    design_matrix = csr_matrix((summed.data, summed.indices, summed.indptr), shape=summed.shape)
    design_matrix.sort_indices()
    return design_matrix


def _tables(
    values_by_field: Mapping[str, list[Value]],
    contributions: NDArray[np.float32],
    intercept_per_field: float,
) -> list[ValueTable]:
    """Cut the contributions of all values into one table a field."""
    contributions_by_field = np.split(contributions, _offsets(values_by_field)[1:-1])
    unseen = round(intercept_per_field * STEPS) / STEPS
    tables = []
    for (name, values), added in zip(values_by_field.items(), contributions_by_field, strict=True):
        keys = [encoding_key(name, value) for value in values]
        tables.append(ValueTable(name, unseen, dict(zip(keys, added.tolist(), strict=True))))
    return tables


def _offsets(values_by_field: Mapping[str, list[Value]]) -> NDArray[np.int64]:
    """Return where each field's values begin when all stand in one list, and where the last ones end."""
    return np.cumsum([0, *(len(values) for values in values_by_field.values())])


def _terms(field: str, value: Value) -> Signals:
    """Return the regression's terms of a value: codes with their groups, numbers in several scales."""
    if FIELD_BY_NAME[field].domain.kind == "integer":
        return _number_terms(field, float(value or 0))
    named = {name: number for name, number in signals(field, value).items() if name != field}
    if not named and field in DRUG_FIELDS:
        return {}
    return {**named, f"{field} {encoding_key(field, value)}": 1.0}


def _number_terms(field: str, number: float) -> Signals:
    if field in PRIOR_VISITS:
        steps = {f"{field} from {step}": 1.0 for step in _VISIT_STEPS if number >= step}
        return {**steps, f"log {field}": np.log1p(number), "visits": min(number, 5) / 2}
    usual = float(FIELD_BY_NAME[field].default or 1)
    ratio = number / usual
    return {
        field: ratio - 1,
        f"log {field}": np.log((1 + number) / (1 + usual)),
        f"squared {field}": min(ratio**2, 5) - 1,
    }


def _values(field: str, distinct: list[Value]) -> list[Value]:
    """Return every number that a field can have, or the codes that occur."""
    domain = FIELD_BY_NAME[field].domain
    if domain.kind == "integer":
        return list(range(domain.minimum, domain.maximum + 1))
    return distinct


def _value_indices(values: list[Value], column: FactorizedColumn) -> NDArray[np.int64]:
    """Return for each row the index of its value among ``values``."""
    index_of = {value: index for index, value in enumerate(values)}
    index_of_code = np.array([index_of[value] for value in column.values])
    return index_of_code[column.codes]


def _round_to_step(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(np.round(numbers * STEPS) / STEPS, dtype=np.float32)
