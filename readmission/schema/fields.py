"""The model's fields: what the payload, the form and the clean tables hold for one encounter."""

from collections.abc import Mapping
from dataclasses import replace

from readmission.schema import codes
from readmission.schema.columns import COLUMN_BY_NAME, DOSES, DRUGS
from readmission.schema.types import Field, Label, integer, one_of

_YES_NO = {"Yes": Label("Sí", "Yes"), "No": Label("No", "No")}
_DOSE_LABELS = dict(
    zip(
        DOSES,
        (
            Label("No", "No"),
            Label("Estable", "Steady"),
            Label("Aumentó", "Up"),
            Label("Disminuyó", "Down"),
        ),
        strict=True,
    )
)
_NOT_MEASURED = {"None": Label("No medida", "Not measured"), "Norm": Label("Normal", "Normal")}
_RACES = {
    "Caucasian": Label("Caucásica", "Caucasian"),
    "AfricanAmerican": Label("Afroamericana", "African American"),
    "Asian": Label("Asiática", "Asian"),
    "Hispanic": Label("Hispana", "Hispanic"),
    "Other": Label("Otra", "Other"),
}

SECTIONS = {
    "patient": Label("Paciente", "Patient"),
    "admission": Label("Ingreso y alta", "Admission and discharge"),
    "stay": Label("Estancia", "Stay"),
    "history": Label("Año previo", "Year before"),
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


def _group(column: str, groups: Mapping[str, tuple[int, ...]], default: str) -> Field:
    labels = {label: codes.GROUP_LABELS[label] for label in groups}
    return replace(
        _field(column, "admission", default, labels), domain=one_of(*groups, nullable=True)
    )


def _code(column: str, meanings: Mapping[int, Label]) -> Field:
    """Declare the finer code behind a Spanish group; left out, the group alone speaks."""
    choices = {
        str(code): label
        for code, label in meanings.items()
        if code not in _EXCLUDED.get(column, ())
    }
    label = COLUMN_BY_NAME[column].label
    return Field(
        name=column.removesuffix("_id") + "_code",
        domain=one_of(*choices, nullable=True),
        label=Label(f"{label.es} (código)", f"{label.en} (code)"),
        default=None,
        source=column,
        section="admission",
        choices=choices,
    )


_EXCLUDED = {"discharge_disposition_id": codes.DEATH_OR_HOSPICE}

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
    _group("admission_type_id", codes.ADMISSION_TYPE_GROUPS, "Emergencia"),
    _group("discharge_disposition_id", codes.DISCHARGE_DISPOSITION_GROUPS, "Alta a casa"),
    _group("admission_source_id", codes.ADMISSION_SOURCE_GROUPS, "Referencia"),
    _field("examide", "medication", "No", _DOSE_LABELS),
    _field("citoglipton", "medication", "No", _DOSE_LABELS),
)
_FURTHER = (
    _code("admission_type_id", codes.ADMISSION_TYPES),
    _code("discharge_disposition_id", codes.DISCHARGE_DISPOSITIONS),
    _code("admission_source_id", codes.ADMISSION_SOURCES),
    _field("payer_code", "admission", None, original=False),
    _field("medical_specialty", "admission", None, original=False),
    *(_field(f"diag_{rank}", "diagnoses", None, original=False) for rank in (1, 2, 3)),
    *(
        _field(drug, "medication", "No", _DOSE_LABELS, original=False)
        for drug in DRUGS
        if drug not in ("examide", "citoglipton")
    ),
)

FIELDS = _ORIGINAL + _FURTHER
FIELD_BY_NAME = {field.name: field for field in FIELDS}
ORIGINAL_FIELDS = tuple(field for field in FIELDS if field.original)
