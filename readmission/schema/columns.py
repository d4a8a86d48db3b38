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

_DRUG_LABELS = {
    "metformin": Label("Metformina", "Metformin"),
    "repaglinide": Label("Repaglinida", "Repaglinide"),
    "nateglinide": Label("Nateglinida", "Nateglinide"),
    "chlorpropamide": Label("Clorpropamida", "Chlorpropamide"),
    "glimepiride": Label("Glimepirida", "Glimepiride"),
    "acetohexamide": Label("Acetohexamida", "Acetohexamide"),
    "glipizide": Label("Glipizida", "Glipizide"),
    "glyburide": Label("Glibenclamida", "Glyburide"),
    "tolbutamide": Label("Tolbutamida", "Tolbutamide"),
    "pioglitazone": Label("Pioglitazona", "Pioglitazone"),
    "rosiglitazone": Label("Rosiglitazona", "Rosiglitazone"),
    "acarbose": Label("Acarbosa", "Acarbose"),
    "miglitol": Label("Miglitol", "Miglitol"),
    "troglitazone": Label("Troglitazona", "Troglitazone"),
    "tolazamide": Label("Tolazamida", "Tolazamide"),
    "examide": Label("Examide", "Examide"),
    "citoglipton": Label("Citoglipton", "Citoglipton"),
    "insulin": Label("Insulina", "Insulin"),
    "glyburide-metformin": Label("Glibenclamida y metformina", "Glyburide-metformin"),
    "glipizide-metformin": Label("Glipizida y metformina", "Glipizide-metformin"),
    "glimepiride-pioglitazone": Label("Glimepirida y pioglitazona", "Glimepiride-pioglitazone"),
    "metformin-rosiglitazone": Label("Metformina y rosiglitazona", "Metformin-rosiglitazone"),
    "metformin-pioglitazone": Label("Metformina y pioglitazona", "Metformin-pioglitazone"),
}
DRUGS = tuple(_DRUG_LABELS)

COLUMNS = (
    Column("encounter_id", _IDENTIFIER, Label("Encuentro", "Encounter")),
    Column("patient_nbr", _IDENTIFIER, Label("Paciente", "Patient")),
    Column(
        "race",
        one_of("Caucasian", "AfricanAmerican", "Asian", "Hispanic", "Other", nullable=True),
        Label("Etnia", "Race"),
    ),
    Column("gender", one_of("Female", "Male", "Unknown/Invalid"), Label("Sexo", "Gender")),
    Column("age", one_of(*DECADES), Label("Edad", "Age")),
    Column("weight", one_of(*_WEIGHTS, nullable=True), Label("Peso (libras)", "Weight (pounds)")),
    Column(
        "admission_type_id",
        integer(1, max(ADMISSION_TYPES)),
        Label("Tipo de ingreso", "Admission type"),
    ),
    Column(
        "discharge_disposition_id",
        integer(1, max(DISCHARGE_DISPOSITIONS)),
        Label("Destino al alta", "Discharge disposition"),
    ),
    Column(
        "admission_source_id",
        integer(1, max(ADMISSION_SOURCES)),
        Label("Procedencia", "Admission source"),
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
        Label("Análisis de laboratorio (número)", "Laboratory procedures"),
    ),
    Column("num_procedures", integer(0, 50), Label("Otros procedimientos", "Other procedures")),
    Column(
        "num_medications", integer(0, 200), Label("Medicamentos distintos", "Distinct medications")
    ),
    Column(
        "number_outpatient",
        integer(0, 500),
        Label("Consultas externas en los 12 meses previos", "Outpatient visits, year before"),
    ),
    Column(
        "number_emergency",
        integer(0, 500),
        Label("Visitas a urgencias en los 12 meses previos", "Emergency visits, year before"),
    ),
    Column(
        "number_inpatient",
        integer(0, 500),
        Label("Ingresos en los 12 meses previos", "Inpatient stays, year before"),
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
        Label("Glucosa sérica máxima (mg/dl)", "Highest serum glucose (mg/dl)"),
    ),
    Column(
        "A1Cresult",
        one_of("None", "Norm", ">7", ">8"),
        Label("HbA1c (%)", "HbA1c (%)"),
    ),
    *(Column(drug, one_of(*DOSES), label) for drug, label in _DRUG_LABELS.items()),
    Column("change", one_of("No", "Ch"), Label("Cambio de medicación", "Change of medication")),
    Column(
        "diabetesMed",
        one_of("No", "Yes"),
        Label("Toma medicación para la diabetes", "On diabetes medication"),
    ),
    Column(TARGET, one_of("NO", ">30", POSITIVE), Label("Reingreso", "Readmission")),
)
COLUMN_BY_NAME = {column.name: column for column in COLUMNS}
