"""Cross-fitted logistic regression on all fields; its log-odds become one feature of each forest.

A linear model picks up many weak effects for which a forest would need a split each. Its log-odds
are a sum of one contribution for each field, so the vocabulary can hold them as one table for each
field. Every forest learns a regression of its own from its own rows, and a training row gets the
score of a regression that was fitted without its fold.

A value has several *terms*, the columns of the design matrix: its category and the groups it is in,
or a number and its logarithm. The terms are computed once for each value, not for each row.
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
"""Log-odds are rounded to multiples of 1/4096, whose float32 sums are exact in any order."""
_VISIT_LEVELS = (1, 2, 3, 5)


def fit_logistic_score(
    columns: Mapping[str, FactorizedColumn], target: Target, seed: int
) -> tuple[list[ValueTable], NDArray[np.float32]]:
    """Return each field's table of log-odds, and the rows' own cross-fitted log-odds."""
    values_by_field = {name: _values(name, column.values) for name, column in columns.items()}
    terms_of_values = _terms_of_values(values_by_field)
    design_matrix = _design_matrix(columns, values_by_field, terms_of_values)

    model = LogisticRegression(
        C=INVERSE_PENALTY,
        solver="liblinear",
        tol=0.02,
        intercept_scaling=10,
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    cross_fitted = cross_val_predict(
        model,
        design_matrix,
        target,
        cv=folds,
        method="decision_function",
    )
    model.fit(design_matrix, target)

    intercept_per_field = float(model.intercept_[0]) / len(values_by_field)
    log_odds = _round_to_step(terms_of_values @ model.coef_[0] + intercept_per_field)
    tables = _tables(values_by_field, log_odds, intercept_per_field)
    return tables, _round_to_step(cross_fitted)


def _values(field: str, distinct: list[Value]) -> list[Value]:
    """Return every number that a field can have, or the codes that occur in the rows."""
    domain = FIELD_BY_NAME[field].domain
    if domain.kind != "integer":
        return distinct

    numbers = range(domain.minimum, domain.maximum + 1)
    return list(numbers)


def _terms_of_values(values_by_field: Mapping[str, list[Value]]) -> csr_matrix:
    """Return a row of terms for each value of each field, field after field."""
    terms = []
    for field, values in values_by_field.items():
        for value in values:
            terms.append(_terms(field, value))

    vectorizer = DictVectorizer()
    return vectorizer.fit_transform(terms)


def _design_matrix(
    columns: Mapping[str, FactorizedColumn],
    values_by_field: Mapping[str, list[Value]],
    terms_of_values: csr_matrix,
) -> csr_matrix:
    """Return the terms of every encounter: the sum of the terms of its fields' values."""
    value_positions = _value_positions(columns, values_by_field)
    value_count = terms_of_values.shape[0]
    indicators = _indicator_matrix(value_positions, value_count)
    summed = indicators @ terms_of_values

    # Built again from its parts, the matrix has the narrow indices that liblinear requires.
    parts = (summed.data, summed.indices, summed.indptr)
    design_matrix = csr_matrix(parts, shape=summed.shape)
    design_matrix.sort_indices()
    return design_matrix


def _value_positions(
    columns: Mapping[str, FactorizedColumn], values_by_field: Mapping[str, list[Value]]
) -> NDArray[np.int64]:
    """Return each row's values as positions in the list of all fields' values: a column a field."""
    positions = []
    field_start = 0
    for field, values in values_by_field.items():
        indices = _indices_of_rows(columns[field], values)
        positions.append(field_start + indices)
        field_start += len(values)

    return np.column_stack(positions)


def _indices_of_rows(column: FactorizedColumn, values: list[Value]) -> NDArray[np.int64]:
    """Return the index of each row's value among ``values``."""
    index_of_value = {value: index for index, value in enumerate(values)}
    indices = []
    for value in column.values:
        index = index_of_value[value]
        indices.append(index)

    # From one index for each distinct value to one for each row.
    index_of_code = np.array(indices)
    return index_of_code[column.codes]


def _indicator_matrix(positions: NDArray[np.int64], width: int) -> csr_matrix:
    """Return a matrix with ones at the given columns of each row, and zeros elsewhere."""
    row_count, ones_per_row = positions.shape
    ones = np.ones(positions.size)
    columns = positions.ravel()
    # In a CSR matrix, the ones of row i are those from row_starts[i] up to row_starts[i + 1].
    row_starts = np.arange(0, positions.size + 1, ones_per_row)
    return csr_matrix(
        (ones, columns, row_starts),
        shape=(row_count, width),
    )


def _tables(
    values_by_field: Mapping[str, list[Value]],
    log_odds: NDArray[np.float32],
    intercept_per_field: float,
) -> list[ValueTable]:
    """Split the log-odds of all fields' values into one table for each field."""
    unseen = round(intercept_per_field * STEPS) / STEPS
    tables = []
    remaining = iter(log_odds.tolist())
    for field, values in values_by_field.items():
        log_odds_by_key = {}
        for value in values:
            key = encoding_key(field, value)
            log_odds_by_key[key] = next(remaining)

        table = ValueTable(
            field=field,
            unseen=unseen,
            by_key=log_odds_by_key,
        )
        tables.append(table)

    return tables


def _terms(field: str, value: Value) -> Signals:
    """Return a value's terms: a code's category and groups, or a number in several scales."""
    if FIELD_BY_NAME[field].domain.kind == "integer":
        return _number_terms(field, float(value or 0))

    terms = dict(signals(field, value))
    # A code as a number means nothing to a linear model.
    terms.pop(field, None)
    if field in DRUG_FIELDS and not terms:
        return {}

    key = encoding_key(field, value)
    terms[f"{field} {key}"] = 1.0
    return terms


def _number_terms(field: str, number: float) -> Signals:
    """Return a number in linear, logarithmic and quadratic scale, relative to the usual number."""
    if field in PRIOR_VISITS:
        return _visit_terms(field, number)

    usual = float(FIELD_BY_NAME[field].default or 1)
    ratio = number / usual
    # One more, because a number may be zero.
    log_ratio = np.log((1 + number) / (1 + usual))
    return {
        field: ratio - 1,
        f"log {field}": log_ratio,
        f"squared {field}": min(ratio**2, 5) - 1,
    }


def _visit_terms(field: str, visits: float) -> Signals:
    """Return the levels that the visits reach, their logarithm, and their part of all visits."""
    terms = {}
    for level in _VISIT_LEVELS:
        if visits >= level:
            term = f"{field} from {level}"
            terms[term] = 1.0

    terms[f"log {field}"] = np.log1p(visits)
    terms["visits"] = min(visits, 5) / 2
    return terms


def _round_to_step(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    whole_steps = np.round(numbers * STEPS)
    rounded = whole_steps / STEPS
    return rounded.astype(np.float32)
