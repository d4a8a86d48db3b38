"""What raw and clean rows have to be, made from the vocabulary; pandera checks the raw ones."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from numpy.typing import NDArray
from pandera.errors import SchemaErrors

from readmission.data.cleaning import CLEAN_COLUMNS
from readmission.errors import FatalError
from readmission.schema import COLUMNS, FIELDS, MISSING, Domain, Kind
from readmission.schema.types import integer

_SHOWN_CHARACTERS = 40
_SHOWN_REASONS = 3
_MANY = 1_000
_CLEAN_DOMAINS = dict.fromkeys(CLEAN_COLUMNS, integer(0, 2**31 - 1)) | {
    field.name: field.domain for field in FIELDS
}


def allows(domain: Domain, text: str) -> bool:
    """Tell whether ``text`` is right as it stands in the dataset."""
    return (domain.nullable and text == MISSING) or _ALLOWS[domain.kind](domain, text)


def why_wrong(values: Sequence[str]) -> str | None:
    """Name the columns whose values are wrong and what would be right; None for a right row."""
    wrong = [
        f"{column.name} is {_shown(value)}, not {_right(column.domain)}"
        for column, value in zip(COLUMNS, values, strict=True)
        if not allows(column.domain, value)
    ]
    more = f"; and {len(wrong) - _SHOWN_REASONS} more" if len(wrong) > _SHOWN_REASONS else ""
    return "; ".join(wrong[:_SHOWN_REASONS]) + more or None


def wrong_rows(raw: pd.DataFrame) -> "set[int]":
    """Return the positions of the rows that break the contract; every column holds text as categories."""
    try:
        _raw_contract().validate(raw, lazy=True)
    except SchemaErrors as errors:
        return set(errors.failure_cases["index"].astype(int))
    return set()


def refuse_wrong(clean: pd.DataFrame) -> None:
    """Raise FatalError for model-ready rows that break the contract: then cleaning is wrong."""
    for name, domain in _CLEAN_DOMAINS.items():
        for value in _telling(clean[name], domain):
            if not _ALLOWS[domain.kind](domain, value):
                raise FatalError(f"Cleaning made a wrong {name}: {value!r}.")


@cache
def _raw_contract() -> pa.DataFrameSchema:
    columns = {c.name: pa.Column(checks=pa.Check(partial(_right_rows, c.domain))) for c in COLUMNS}
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def _telling(values: "pd.Series[Any]", domain: Domain) -> Iterable[str]:
    """Return what tells whether all values are right: the extremes of numbers, every text once."""
    if domain.kind == "integer":
        return map(str, (values.min(), values.max()) if len(values) else ())
    texts = _used(values) if isinstance(values.dtype, pd.CategoricalDtype) else values.unique()
    return (text for text in texts if not (domain.nullable and pd.isna(text)))


def _used(values: "pd.Series[Any]") -> NDArray[np.object_]:
    """Return each category that a row has, and None where a row has none."""
    categories = np.array([*values.cat.categories, None], dtype=object)
    used = np.zeros(len(categories), dtype=bool)
    used[values.cat.codes] = True
    return categories[used]


def _right_rows(domain: Domain, values: "pd.Series[Any]") -> "pd.Series[bool]":
    """Judge each distinct value once."""
    distinct = values.cat.categories
    judge = _allowed_integers if domain.kind == "integer" and len(distinct) > _MANY else _allowed
    return pd.Series(
        np.array([*judge(domain, distinct), True])[values.cat.codes], index=values.index
    )


def _allowed(domain: Domain, texts: Iterable[str]) -> Iterable[bool]:
    return (allows(domain, text) for text in texts)


def _allowed_integers(domain: Domain, texts: Iterable[str]) -> Iterable[bool]:
    """Judge many at once, as ``allows`` would one by one: ids are distinct in every row."""
    told = pd.Series(texts, dtype="str")
    digits = told.str.fullmatch("[0-9]{1,10}")
    right = digits & told.where(digits, "0").astype(np.int64).between(
        domain.minimum, domain.maximum
    )
    return right | (told == MISSING) if domain.nullable else right


def _is_integer(domain: Domain, text: str) -> bool:
    return (
        len(text) <= 10
        and text.isascii()
        and text.isdigit()
        and domain.minimum <= int(text) <= domain.maximum
    )


def _is_category(domain: Domain, text: str) -> bool:
    return text in domain.categories


def _matches(domain: Domain, text: str) -> bool:
    return _compiled(domain.pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_ALLOWS: dict[Kind, Callable[[Domain, str], bool]] = {
    "integer": _is_integer,
    "category": _is_category,
    "text": _matches,
}


def _right(domain: Domain) -> str:
    return domain.describe() + (f", or {MISSING} for missing" if domain.nullable else "")


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "...")
