"""The signals of a value: the named numbers that one field of an encounter adds to its features.

An encounter's feature row is the sum of its fields' signals. So several fields can add to one
feature (``visits``, ``diagnosis=428``), and one encounter is encoded by dictionary look-ups alone.
Training, API and ONNX model use the same signals. Neither identifiers nor anything that is unknown
at discharge is a feature.
"""

from collections.abc import Mapping
from typing import Final

from readmission.schema import CODE_GROUP_BY_FIELD, CODE_GROUPS, DRUGS, FIELD_BY_NAME, field_name

Value = int | str | None
Signals = Mapping[str, float]
"""Feature name -> the number that is added to the feature."""

UNKNOWN: Final = "?"
PRIOR_VISITS: Final = ("number_outpatient", "number_emergency", "number_inpatient")
ORDINALS: Final = ("gender", "max_glu_serum", "A1Cresult", "change", "diabetesMed")
NOMINALS: Final = ("race", "payer_code", "medical_specialty")
DIAGNOSES: Final = ("diag_1", "diag_2", "diag_3")
DRUG_FIELDS: Final = tuple(field_name(drug) for drug in DRUGS)
CODE_FIELDS: Final = tuple(CODE_GROUP_BY_FIELD)
"""The three fields of codes; when one is left out, its Spanish group stands in for it."""

TARGET_ENCODED_FIELDS: Final = (*CODE_FIELDS, "payer_code", "medical_specialty", *DIAGNOSES)
"""Fields with many codes: each forest also learns the readmission rate of every code."""

_GROUP_FIELDS = {group.group_field for group in CODE_GROUPS}
FEATURE_FIELDS: Final = tuple(name for name in FIELD_BY_NAME if name not in _GROUP_FIELDS)

_DOSE = {"Down": 1.0, "Steady": 2.0, "Up": 3.0}

# Strack et al. 2014, table 2: diabetes (250) is a group of its own; unlisted codes are "other".
_ICD9_RANGES = {
    "circulatory": ((390, 459), (785, 785)),
    "respiratory": ((460, 519), (786, 786)),
    "digestive": ((520, 579), (787, 787)),
    "diabetes": ((250, 250),),
    "injury": ((800, 999),),
    "musculoskeletal": ((710, 739),),
    "genitourinary": ((580, 629), (788, 788)),
    "neoplasms": ((140, 239),),
}
_SUPPLEMENT_STARTS = {"V": 1000, "E": 2000}


def signals(field: str, value: Value) -> Signals:
    """Return the features that ``value`` of ``field`` adds to, each with the number it adds."""
    if field in CODE_FIELDS:
        return _code(field, value)
    if field in DIAGNOSES:
        return _diagnosis(field, value)
    if field in DRUG_FIELDS:
        return _drug(field, value)
    if field in NOMINALS:
        return _nominal(field, value)
    if field in ORDINALS:
        return _ordinal(field, value)
    return _count(field, value)


def encoding_key(field: str, value: Value) -> str:
    """Return the key of a value in a learned table: for diagnoses, the three-digit code."""
    if value is None:
        return UNKNOWN
    if field in DIAGNOSES:
        return str(icd9_chapter(str(value)))
    return str(value)


def icd9_chapter(code: str) -> int:
    """Return the three-digit number of an ICD-9 code; V codes start at 1000, E codes at 2000."""
    whole_part, _, _ = code.partition(".")
    letter = whole_part[:1]
    if letter not in _SUPPLEMENT_STARTS:
        return int(whole_part)

    number = int(whole_part[1:])
    return _SUPPLEMENT_STARTS[letter] + number


def icd9_group(chapter: int) -> str:
    """Return the group of Strack et al. for a three-digit code."""
    return _ICD9_GROUP_OF.get(chapter, "other")


def _group_by_chapter() -> dict[int, str]:
    group_of = {}
    for group, ranges in _ICD9_RANGES.items():
        for first, last in ranges:
            for chapter in range(first, last + 1):
                group_of[chapter] = group
    return group_of


_ICD9_GROUP_OF = _group_by_chapter()


def _count(field: str, value: Value) -> Signals:
    number = float(value or 0)
    numbers = {field: number}
    if field in PRIOR_VISITS:
        numbers["visits"] = number
    return numbers


def _ordinal(field: str, value: Value) -> Signals:
    """Return the value's position among the field's categories."""
    categories = FIELD_BY_NAME[field].domain.categories
    if value not in categories:
        return {}

    position = categories.index(str(value))
    return {field: float(position)}


def _nominal(field: str, value: Value) -> Signals:
    name = UNKNOWN if value is None else value
    signal = f"{field}={name}"
    return {signal: 1.0}


def _code(field: str, value: Value) -> Signals:
    """Return the code as a number and as a category, and its Spanish group."""
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
    """Return the three-digit code as a number, its group, and the code among all diagnoses."""
    if value is None:
        return {f"{field}={UNKNOWN}": 1.0}
    chapter = icd9_chapter(str(value))
    return {
        field: float(chapter),
        f"{field}={icd9_group(chapter)}": 1.0,
        f"diagnosis={chapter}": 1.0,
    }


def _drug(field: str, value: Value) -> Signals:
    """Return the dose as a number, and the counts of drugs taken and drugs changed."""
    if value not in _DOSE:
        return {}
    change = str(value)
    taken = {field: _DOSE[change], "drugs": 1.0}
    if change == "Steady":
        return taken
    return {
        **taken,
        "drugs_changed": 1.0,
        f"drugs_{change.lower()}": 1.0,
    }
