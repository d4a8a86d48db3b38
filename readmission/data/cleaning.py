"""Raw rows become model-ready rows, in small steps that each leave their input untouched."""

import pandas as pd

from readmission.data.cohort import in_cohort
from readmission.schema import (
    COLUMNS,
    FIELDS,
    ID_COLUMNS,
    MISSING,
    POSITIVE,
    TARGET,
    codes,
    field_name,
)
from readmission.schema.columns import DECADES

CLEAN_COLUMNS = (*ID_COLUMNS, *(field.name for field in FIELDS), TARGET)

_GROUPS = {
    "admission_type_id": codes.invert(codes.ADMISSION_TYPE_GROUPS),
    "discharge_disposition_id": codes.invert(codes.DISCHARGE_DISPOSITION_GROUPS),
    "admission_source_id": codes.invert(codes.ADMISSION_SOURCE_GROUPS),
}
_NULLABLE = [column.name for column in COLUMNS if column.domain.nullable]
_MIDPOINT = {decade: 10 * rank + 5 for rank, decade in enumerate(DECADES)}


def clean(raw: pd.DataFrame) -> pd.DataFrame:
    """Return model-ready rows in ``CLEAN_COLUMNS`` order; ``raw`` is left untouched.

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
    return raw.loc[in_cohort(raw)]


def mark_missing(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn ``?`` into NA where the source has it; the string ``None`` (not measured) stays a category."""
    return rows.assign(**{name: rows[name].mask(rows[name] == MISSING) for name in _NULLABLE})


def use_age_midpoints(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace the decade ``[70-80)`` by its midpoint in years, 75."""
    return rows.assign(age=rows["age"].map(_MIDPOINT).astype(int))


def keep_codes(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the three codes as they are, next to the groups that take over their columns."""
    return rows.assign(
        **{name.removesuffix("_id") + "_code": rows[name].astype(str) for name in _GROUPS}
    )


def group_codes(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace the three codes by their Spanish groups; a code that says "unknown" becomes NA."""
    return rows.assign(
        **{name: rows[name].astype(int).map(label_of) for name, label_of in _GROUPS.items()}
    )


def encode_target(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn the target into 1 (readmitted within 30 days) or 0."""
    return rows.assign(**{TARGET: (rows[TARGET] == POSITIVE).astype(int)})
