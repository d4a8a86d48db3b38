"""The fifty columns of ``Diabetes.csv``, in their order (Strack et al. 2014, UCI dataset 296)."""

from readmission.schema.codes import ADMISSION_SOURCES, ADMISSION_TYPES, DISCHARGE_DISPOSITIONS
from readmission.schema.labels import Label
from readmission.schema.types import Column, diagnosis, integer, one_of, text

TARGET = "readmitted"
POSITIVE = "<30"
"""The target's value that counts as a readmission within 30 days."""

ID_COLUMNS = ("encounter_id", "patient_nbr")
DECADES = tuple(f"[{start}-{start + 10})" for start in range(0, 100, 10))
DECADE_MIDPOINTS = {decade: 10 * rank + 5 for rank, decade in enumerate(DECADES)}
"""The age in years that stands for each decade: 75 for ``[70-80)``."""
DOSES = ("No", "Steady", "Up", "Down")

_IDENTIFIER = integer(1, 2**31 - 1)
_DIAGNOSIS = diagnosis()
_WEIGHTS = (*(f"[{low}-{low + 25})" for low in range(0, 200, 25)), ">200")
_PAYERS = (
    "BC",
    "CH",
    "CM",
    "CP",
    "DM",
    "FR",
    "HM",
    "MC",
    "MD",
    "MP",
    "OG",
    "OT",
    "PO",
    "SI",
    "SP",
    "UN",
    "WC",
)

DRUGS = (
    "metformin",
    "repaglinide",
    "nateglinide",
    "chlorpropamide",
    "glimepiride",
    "acetohexamide",
    "glipizide",
    "glyburide",
    "tolbutamide",
    "pioglitazone",
    "rosiglitazone",
    "acarbose",
    "miglitol",
    "troglitazone",
    "tolazamide",
    "examide",
    "citoglipton",
    "insulin",
    "glyburide-metformin",
    "glipizide-metformin",
    "glimepiride-pioglitazone",
    "metformin-rosiglitazone",
    "metformin-pioglitazone",
)

COLUMNS = (
    Column("encounter_id", _IDENTIFIER, Label("Encuentro", "Encounter")),
    Column("patient_nbr", _IDENTIFIER, Label("Paciente", "Patient")),
    Column(
        "race",
        one_of("Caucasian", "AfricanAmerican", "Asian", "Hispanic", "Other", nullable=True),
        Label("Raza", "Race"),
    ),
    Column("gender", one_of("Female", "Male", "Unknown/Invalid"), Label("Género", "Gender")),
    Column("age", one_of(*DECADES), Label("Edad", "Age")),
    Column("weight", one_of(*_WEIGHTS, nullable=True), Label("Peso (libras)", "Weight (pounds)")),
    Column(
        "admission_type_id",
        integer(1, max(ADMISSION_TYPES)),
        Label("Tipo de admisión", "Admission type"),
    ),
    Column(
        "discharge_disposition_id",
        integer(1, max(DISCHARGE_DISPOSITIONS)),
        Label("Destino al alta", "Discharge disposition"),
    ),
    Column(
        "admission_source_id",
        integer(1, max(ADMISSION_SOURCES)),
        Label("Fuente de admisión", "Admission source"),
    ),
    Column("time_in_hospital", integer(1, 14), Label("Días en el hospital", "Days in hospital")),
    Column("payer_code", one_of(*_PAYERS, nullable=True), Label("Pagador", "Payer")),
    Column(
        "medical_specialty",
        text(r"[A-Za-z/&\- ]{1,64}"),
        Label("Especialidad médica", "Medical specialty"),
    ),
    Column(
        "num_lab_procedures",
        integer(0, 200),
        Label("Procedimientos de laboratorio", "Laboratory procedures"),
    ),
    Column("num_procedures", integer(0, 50), Label("Otros procedimientos", "Other procedures")),
    Column(
        "num_medications", integer(0, 200), Label("Medicamentos distintos", "Distinct medications")
    ),
    Column(
        "number_outpatient",
        integer(0, 500),
        Label("Visitas ambulatorias, año previo", "Outpatient visits, year before"),
    ),
    Column(
        "number_emergency",
        integer(0, 500),
        Label("Visitas a urgencias, año previo", "Emergency visits, year before"),
    ),
    Column(
        "number_inpatient",
        integer(0, 500),
        Label("Hospitalizaciones, año previo", "Inpatient stays, year before"),
    ),
    Column(
        "diag_1", _DIAGNOSIS, Label("Diagnóstico principal (CIE-9)", "Primary diagnosis (ICD-9)")
    ),
    Column(
        "diag_2", _DIAGNOSIS, Label("Diagnóstico secundario (CIE-9)", "Secondary diagnosis (ICD-9)")
    ),
    Column("diag_3", _DIAGNOSIS, Label("Otro diagnóstico (CIE-9)", "Additional diagnosis (ICD-9)")),
    Column(
        "number_diagnoses", integer(0, 20), Label("Número de diagnósticos", "Number of diagnoses")
    ),
    Column(
        "max_glu_serum",
        one_of("None", "Norm", ">200", ">300"),
        Label("Glucosa en suero máxima (mg/dl)", "Highest serum glucose (mg/dl)"),
    ),
    Column(
        "A1Cresult",
        one_of("None", "Norm", ">7", ">8"),
        Label("Resultado de A1C (%)", "A1C result (%)"),
    ),
    *(Column(drug, one_of(*DOSES), Label(drug.capitalize(), drug.capitalize())) for drug in DRUGS),
    Column("change", one_of("No", "Ch"), Label("Cambio de medicación", "Change of medication")),
    Column(
        "diabetesMed",
        one_of("No", "Yes"),
        Label("Recibe medicación para diabetes", "On diabetes medication"),
    ),
    Column(TARGET, one_of("NO", ">30", POSITIVE), Label("Readmisión", "Readmission")),
)
COLUMN_BY_NAME = {column.name: column for column in COLUMNS}
