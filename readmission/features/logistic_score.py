"""A line through everything that is known of an encounter: the one number that a forest would need many splits for.

Its log-odds are a sum of what each field adds, so they fit into the vocabulary: a table for each field. Every forest
learns a line of its own from its own rows; a training row is told what a line says that was fitted without it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from readmission.features.factorized import Coded
from readmission.features.signals import (
    DRUG_FIELDS,
    PRIOR_VISITS,
    Signals,
    Value,
    rate_key,
    signals,
)
from readmission.features.target_encoding import Rates
from readmission.schema import FIELD_BY_NAME

RISK = "risk"
STRENGTH = 0.03
"""The inverse of the penalty: weak lines, because six of them are averaged."""
FOLDS = 3
STEPS = 4096
"""Tables are rounded to this many steps: then sums of them are exact in float32, in any order."""
_VISIT_STEPS = (1, 2, 3, 5)


def fit_risk(
    columns: Mapping[str, Coded], target: NDArray[np.int64], seed: int
) -> tuple[list[Rates], NDArray[np.float32]]:
    """Return what each field adds to the log-odds, and the rows' own log-odds, each fitted without its fold."""
    values = {name: _values(name, column.values) for name, column in columns.items()}
    told = DictVectorizer().fit_transform(
        [_terms(name, one) for name, met in values.items() for one in met]
    )
    first = np.cumsum([0, *(len(met) for met in values.values())])
    places = (
        np.column_stack([_places(met, columns[name]) for name, met in values.items()]) + first[:-1]
    )
    one_a_field = np.arange(0, places.size + 1, len(values))
    wide = (
        csr_matrix(
            (np.ones(places.size), places.ravel(), one_a_field), shape=(len(target), first[-1])
        )
        @ told
    )
    encoded = csr_matrix(
        (wide.data, wide.indices, wide.indptr), shape=wide.shape
    )  # narrow indices, for liblinear
    encoded.sort_indices()
    line = LogisticRegression(C=STRENGTH, solver="liblinear", tol=0.02, intercept_scaling=10)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    crossed = cross_val_predict(line, encoded, target, cv=folds, method="decision_function")
    line.fit(encoded, target)
    share = float(line.intercept_[0]) / len(values)
    adds = dict(
        zip(values, np.split(_rounded(told @ line.coef_[0] + share), first[1:-1]), strict=True)
    )
    return [_rates(name, met, adds[name], share) for name, met in values.items()], _rounded(crossed)


def _terms(field: str, value: Value) -> Signals:
    """Return what the line is told of a value: codes as they are and by their groups, numbers bent in several ways."""
    domain = FIELD_BY_NAME[field].domain
    if domain.kind != "integer":
        named = {name: number for name, number in signals(field, value).items() if name != field}
        return (
            {**named, f"{field} {rate_key(field, value)}": 1.0}
            if named or field not in DRUG_FIELDS
            else {}
        )
    number = float(value or 0)
    if field in PRIOR_VISITS:
        steps = {f"{field} from {step}": 1.0 for step in _VISIT_STEPS if number >= step}
        return {**steps, f"log {field}": np.log1p(number), "visits": min(number, 5) / 2}
    usual = float(FIELD_BY_NAME[field].default or 1)
    ratio = number / usual
    logarithm = np.log((1 + number) / (1 + usual))
    return {field: ratio - 1, f"log {field}": logarithm, f"squared {field}": min(ratio**2, 5) - 1}


def _values(field: str, met: list[Value]) -> list[Value]:
    """Return every number that a field can have, or the codes that were met."""
    domain = FIELD_BY_NAME[field].domain
    return list(range(domain.minimum, domain.maximum + 1)) if domain.kind == "integer" else met


def _places(values: list[Value], column: Coded) -> NDArray[np.int64]:
    place_of = {value: place for place, value in enumerate(values)}
    return np.array([place_of[value] for value in column.values])[column.places]


def _rates(field: str, values: list[Value], adds: NDArray[np.float32], other: float) -> Rates:
    keys = [rate_key(field, value) for value in values]
    return Rates(field, round(other * STEPS) / STEPS, dict(zip(keys, adds.tolist(), strict=True)))


def _rounded(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(np.round(numbers * STEPS) / STEPS, dtype=np.float32)
