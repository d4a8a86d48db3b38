"""Turn raw rows into model-ready rows, in small steps that each leave their input untouched."""

import pandas as pd

from readmission.data.cohort import in_cohort
from readmission.schema import (
    CODE_GROUPS,
    COLUMNS,
    FIELDS,
    ID_COLUMNS,
    MISSING,
    POSITIVE,
    TARGET,
    field_name,
)
from readmission.schema.columns import DECADE_MIDPOINTS

CLEAN_COLUMNS = (*ID_COLUMNS, *(field.name for field in FIELDS), TARGET)

_NULLABLE = [column.name for column in COLUMNS if column.domain.nullable]


def clean(raw: pd.DataFrame) -> pd.DataFrame:
    """Return model-ready rows with the columns ``CLEAN_COLUMNS`` in this order.

    Missing values are NA; the target is 1 for a readmission within 30 days, else 0.
    """
    return (
        raw.pipe(keep_cohort)
        .pipe(mark_missing)
        .pipe(use_age_midpoints)
        .pipe(keep_codes)
        .pipe(group_codes)
        .pipe(encode_target)
        .rename(columns=field_name)
        .loc[:, list(CLEAN_COLUMNS)]
    )


def keep_cohort(raw: pd.DataFrame) -> pd.DataFrame:
    """Drop encounters that end in death or hospice, and unknown genders."""
    is_member = in_cohort(raw)
    return raw.loc[is_member]


def mark_missing(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn ``?`` into NA; the string ``None`` (not measured) stays a category."""
    columns_with_na = {}
    for name in _NULLABLE:
        column = rows[name]
        columns_with_na[name] = column.mask(column == MISSING)
    return rows.assign(**columns_with_na)


def use_age_midpoints(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace the decade ``[70-80)`` by its midpoint in years, 75."""
    decades = rows["age"]
    midpoints = decades.map(DECADE_MIDPOINTS)
    return rows.assign(age=midpoints.astype(int))


def keep_codes(rows: pd.DataFrame) -> pd.DataFrame:
    """Copy the three code columns to fields of their own, before the groups replace them."""
    code_columns = {}
    for group in CODE_GROUPS:
        codes = rows[group.column]
        code_columns[group.code_field] = codes.astype(str)
    return rows.assign(**code_columns)


def group_codes(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace the three codes by their Spanish groups; a code that means "unknown" becomes NA."""
    group_columns = {}
    for group in CODE_GROUPS:
        codes = rows[group.column].astype(int)
        labels = codes.map(group.label_of)
        group_columns[group.group_field] = labels
    return rows.assign(**group_columns)


def encode_target(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn the target into 1 (readmitted within 30 days) or 0."""
    is_positive = rows[TARGET] == POSITIVE
    target = is_positive.astype(int)
    return rows.assign(**{TARGET: target})
