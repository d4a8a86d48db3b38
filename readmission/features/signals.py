"""Signals: the named numbers that one field of an encounter adds to the features, in training, API and ONNX alike.

An encounter's feature row is the sum of its fields' signals, so that a count such as ``visits`` or
``diagnosis=428`` collects from several fields, and one encounter is encoded by dictionary look-ups alone.
Neither identifiers nor anything that is unknown at discharge is a feature.
"""

from collections.abc import Mapping
from typing import Final

from readmission.schema import CODE_GROUP_BY_FIELD, CODE_GROUPS, DRUGS, FIELD_BY_NAME, field_name

Value = int | str | None
Signals = Mapping[str, float]

UNKNOWN: Final = "?"
PRIOR_VISITS: Final = ("number_outpatient", "number_emergency", "number_inpatient")
ORDINALS: Final = ("gender", "max_glu_serum", "A1Cresult", "change", "diabetesMed")
NOMINALS: Final = ("race", "payer_code", "medical_specialty")
DIAGNOSES: Final = ("diag_1", "diag_2", "diag_3")
DRUG_FIELDS: Final = tuple(map(field_name, DRUGS))
CODE_FIELDS: Final = tuple(CODE_GROUP_BY_FIELD)
"""The three fields of codes; when one is left out, its Spanish group stands in for it."""

TARGET_ENCODED_FIELDS: Final = (*CODE_FIELDS, "payer_code", "medical_specialty", *DIAGNOSES)
"""Fields of many codes: each forest also learns the readmission rate of every code from its own rows."""

_GROUP_FIELDS = {group.group_field for group in CODE_GROUPS}
FEATURE_FIELDS: Final = tuple(name for name in FIELD_BY_NAME if name not in _GROUP_FIELDS)

_DOSE = {"Down": 1.0, "Steady": 2.0, "Up": 3.0}

# Strack et al. 2014, table 2; diabetes (250) is its own group, whatever is not listed is "other".
_ICD9_GROUPS = {
    "circulatory": ((390, 459), (785, 785)),
    "respiratory": ((460, 519), (786, 786)),
    "digestive": ((520, 579), (787, 787)),
    "diabetes": ((250, 250),),
    "injury": ((800, 999),),
    "musculoskeletal": ((710, 739),),
    "genitourinary": ((580, 629), (788, 788)),
    "neoplasms": ((140, 239),),
}
_ICD9_GROUP_OF = {
    chapter: group
    for group, ranges in _ICD9_GROUPS.items()
    for low, high in ranges
    for chapter in range(low, high + 1)
}
_SUPPLEMENT = {"V": 1000, "E": 2000}


def signals(field: str, value: Value) -> Signals:
    """Return what ``value`` of ``field`` adds to which features."""
    if field in CODE_GROUP_BY_FIELD:
        return _code(field, value)
    if field in DIAGNOSES:
        return _diagnosis(field, value)
    if field in DRUG_FIELDS:
        return _drug(field, value)
    if field in NOMINALS:
        return {f"{field}={UNKNOWN if value is None else value}": 1.0}
    if field in ORDINALS:
        return _ordinal(field, value)
    return _count(field, value)


def encoding_key(field: str, value: Value) -> str:
    """Return the key of a value in a learned table: diagnoses count by their three digits."""
    if value is None:
        return UNKNOWN
    return str(icd9_chapter(str(value))) if field in DIAGNOSES else str(value)


def icd9_chapter(code: str) -> int:
    """Return the three-digit number of an ICD-9 code; V codes start at 1000, E codes at 2000."""
    stem = code.partition(".")[0]
    offset = _SUPPLEMENT.get(stem[:1], 0)
    return offset + int(stem[1:] if offset else stem)


def icd9_group(chapter: int) -> str:
    """Return the group of Strack et al. for a three-digit code."""
    return _ICD9_GROUP_OF.get(chapter, "other")


def _count(field: str, value: Value) -> Signals:
    number = float(value or 0)
    if field in PRIOR_VISITS:
        return {field: number, "visits": number}
    return {field: number}


def _ordinal(field: str, value: Value) -> Signals:
    categories = FIELD_BY_NAME[field].domain.categories
    return {field: float(categories.index(str(value)))} if value in categories else {}


def _code(field: str, value: Value) -> Signals:
    if value is None:
        return {f"{field}={UNKNOWN}": 1.0}
    code_group = CODE_GROUP_BY_FIELD[field]
    label = code_group.label_of.get(int(value), UNKNOWN)
    return {
        field: float(value),
        f"{field}={value}": 1.0,
        f"{code_group.group_field}={label}": 1.0,
    }


def _diagnosis(field: str, value: Value) -> Signals:
    if value is None:
        return {f"{field}={UNKNOWN}": 1.0}
    chapter = icd9_chapter(str(value))
    return {
        field: float(chapter),
        f"{field}={icd9_group(chapter)}": 1.0,
        f"diagnosis={chapter}": 1.0,
    }


def _drug(field: str, value: Value) -> Signals:
    if value not in _DOSE:
        return {}
    taken = {field: _DOSE[str(value)], "drugs": 1.0}
    if value == "Steady":
        return taken
    return {**taken, "drugs_changed": 1.0, f"drugs_{str(value).lower()}": 1.0}
