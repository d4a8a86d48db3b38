"""What raw and clean rows have to be, made from the vocabulary and checked by pandera."""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from readmission.cleaning import CLEAN_COLUMNS
from readmission.errors import FatalError
from readmission.schema import COLUMNS, FIELD_BY_NAME, MISSING, Domain, Kind
from readmission.schema.types import integer

_SHOWN_CHARACTERS = 40
_SHOWN_REASONS = 3


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
    try:
        _clean_contract().validate(clean, lazy=True)
    except SchemaErrors as errors:
        first = errors.failure_cases.iloc[0]
        raise FatalError(f"Cleaning made a wrong {first['column']}: {first['failure_case']!r}.") from errors


@cache
def _raw_contract() -> pa.DataFrameSchema:
    columns = {c.name: pa.Column(checks=pa.Check(_by_category(partial(allows, c.domain)))) for c in COLUMNS}
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


@cache
def _clean_contract() -> pa.DataFrameSchema:
    columns = {name: _clean_column(FIELD_BY_NAME[name].domain) for name in CLEAN_COLUMNS if name in FIELD_BY_NAME}
    whole = {name: _clean_column(integer(0, 2**31 - 1)) for name in CLEAN_COLUMNS if name not in FIELD_BY_NAME}
    return pa.DataFrameSchema(columns | whole)


def _clean_column(domain: Domain) -> pa.Column:
    if domain.kind == "integer":
        return pa.Column("int64", pa.Check.in_range(domain.minimum, domain.maximum))
    return pa.Column(checks=pa.Check(_by_category(partial(_ALLOWS[domain.kind], domain))), nullable=domain.nullable)


def _by_category(allowed: Callable[[str], bool]) -> Callable[["pd.Series[Any]"], "pd.Series[bool]"]:
    """Judge each distinct value once."""

    def check(values: "pd.Series[Any]") -> "pd.Series[bool]":
        codes, distinct = pd.factorize(values)
        return pd.Series(np.array([*map(allowed, distinct), True])[codes], index=values.index)

    return check


def _is_integer(domain: Domain, text: str) -> bool:
    return len(text) <= 10 and text.isascii() and text.isdigit() and domain.minimum <= int(text) <= domain.maximum


def _is_category(domain: Domain, text: str) -> bool:
    return text in domain.categories


def _matches(domain: Domain, text: str) -> bool:
    return re.fullmatch(domain.pattern, text, re.ASCII) is not None


_ALLOWS: dict[Kind, Callable[[Domain, str], bool]] = {
    "integer": _is_integer,
    "category": _is_category,
    "text": _matches,
}


def _right(domain: Domain) -> str:
    return domain.describe() + (f", or {MISSING} for missing" if domain.nullable else "")


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "...")
