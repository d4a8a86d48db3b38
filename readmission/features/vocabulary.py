"""The feature vocabulary: which features there are, and what each value of a field adds to them.

An encoded encounter is a row of float32, the sum of what its fields' values add. One encounter
therefore takes a few dictionary look-ups, and many are encoded column by column.

Sums must be exact, because they are taken in different orders: one encounter starts from the
defaults and replaces the values that differ, a table starts from zero. Only three kinds of numbers
are added: whole numbers, multiples of 1/4096 (the logistic score), and target encodings, which are
alone in their columns. Sums of the first two are exact in float32 in any order, and a target
encoding is never summed with another number. So training, API and ONNX model agree to the last bit.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
Deltas = tuple[tuple[int, float], ...]
"""Pairs of a feature's index and the number that is added to it."""
_DeltaCache = dict[str, dict[Value, Deltas]]
"""Deltas by field and value."""

MAX_CACHED_VALUES = 4096
"""Of one field: more than there are diagnosis codes in the dataset."""
_DEFAULTS = {name: FIELD_BY_NAME[name].default for name in FEATURE_FIELDS}


@dataclass(frozen=True, slots=True)
class ValueTable:
    """The numbers that one field's values add to a learned feature, by the values' keys.

    ``unseen`` is added for a value whose key is not in the table.
    """

    field: str
    unseen: float
    by_key: Mapping[str, float]

    def lookup(self, value: Value) -> float:
        """Return the number that a value adds."""
        key = encoding_key(self.field, value)
        return self.by_key.get(key, self.unseen)


LearnedFeatures = Mapping[str, Sequence[ValueTable]]
"""For each learned feature, the tables of the fields that add to it."""


class FeatureVocabulary:
    """The features in their order, the codes to impute, and the tables of the learned features.

    What a value adds is computed at its first use and cached, up to MAX_CACHED_VALUES of a field.
    """

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
        self._tables_of = self._tables_by_field()

        # A correction has the deltas that put a value in place of the field's default.
        self._deltas = _empty_cache()
        self._corrections = _empty_cache()

        self._default_row = self._encode_defaults()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FeatureVocabulary):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments only; the caches are rebuilt."""
        arguments = (self.features, self.imputed, self.learned)
        return FeatureVocabulary, arguments

    def encode_one(self, encounter: Encounter) -> list[float]:
        """Encode one encounter: copy the row of defaults and correct it where a value differs.

        This runs once in each request to the API; most fields of a payload have their defaults.
        """
        encoded = self._default_row.copy()
        for name, default in _DEFAULTS.items():
            value = encounter.get(name, default)
            if value is None and name in CODE_GROUP_BY_FIELD:
                value = self._usual_code(name, encounter)
            if value == default:
                continue

            correction = self._corrections[name].get(value)
            if correction is None:
                correction = self._cache_correction(name, value)
            for index, number in correction:
                encoded[index] += number

        return encoded

    def encode(self, rows: pd.DataFrame) -> Matrix:
        """Encode many encounters."""
        columns = factorize_columns(rows, self.imputed)
        return self.encode_columns(columns)

    def encode_columns(self, columns: Mapping[str, FactorizedColumn]) -> Matrix:
        """Encode the factorized columns of many encounters, field by field."""
        any_column = next(iter(columns.values()))
        shape = (len(self.features), len(any_column.codes))

        # A feature is a row until the end: adding to contiguous rows is faster.
        transposed = np.zeros(shape, dtype=np.float32)
        for name, column in columns.items():
            indices, added = self.feature_deltas(name, column)
            transposed[indices] += added

        return np.ascontiguousarray(transposed.T)

    def feature_deltas(self, name: str, column: FactorizedColumn) -> tuple[list[int], Matrix]:
        """Return the indices of the features that a field adds to, and the numbers it adds.

        The matrix has a row for each of these features and a column for each encounter.
        """
        deltas_of_values = [self._deltas_of(name, value) for value in column.values]
        indices = _feature_indices(deltas_of_values)
        added_by_value = _dense_deltas(deltas_of_values, indices)

        # From a column for each distinct value to a column for each encounter.
        added = added_by_value.take(column.codes, axis=1)
        return indices, added

    def indices_of(self, features: Sequence[str]) -> NDArray[np.int64]:
        """Return the columns of features in the encoded matrix."""
        indices = [self._index_of[name] for name in features]
        return np.array(indices)

    def to_json(self) -> str:
        """Return the vocabulary as the JSON that a served model carries in its metadata."""
        learned = {}
        for feature, tables in self.learned.items():
            learned[feature] = [_table_to_json(table) for table in tables]
        content = {
            "features": self.features,
            "fills": self.imputed,
            "rates": learned,
        }
        return json.dumps(content)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the JSON that ``to_json`` returned."""
        content = json.loads(text)
        learned = {}
        for feature, tables in content["rates"].items():
            learned[feature] = [_table_from_json(table) for table in tables]
        return cls(
            features=content["features"],
            imputed=content["fills"],
            learned=learned,
        )

    def _tables_by_field(self) -> defaultdict[str, list[tuple[int, ValueTable]]]:
        """Return each field's tables, each with the index of the feature that it adds to."""
        by_field: defaultdict[str, list[tuple[int, ValueTable]]] = defaultdict(list)
        for feature, tables in self.learned.items():
            index = self._index_of[feature]
            for table in tables:
                entry = (index, table)
                by_field[table.field].append(entry)

        return by_field

    def _encode_defaults(self) -> list[float]:
        """Encode an encounter whose fields all have their defaults."""
        encoded = [0.0] * len(self.features)
        for name, default in _DEFAULTS.items():
            deltas = self._deltas_of(name, default)
            for index, number in deltas:
                encoded[index] += number

        return encoded

    def _deltas_of(self, name: str, value: Value) -> Deltas:
        """Return the cached deltas of a field's value, or compute and cache them."""
        cache = self._deltas[name]
        deltas = cache.get(value)
        if deltas is None:
            deltas = self._compute_deltas(name, value)
            _remember(cache, value, deltas)
        return deltas

    def _compute_deltas(self, name: str, value: Value) -> Deltas:
        """Return the features that a value adds to; a signal without a feature is left out."""
        deltas = []
        for signal, number in signals(name, value).items():
            index = self._index_of.get(signal)
            if index is not None:
                deltas.append((index, number))

        for index, table in self._tables_of[name]:
            number = table.lookup(value)
            deltas.append((index, number))

        return tuple(deltas)

    def _cache_correction(self, name: str, value: Value) -> Deltas:
        """Compute and cache the deltas that replace a field's default by another value."""
        default = _DEFAULTS[name]
        deltas_of_default = self._deltas_of(name, default)
        removed = _negated(deltas_of_default)
        added = self._deltas_of(name, value)
        correction = removed + added

        _remember(self._corrections[name], value, correction)
        return correction

    def _usual_code(self, code_field: str, encounter: Encounter) -> Value:
        """Return the most frequent code of the encounter's Spanish group."""
        code_group = CODE_GROUP_BY_FIELD[code_field]
        group = FIELD_BY_NAME[code_group.group_field]
        label = encounter.get(group.name, group.default)

        code_of_group = self.imputed[code_field]
        return code_of_group.get(str(label))


def merge(vocabularies: Sequence[FeatureVocabulary]) -> FeatureVocabulary:
    """Return one vocabulary with the features of all, and the imputed codes of the first."""
    # A dict is an ordered set: common features are in several vocabularies.
    features: dict[str, None] = {}
    learned: dict[str, Sequence[ValueTable]] = {}
    for vocabulary in vocabularies:
        features.update(dict.fromkeys(vocabulary.features))
        learned.update(vocabulary.learned)

    first = vocabularies[0]
    return FeatureVocabulary(
        features=tuple(features),
        imputed=first.imputed,
        learned=learned,
    )


def _empty_cache() -> _DeltaCache:
    return {name: {} for name in FEATURE_FIELDS}


def _remember(cache: dict[Value, Deltas], value: Value, deltas: Deltas) -> None:
    """Cache a value's deltas; a full cache is emptied first.

    Free texts have no end of values. Other fields never have so many.
    """
    if len(cache) >= MAX_CACHED_VALUES:
        cache.clear()
    cache[value] = deltas


def _negated(deltas: Deltas) -> Deltas:
    pairs = []
    for index, number in deltas:
        negated = (index, -number)
        pairs.append(negated)
    return tuple(pairs)


def _feature_indices(deltas_of_values: Iterable[Deltas]) -> list[int]:
    """Return the distinct indices of features, in order."""
    indices = set()
    for deltas in deltas_of_values:
        for index, _number in deltas:
            indices.add(index)
    return sorted(indices)


def _dense_deltas(deltas_of_values: Sequence[Deltas], indices: Sequence[int]) -> Matrix:
    """Return the numbers as a table: a row for each feature in ``indices``, a column a value."""
    row_of_feature = {index: row for row, index in enumerate(indices)}
    shape = (len(indices), len(deltas_of_values))
    dense = np.zeros(shape, dtype=np.float32)
    for column, deltas in enumerate(deltas_of_values):
        for index, number in deltas:
            row = row_of_feature[index]
            # Added, not assigned: a rounded log-odds of -0.0 becomes 0.0.
            dense[row, column] += number

    return dense


def _table_to_json(table: ValueTable) -> dict[str, Any]:
    return {
        "field": table.field,
        "other": table.unseen,
        "of": table.by_key,
    }


def _table_from_json(content: Mapping[str, Any]) -> ValueTable:
    return ValueTable(
        field=content["field"],
        unseen=content["other"],
        by_key=content["of"],
    )
