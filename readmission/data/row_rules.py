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
_CLEAN_DOMAINS = dict.fromkeys(CLEAN_COLUMNS, integer(0, 2**31 - 1)) | {
    field.name: field.domain for field in FIELDS
}


def why_invalid(values: Sequence[str]) -> str | None:
    """Name the columns whose values are invalid and what would be valid; None for a valid row."""
    problems = []
    for column, value in zip(COLUMNS, values, strict=True):
        if not column.allows(value):
            problems.append(f"{column.name} is {_shortened(value)}, not {_valid(column.domain)}")
    if len(problems) > _MAX_PROBLEMS:
        more = f"and {len(problems) - _MAX_PROBLEMS} more"
        problems = [*problems[:_MAX_PROBLEMS], more]
    return "; ".join(problems) or None


def invalid_rows(raw: pd.DataFrame) -> set[int]:
    """Return the positions of invalid raw rows; every column of ``raw`` holds text as categories."""
    invalid = np.zeros(len(raw), dtype=bool)
    for column in COLUMNS:
        invalid |= ~_valid_rows(column, raw[column.name])
    return set(np.flatnonzero(invalid).tolist())


def require_valid(clean: pd.DataFrame) -> None:
    """Raise FatalError for model-ready rows that are invalid: then the cleaning is at fault."""
    for name, domain in _CLEAN_DOMAINS.items():
        for value in _values_to_check(clean[name], domain):
            if not domain.allows(value):
                raise FatalError(f"Cleaning made an invalid {name}: {value!r}.")


def _valid_rows(column: Column, values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Check each distinct value once; the last entry of ``valid`` is for rows without a category."""
    distinct = values.cat.categories
    if column.domain.kind == "integer" and len(distinct) > _MANY_VALUES:
        valid_values = _valid_integers(column.domain, distinct)
    else:
        valid_values = np.array([column.allows(text) for text in distinct], dtype=bool)
    valid = np.append(valid_values, True)
    return valid[values.cat.codes.to_numpy()]


def _valid_integers(domain: Domain, texts: Iterable[str]) -> NDArray[np.bool_]:
    """Check many values at once, as ``allows`` does one by one: ids differ from row to row."""
    column = pd.Series(texts, dtype="str")
    digits = column.str.fullmatch("[0-9]{1,10}")
    numbers = column.where(digits, "0").astype(np.int64)
    valid = digits & numbers.between(domain.minimum, domain.maximum)
    if domain.nullable:
        valid = valid | (column == MISSING)
    return valid.to_numpy(dtype=bool)


def _values_to_check(values: "pd.Series[Any]", domain: Domain) -> Iterable[str]:
    """Return values that are all valid only if every row is: a number's extremes, each distinct text."""
    if domain.kind == "integer":
        return [str(values.min()), str(values.max())] if len(values) else []
    if isinstance(values.dtype, pd.CategoricalDtype):
        texts = _used_categories(values)
    else:
        texts = values.unique()
    return [text for text in texts if not (domain.nullable and pd.isna(text))]


def _used_categories(values: "pd.Series[Any]") -> NDArray[np.object_]:
    """Return each category that a row has, and None where a row has none."""
    categories = np.array([*values.cat.categories, None], dtype=object)
    used = np.zeros(len(categories), dtype=bool)
    used[values.cat.codes] = True
    return categories[used]


def _valid(domain: Domain) -> str:
    described = domain.describe()
    return f"{described}, or {MISSING} for missing" if domain.nullable else described


def _shortened(value: str) -> str:
    if len(value) > _MAX_VALUE_CHARACTERS:
        value = value[:_MAX_VALUE_CHARACTERS] + "..."
    return repr(value)
