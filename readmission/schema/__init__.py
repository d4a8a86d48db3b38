"""The one vocabulary of dataset, model, API and form. Standard library only."""

from readmission.schema.columns import (
    COLUMN_BY_NAME,
    COLUMNS,
    DRUGS,
    ID_COLUMNS,
    MISSING,
    POSITIVE,
    TARGET,
)
from readmission.schema.fields import FIELD_BY_NAME, FIELDS, ORIGINAL_FIELDS, SECTIONS, field_name
from readmission.schema.types import Column, Domain, Field, Kind, Label, Language

__all__ = [
    "COLUMNS",
    "COLUMN_BY_NAME",
    "DRUGS",
    "FIELDS",
    "FIELD_BY_NAME",
    "ID_COLUMNS",
    "MISSING",
    "ORIGINAL_FIELDS",
    "POSITIVE",
    "SECTIONS",
    "TARGET",
    "Column",
    "Domain",
    "Field",
    "Kind",
    "Label",
    "Language",
    "field_name",
]
