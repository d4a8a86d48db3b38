"""Encounters become rows of float32: the vocabulary says which features there are and what each value adds to them.

An encoded encounter is the sum of what its fields' values add, so one encounter takes a few dictionary look-ups.
Only whole numbers, multiples of 1/4096 and, in columns of their own, target encodings are ever added, so that float32
sums are exact in any order: a default can be taken back, and training, API and ONNX agree to the last bit.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Matrix
from readmission.features.factorized import FactorizedColumn, ImputedCodes, factorize_columns
from readmission.features.signals import (
    FEATURE_FIELDS,
    Value,
    encoding_key,
    signals,
)
from readmission.schema import CODE_GROUP_BY_FIELD, FIELD_BY_NAME

Encounter = Mapping[str, Value]
Delta = tuple[int, float]
"""A feature's index, and what is added to it."""

_DEFAULTS = tuple((name, FIELD_BY_NAME[name].default) for name in FEATURE_FIELDS)


@dataclass(frozen=True, slots=True)
class ValueTable:
    """What the values of one field add to a learned feature; ``unseen`` stands for values not in the table."""

    field: str
    unseen: float
    by_key: Mapping[str, float]

    def lookup(self, value: Value) -> float:
        """Return what a value adds."""
        return self.by_key.get(encoding_key(self.field, value), self.unseen)


LearnedFeatures = Mapping[str, Sequence[ValueTable]]
"""For each learned feature the tables of the fields that add to it."""


class FeatureVocabulary:
    """The features in their order, the code that stands in for each Spanish group, and the learned tables."""

    def __init__(
        self,
        features: Sequence[str],
        imputed: ImputedCodes,
        learned: LearnedFeatures | None = None,
    ) -> None:
        self.features = tuple(features)
        self.imputed = imputed
        self.learned = learned or {}
        self._index_of = {name: index for index, name in enumerate(self.features)}
        self._deltas = {
            name: _FieldDeltas(name, self._index_of, self.learned) for name in FEATURE_FIELDS
        }
        self._default_row = self._encode_defaults()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FeatureVocabulary):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return FeatureVocabulary, (self.features, self.imputed, self.learned)

    def encode_one(self, encounter: Encounter) -> list[float]:
        """Encode one encounter: a copy of the defaults, corrected where a value differs from its default."""
        encoded = self._default_row.copy()
        for name, default in _DEFAULTS:
            value = encounter.get(name, default)
            if value is None and name in CODE_GROUP_BY_FIELD:
                value = self._impute(name, encounter)
            if value != default:
                deltas = self._deltas[name]
                for index, number in deltas[default]:
                    encoded[index] -= number
                for index, number in deltas[value]:
                    encoded[index] += number
        return encoded

    def encode(self, rows: pd.DataFrame) -> Matrix:
        """Encode many encounters."""
        return self.encode_columns(factorize_columns(rows, self.imputed))

    def encode_columns(self, columns: Mapping[str, FactorizedColumn]) -> Matrix:
        """Encode the factorized columns of many encounters, field by field."""
        rows = len(next(iter(columns.values())).codes)
        transposed = np.zeros((len(self.features), rows), dtype=np.float32)
        for name, column in columns.items():
            indices, added = self.feature_deltas(name, column)
            transposed[indices] += added
        return np.ascontiguousarray(transposed.T)

    def feature_deltas(self, name: str, column: FactorizedColumn) -> tuple[list[int], Matrix]:
        """Return the indices of the features that a field adds to, and what it adds: a row a feature, a column a row."""
        deltas_of_values = [self._deltas[name][value] for value in column.values]
        indices = sorted({index for deltas in deltas_of_values for index, _ in deltas})
        table_row = {index: row for row, index in enumerate(indices)}
        table = np.zeros((len(indices), len(column.values)), dtype=np.float32)
        for code, deltas in enumerate(deltas_of_values):
            for index, number in deltas:
                table[table_row[index], code] += number
        return indices, table.take(column.codes, axis=1)

    def indices_of(self, features: Sequence[str]) -> NDArray[np.int64]:
        """Return the columns of features in the encoded matrix."""
        return np.array([self._index_of[name] for name in features])

    def to_json(self) -> str:
        """Write the vocabulary as the JSON that a served model carries."""
        learned = {
            name: [
                {"field": table.field, "other": table.unseen, "of": table.by_key}
                for table in tables
            ]
            for name, tables in self.learned.items()
        }
        return json.dumps({"features": self.features, "fills": self.imputed, "rates": learned})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        content = json.loads(text)
        learned = {
            name: [ValueTable(table["field"], table["other"], table["of"]) for table in tables]
            for name, tables in content["rates"].items()
        }
        return cls(content["features"], content["fills"], learned)

    def _encode_defaults(self) -> list[float]:
        encoded = [0.0] * len(self.features)
        for name, default in _DEFAULTS:
            for index, number in self._deltas[name][default]:
                encoded[index] += number
        return encoded

    def _impute(self, name: str, encounter: Encounter) -> Value:
        """Return the usual code of the encounter's Spanish group."""
        group = CODE_GROUP_BY_FIELD[name].group_field
        label = encounter.get(group, FIELD_BY_NAME[group].default)
        return self.imputed[name].get(str(label))


class _FieldDeltas(dict[Value, tuple[Delta, ...]]):
    """What each value of one field adds to which features, worked out at its first look-up."""

    def __init__(self, name: str, index_of: Mapping[str, int], learned: LearnedFeatures) -> None:
        super().__init__()
        self._name = name
        self._index_of = index_of
        self._tables: list[tuple[int, ValueTable]] = []
        for feature, tables in learned.items():
            self._tables += [(index_of[feature], table) for table in tables if table.field == name]

    def __missing__(self, value: Value) -> tuple[Delta, ...]:
        """Work out and keep what a value adds."""
        deltas = [
            (self._index_of[feature], number)
            for feature, number in signals(self._name, value).items()
            if feature in self._index_of
        ]
        deltas += [(index, table.lookup(value)) for index, table in self._tables]
        self[value] = tuple(deltas)
        return self[value]


def merge(vocabularies: Sequence[FeatureVocabulary]) -> FeatureVocabulary:
    """Return one vocabulary with the features of all, and the imputed codes of the first."""
    features: dict[str, None] = {}
    learned: dict[str, Sequence[ValueTable]] = {}
    for vocabulary in vocabularies:
        features.update(dict.fromkeys(vocabulary.features))
        learned.update(vocabulary.learned)
    return FeatureVocabulary(tuple(features), vocabularies[0].imputed, learned)
