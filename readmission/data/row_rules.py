"""Which rows are valid, by the schema: raw rows as the dataset has them, and model-ready rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.data.cleaning import CLEAN_COLUMNS
from readmission.errors import FatalError
from readmission.schema import COLUMNS, FIELDS, MISSING, Column, Domain
from readmission.schema.diagnoses import explain_unknown_diagnosis, read_diagnosis
from readmission.schema.types import integer

_MAX_VALUE_CHARACTERS = 40
_MAX_PROBLEMS = 3
_MANY_VALUES = 1_000
"""From here on, checking integers in one vectorized step is faster than one by one."""

# The ids and the target are integers; the other clean columns are the model's fields.
_CLEAN_DOMAINS = dict.fromkeys(CLEAN_COLUMNS, integer(0, 2**31 - 1))
_CLEAN_DOMAINS.update({field.name: field.domain for field in FIELDS})


@dataclass(frozen=True, slots=True)
class NormalizedRows:
    """Raw rows with whole floats as numbers and ICD-10 codes as ICD-9.

    ``invalid`` has the positions of invalid rows, ``converted`` the number of ICD-10 codes in each
    row; ``changed`` tells whether any value differs from the file's.
    """

    frame: pd.DataFrame
    invalid: set[int]
    converted: NDArray[np.int64]
    changed: bool


def normalize_rows(raw: pd.DataFrame) -> NormalizedRows:
    """Check and normalize raw rows; each column of ``raw`` has text as categories."""
    valid = np.ones(len(raw), dtype=bool)
    converted = np.zeros(len(raw), dtype=np.int64)
    changed_columns = {}
    for column in COLUMNS:
        values = raw[column.name].cat
        distinct = _normalize_distinct(column, values.categories)

        # From one answer for each distinct value to one for each row.
        codes = values.codes.to_numpy()
        valid &= distinct.valid[codes]
        if distinct.changed:
            texts = np.array(distinct.normalized, dtype=object)
            changed_columns[column.name] = pd.Categorical(texts[codes])
            converted += _converted_codes(column, values.categories)[codes]

    invalid = np.flatnonzero(~valid)
    return NormalizedRows(
        frame=raw.assign(**changed_columns) if changed_columns else raw,
        invalid=set(invalid.tolist()),
        converted=converted,
        changed=bool(changed_columns),
    )


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
            if not _is_clean(domain, value):
                raise FatalError(f"Cleaning returned an invalid {name}: {value!r}.")


@dataclass(frozen=True, slots=True)
class _DistinctValues:
    """The distinct values of a column, in order; an invalid one stays as it is.

    ``normalized`` may be empty if nothing has changed.
    """

    valid: NDArray[np.bool_]
    normalized: list[str]
    changed: bool


def _normalize_distinct(column: Column, categories: "pd.Index[str]") -> _DistinctValues:
    is_integer = column.domain.kind == "integer"
    if is_integer and len(categories) > _MANY_VALUES:
        return _normalize_integers(column.domain, categories)

    texts = categories.tolist()
    answers = [column.normalize(text) for text in texts]
    valid = [answer is not None for answer in answers]
    pairs = zip(answers, texts, strict=True)
    normalized = [text if answer is None else answer for answer, text in pairs]
    return _DistinctValues(
        valid=np.array(valid, dtype=bool),
        normalized=normalized,
        changed=normalized != texts,
    )


def _normalize_integers(domain: Domain, categories: "pd.Index[str]") -> _DistinctValues:
    """Apply ``Domain.normalize`` to many values at once; no column of integers is nullable."""
    values = pd.Series(categories, dtype="str")
    are_digits = values.str.fullmatch("[0-9]{1,10}")
    normalized: list[str] = []
    if not are_digits.all():
        values = values.str.replace(r"^([0-9]{1,10})\.0{1,10}$", r"\1", regex=True)
        are_digits = values.str.fullmatch("[0-9]{1,10}")
        normalized = values.tolist()

    # Any number will do in place of other text, which is invalid anyway.
    digits = values.where(are_digits, "0")
    numbers = digits.astype(np.int64)
    in_range = numbers.between(domain.minimum, domain.maximum)

    valid = are_digits & in_range
    return _DistinctValues(
        valid=valid.to_numpy(dtype=bool),
        normalized=normalized,
        changed=bool(normalized) and normalized != categories.tolist(),
    )


def _converted_codes(column: Column, categories: "pd.Index[str]") -> NDArray[np.int64]:
    """Return 1 for each distinct value that is an ICD-10 code, else 0."""
    converted = np.zeros(len(categories), dtype=np.int64)
    if column.domain.kind != "diagnosis":
        return converted
    for position, text in enumerate(categories):
        if column.domain.allows(text):
            converted[position] = read_diagnosis(text).converted
    return converted


def _is_clean(domain: Domain, value: object) -> bool:
    """Return whether a clean value is valid and needs no normalization."""
    return isinstance(value, str) and domain.normalize(value) == value


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
    """Name the column, its invalid value, and its valid values, or the nearest diagnoses."""
    domain = column.domain
    if domain.kind == "diagnosis":
        problem = explain_unknown_diagnosis(value)
        return f"{column.name}: {problem}"
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
