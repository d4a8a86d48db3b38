"""Encounters become rows of float32: a vocabulary fitted on training rows says which features there are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import Matrix
from readmission.features.factorized import Coded, Fills, code_columns
from readmission.features.signals import FEATURE_FIELDS, GROUP_OF, Value, signals
from readmission.features.target_encoding import Learnt, Rates
from readmission.schema import FIELD_BY_NAME

Row = Mapping[str, Value]


class _Contributions(dict[Value, tuple[tuple[int, float], ...]]):
    """What each value of one field adds to which position, worked out when first met."""

    def __init__(self, name: str, position: Mapping[str, int], rates: Learnt) -> None:
        super().__init__()
        self._name, self._position = name, position
        self._rates = {
            position[feature]: one
            for feature, parts in rates.items()
            for one in parts
            if one.field == name
        }

    def __missing__(self, value: Value) -> tuple[tuple[int, float], ...]:
        """Work out and keep what a value adds."""
        told = signals(self._name, value).items()
        adds = [(self._position[name], number) for name, number in told if name in self._position]
        self[value] = (*adds, *((place, one.rate(value)) for place, one in self._rates.items()))
        return self[value]


@dataclass(frozen=True)
class Vocabulary:
    """The features in their order, the code that stands in for each Spanish group, what was learnt of values."""

    features: tuple[str, ...]
    fills: Fills
    rates: Learnt = field(default_factory=dict)
    _tables: Mapping[str, _Contributions] = field(init=False, repr=False, compare=False)
    _blank: list[float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        position = {name: place for place, name in enumerate(self.features)}
        object.__setattr__(
            self,
            "_tables",
            {name: _Contributions(name, position, self.rates) for name in FEATURE_FIELDS},
        )
        object.__setattr__(self, "_blank", [0.0] * len(self.features))
        for name, default in _DEFAULTS:
            for place, number in self._tables[name][default]:
                self._blank[place] += number

    def __reduce__(self) -> tuple[Any, ...]:
        return Vocabulary, (self.features, self.fills, self.rates)

    def row(self, encounter: Row) -> list[float]:
        """Encode one encounter: the defaults, and in their place what differs from them."""
        # Taking a default back is exact: only whole numbers and 1/4096s are ever added to one another.
        encoded = self._blank.copy()
        for name, default in _DEFAULTS:
            value = encounter.get(name, default)
            if value is None and name in GROUP_OF:
                value = self._fill(name, encounter)
            if value != default:
                for place, number in self._tables[name][default]:
                    encoded[place] -= number
                for place, number in self._tables[name][value]:
                    encoded[place] += number
        return encoded

    def matrix(self, rows: pd.DataFrame) -> Matrix:
        """Encode many encounters."""
        return self.encoded(code_columns(rows, self.fills))

    def encoded(self, columns: Mapping[str, Coded]) -> Matrix:
        """Encode the columns of many encounters, field by field."""
        transposed = np.zeros(
            (len(self.features), len(next(iter(columns.values())).places)), dtype=np.float32
        )
        for name, column in columns.items():
            places, adds = self.contribution(name, column)
            transposed[places] += adds
        return np.ascontiguousarray(transposed.T)

    def contribution(self, name: str, column: Coded) -> tuple[list[int], Matrix]:
        """Return which features a field adds to, and for each of them what it adds to every row."""
        told = [self._tables[name][value] for value in column.values]
        touched = {
            place: line
            for line, place in enumerate(sorted({place for adds in told for place, _ in adds}))
        }
        table = np.zeros((len(touched), len(told)), dtype=np.float32)
        for met, adds in enumerate(told):
            for place, number in adds:
                table[touched[place], met] += number
        return list(touched), table.take(column.places, axis=1)

    def places(self, features: Sequence[str]) -> NDArray[np.int64]:
        """Return where features stand."""
        position = {name: place for place, name in enumerate(self.features)}
        return np.array([position[name] for name in features])

    def to_json(self) -> str:
        """Write the vocabulary as text."""
        return json.dumps(
            {"features": self.features, "fills": self.fills, "rates": _plain(self.rates)}
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        told = json.loads(text)
        rates = {
            name: tuple(Rates(**one) for one in parts) for name, parts in told["rates"].items()
        }
        return cls(tuple(told["features"]), told["fills"], rates)

    def _fill(self, name: str, encounter: Row) -> Value:
        group = GROUP_OF[name]
        return self.fills[name].get(str(encounter.get(group, FIELD_BY_NAME[group].default)))


_DEFAULTS = tuple((name, FIELD_BY_NAME[name].default) for name in FEATURE_FIELDS)


def merge(vocabularies: Sequence[Vocabulary]) -> Vocabulary:
    """Return one vocabulary with the features of all; the first one's fills stand."""
    features = dict.fromkeys(name for one in vocabularies for name in one.features)
    rates = {name: rates for one in vocabularies for name, rates in one.rates.items()}
    return Vocabulary(tuple(features), vocabularies[0].fills, rates)


def _plain(rates: Learnt) -> dict[str, Any]:
    return {name: [asdict(one) for one in parts] for name, parts in rates.items()}
