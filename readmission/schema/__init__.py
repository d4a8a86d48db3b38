"""The one vocabulary of dataset, model, API and form. Standard library only."""

from readmission.schema.code_groups import CODE_GROUP_BY_FIELD, CODE_GROUPS, CodeGroup
from readmission.schema.columns import (
    COLUMN_BY_NAME,
    COLUMNS,
    DRUGS,
    ID_COLUMNS,
    POSITIVE,
    TARGET,
)
from readmission.schema.fields import (
    DIAGNOSIS_FIELDS,
    FIELD_BY_NAME,
    FIELDS,
    GIVEN_DIAGNOSES,
    ORIGINAL_FIELDS,
    PATIENT_LABEL,
    PATIENT_LABEL_LENGTH,
    SECTIONS,
    field_name,
)
from readmission.schema.labels import Label, Language
from readmission.schema.types import MISSING, Column, Domain, Field, Kind

__all__ = [
    "CODE_GROUPS",
    "CODE_GROUP_BY_FIELD",
    "COLUMNS",
    "COLUMN_BY_NAME",
    "DIAGNOSIS_FIELDS",
    "DRUGS",
    "FIELDS",
    "FIELD_BY_NAME",
    "GIVEN_DIAGNOSES",
    "ID_COLUMNS",
    "MISSING",
    "ORIGINAL_FIELDS",
    "PATIENT_LABEL",
    "PATIENT_LABEL_LENGTH",
    "POSITIVE",
    "SECTIONS",
    "TARGET",
    "CodeGroup",
    "Column",
    "Domain",
    "Field",
    "Kind",
    "Label",
    "Language",
    "field_name",
]
