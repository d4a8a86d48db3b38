"""The model's fields: the values of one encounter in the payload, the form and the clean tables."""

from collections.abc import Mapping
from dataclasses import replace

from readmission.schema import codes
from readmission.schema.code_groups import CODE_GROUPS, CodeGroup
from readmission.schema.columns import COLUMN_BY_NAME, DRUGS
from readmission.schema.labels import Label
from readmission.schema.types import Field, integer, one_of

_YES_NO = {"Yes": Label("Sí", "Yes"), "No": Label("No", "No")}
_DOSE_LABELS = {
    "No": Label("No", "No"),
    "Steady": Label("Estable", "Steady"),
    "Up": Label("Aumentó", "Up"),
    "Down": Label("Disminuyó", "Down"),
}
_NOT_MEASURED = {"None": Label("No medida", "Not measured"), "Norm": Label("Normal", "Normal")}
_RACES = {
    "Caucasian": Label("Blanca", "Caucasian"),
    "AfricanAmerican": Label("Afroamericana", "African American"),
    "Asian": Label("Asiática", "Asian"),
    "Hispanic": Label("Hispana", "Hispanic"),
    "Other": Label("Otra", "Other"),
}

SECTIONS = {
    "patient": Label("Paciente", "Patient"),
    "admission": Label("Ingreso y alta", "Admission and discharge"),
    "stay": Label("Estancia", "Stay"),
    "history": Label("Los 12 meses previos", "Year before"),
    "laboratory": Label("Laboratorio", "Laboratory"),
    "diagnoses": Label("Diagnósticos", "Diagnoses"),
    "medication": Label("Medicación", "Medication"),
}


def field_name(column: str) -> str:
    """Return the field's name for a dataset column: JSON and Python names have no hyphens."""
    return column.replace("-", "_")


def _field(
    column: str,
    section: str,
    default: int | str | None,
    choices: Mapping[str, Label] | None = None,
    *,
    original: bool = True,
) -> Field:
    declared = COLUMN_BY_NAME[column]
    return Field(
        name=field_name(column),
        domain=declared.domain,
        label=declared.label,
        default=default,
        source=column,
        section=section,
        original=original,
        choices=choices or {},
    )


def _group(group: CodeGroup, default: str) -> Field:
    """Declare the field of a code's Spanish group."""
    labels = codes.GROUP_LABELS[group.column]
    choices = {}
    for label in group.label_of.values():
        choices[label] = labels[label]
    field = _field(group.column, "admission", default, choices)
    return replace(
        field,
        name=group.group_field,
        domain=one_of(*choices, nullable=True),
    )


def _code(group: CodeGroup, meanings: Mapping[int, Label]) -> Field:
    """Declare the optional field of the code itself; without it, only the group is known."""
    choices = {str(code): label for code, label in meanings.items()}
    label = COLUMN_BY_NAME[group.column].label
    return Field(
        name=group.code_field,
        domain=one_of(*choices, nullable=True),
        label=Label(f"{label.es} (código)", f"{label.en} (code)"),
        default=None,
        source=group.column,
        section="admission",
        choices=choices,
    )


_ADMISSION_TYPE, _DISCHARGE_DISPOSITION, _ADMISSION_SOURCE = CODE_GROUPS
_DISCHARGED_ALIVE = {
    code: label
    for code, label in codes.DISCHARGE_DISPOSITIONS.items()
    if code not in codes.DEATH_OR_HOSPICE
}

_ORIGINAL = (
    _field("race", "patient", "Caucasian", _RACES),
    replace(
        _field(
            "gender",
            "patient",
            "Female",
            {"Female": Label("Mujer", "Female"), "Male": Label("Hombre", "Male")},
        ),
        domain=one_of("Female", "Male"),
    ),
    replace(
        _field("age", "patient", 65),
        domain=integer(0, 120),
        label=Label("Edad (años)", "Age (years)"),
    ),
    _field("time_in_hospital", "stay", 3),
    _field("num_lab_procedures", "stay", 44),
    _field("num_procedures", "stay", 0),
    _field("num_medications", "stay", 13),
    _field("number_outpatient", "history", 0),
    _field("number_emergency", "history", 0),
    _field("number_inpatient", "history", 0),
    _field("number_diagnoses", "diagnoses", 9),
    _field("max_glu_serum", "laboratory", "None", _NOT_MEASURED),
    _field("A1Cresult", "laboratory", "None", _NOT_MEASURED),
    _field("change", "medication", "No", {"No": Label("No", "No"), "Ch": Label("Sí", "Yes")}),
    _field("diabetesMed", "medication", "Yes", _YES_NO),
    _group(_ADMISSION_TYPE, "Emergencia"),
    _group(_DISCHARGE_DISPOSITION, "Alta a casa"),
    _group(_ADMISSION_SOURCE, "Referencia"),
    _field("examide", "medication", "No", _DOSE_LABELS),
    _field("citoglipton", "medication", "No", _DOSE_LABELS),
)
_OPTIONAL = (
    _code(_ADMISSION_TYPE, codes.ADMISSION_TYPES),
    _code(_DISCHARGE_DISPOSITION, _DISCHARGED_ALIVE),
    _code(_ADMISSION_SOURCE, codes.ADMISSION_SOURCES),
    _field("payer_code", "admission", None, original=False),
    _field("medical_specialty", "admission", None, original=False),
    *(_field(f"diag_{rank}", "diagnoses", None, original=False) for rank in (1, 2, 3)),
    *(
        _field(drug, "medication", "No", _DOSE_LABELS, original=False)
        for drug in DRUGS
        if drug not in ("examide", "citoglipton")
    ),
)

FIELDS = _ORIGINAL + _OPTIONAL
FIELD_BY_NAME = {field.name: field for field in FIELDS}
ORIGINAL_FIELDS = tuple(field for field in FIELDS if field.original)
DIAGNOSIS_FIELDS = tuple(field.name for field in FIELDS if field.domain.kind == "diagnosis")

PATIENT_LABEL = "patient_label"
"""The hospital's own number for a patient: stored with predictions, never an input of the model."""
PATIENT_LABEL_LENGTH = 64
GIVEN_DIAGNOSES = "given_diagnoses"
"""The diagnoses that were sent as another text than the ICD-9 code used, as JSON by field."""
