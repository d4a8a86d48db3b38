"""Which rows are valid, by the schema: raw rows as the dataset has them, and model-ready rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.data.cleaning import CLEAN_COLUMNS
from readmission.errors import FatalError
from readmission.schema import COLUMNS, FIELDS, MISSING, Column, Domain
from readmission.schema.types import integer

_MAX_VALUE_CHARACTERS = 40
_MAX_PROBLEMS = 3
_MANY_VALUES = 1_000
"""From here on, checking integers in one vectorized step is faster than one by one."""

# The ids and the target are integers; the other clean columns are the model's fields.
_CLEAN_DOMAINS = dict.fromkeys(CLEAN_COLUMNS, integer(0, 2**31 - 1))
_CLEAN_DOMAINS.update({field.name: field.domain for field in FIELDS})


def invalid_rows(raw: pd.DataFrame) -> set[int]:
    """Return the positions of invalid raw rows; each column of ``raw`` has text as categories."""
    valid = np.ones(len(raw), dtype=bool)
    for column in COLUMNS:
        values = raw[column.name]
        valid &= _valid_rows(column, values)

    invalid = np.flatnonzero(~valid)
    return set(invalid.tolist())


def explain_invalid(values: Sequence[str]) -> str | None:
    """Name the columns whose values are invalid, and the valid values; None for a valid row."""
    problems = []
    for column, value in zip(COLUMNS, values, strict=True):
        if not column.allows(value):
            problems.append(_explain_value(column, value))

    if not problems:
        return None

    explained = problems[:_MAX_PROBLEMS]
    if len(problems) > _MAX_PROBLEMS:
        left_out = len(problems) - _MAX_PROBLEMS
        explained.append(f"and {left_out} more")

    return "; ".join(explained)


def require_valid(clean: pd.DataFrame) -> None:
    """Raise FatalError if a model-ready row is invalid, which is a bug in the cleaning."""
    for name, domain in _CLEAN_DOMAINS.items():
        for value in _values_to_check(clean[name], domain):
            if not domain.allows(value):
                raise FatalError(f"Cleaning returned an invalid {name}: {value!r}.")


def _valid_rows(column: Column, values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Return for each row whether its value is valid; each distinct value is checked once."""
    distinct = values.cat.categories
    is_integer = column.domain.kind == "integer"
    if is_integer and len(distinct) > _MANY_VALUES:
        valid = _valid_integers(column.domain, distinct)
    else:
        allowed = [column.allows(text) for text in distinct]
        valid = np.array(allowed, dtype=bool)

    # From one answer for each distinct value to one for each row.
    codes = values.cat.codes.to_numpy()
    return valid[codes]


def _valid_integers(domain: Domain, texts: Iterable[str]) -> NDArray[np.bool_]:
    """Apply ``Domain.allows`` to many values at once; no column of integers is nullable."""
    values = pd.Series(texts, dtype="str")
    are_digits = values.str.fullmatch("[0-9]{1,10}")

    # Any number will do in place of other text, which is invalid anyway.
    digits = values.where(are_digits, "0")
    numbers = digits.astype(np.int64)
    in_range = numbers.between(domain.minimum, domain.maximum)

    valid = are_digits & in_range
    return valid.to_numpy(dtype=bool)


def _values_to_check(values: "pd.Series[Any]", domain: Domain) -> list[str]:
    """Return values that decide for all rows: the extremes of numbers, each distinct text."""
    if domain.kind == "integer":
        return _extremes(values)

    distinct = values.unique().tolist()
    if domain.nullable:
        return [text for text in distinct if not pd.isna(text)]
    return distinct


def _extremes(numbers: "pd.Series[Any]") -> list[str]:
    if numbers.empty:
        return []
    return [str(numbers.min()), str(numbers.max())]


def _explain_value(column: Column, value: str) -> str:
    """Name the column, its invalid value, and its valid values."""
    domain = column.domain
    valid = domain.describe()
    if domain.nullable:
        valid = f"{valid}, or {MISSING} for missing"

    shown = _shortened(value)
    return f"{column.name} is {shown}, not {valid}"


def _shortened(value: str) -> str:
    if len(value) <= _MAX_VALUE_CHARACTERS:
        return repr(value)
    start = value[:_MAX_VALUE_CHARACTERS]
    return repr(start + "...")
