"""The variables of the synthetic sample, in the order of sampling, each with its parents."""

from readmission.synthetic.sampler import Parent

DIAGNOSIS_GROUPS = ("diag_1_group", "diag_2_group", "diag_3_group")
"""Variables that only the sampler has: ICD-9 codes depend on others through these groups."""

_ERA = Parent("era")
_ERA_HALF = Parent("era", (1, 2, 3, 5, 7))
_AGE = Parent("age")
_VISIT = Parent("visit", (2, 3, 5))
_RETURNS = Parent("returns")
_DAYS = Parent("time_in_hospital", (2, 3, 5, 8))
_DAYS_FINE = Parent("time_in_hospital", (2, 3, 4, 5, 6, 8, 10))
_STAYS = Parent("number_inpatient", (1, 2, 4))
_MAIN = Parent("diag_1_group")
_SPECIALTY = Parent("medical_specialty")
_TYPE = Parent("admission_type_id")
_PROCEDURES = Parent("num_procedures", (1, 3))
_INSULIN = Parent("insulin")
_METFORMIN = Parent("metformin")

PATIENT: dict[str, tuple[Parent, ...]] = {
    "visits": (),
    "race": (),
    "gender": (Parent("race"),),
    "age": (Parent("race"), Parent("visits", (2, 3, 5))),
}
ENCOUNTER: dict[str, tuple[Parent, ...]] = {
    "number_inpatient": (_VISIT, Parent("visits", (2, 3, 5, 8))),
    "number_emergency": (_STAYS, Parent("visits", (3, 8))),
    "number_outpatient": (Parent("number_emergency", (1,)), Parent("number_inpatient", (1,))),
    "weight": (_ERA,),
    "payer_code": (_ERA, _AGE),
    "admission_type_id": (_ERA,),
    "admission_source_id": (_TYPE, _ERA_HALF),
    "medical_specialty": (_TYPE, _ERA_HALF),
    "diag_1_group": (_SPECIALTY, _TYPE),
    "diag_2_group": (_MAIN,),
    "diag_3_group": (_MAIN, Parent("diag_2_group")),
    "diag_1": (_MAIN,),
    "diag_2": (Parent("diag_2_group"),),
    "diag_3": (Parent("diag_3_group"),),
    "time_in_hospital": (_MAIN, _AGE),
    "discharge_disposition_id": (_RETURNS, Parent("time_in_hospital", (3, 6)), _AGE),
    "num_procedures": (_MAIN, _DAYS),
    "num_lab_procedures": (_DAYS, _TYPE),
    "num_medications": (_DAYS_FINE, _PROCEDURES),
    "number_diagnoses": (_ERA_HALF, _AGE),
    "max_glu_serum": (_ERA,),
    "A1Cresult": (_ERA_HALF, _AGE),
    "insulin": (Parent("A1Cresult"), _AGE),
    "metformin": (_INSULIN, _AGE),
    "glipizide": (_INSULIN, _METFORMIN),
    "glyburide": (_INSULIN, _METFORMIN, Parent("glipizide")),
    "glimepiride": (_INSULIN, _METFORMIN),
    "pioglitazone": (_INSULIN, _METFORMIN),
    "rosiglitazone": (_INSULIN, _METFORMIN),
    "repaglinide": (_INSULIN,),
    "nateglinide": (_INSULIN,),
    "chlorpropamide": (),
    "acetohexamide": (),
    "tolbutamide": (),
    "acarbose": (),
    "miglitol": (),
    "troglitazone": (),
    "tolazamide": (),
    "examide": (),
    "citoglipton": (),
    "glyburide-metformin": (_INSULIN,),
    "glipizide-metformin": (),
    "glimepiride-pioglitazone": (),
    "metformin-rosiglitazone": (),
    "metformin-pioglitazone": (),
}
OUTCOME: tuple[Parent, ...] = (
    _RETURNS,
    Parent("number_inpatient", (1, 2, 3, 4, 5, 7)),
    Parent("number_emergency", (1, 2, 4)),
    Parent("number_outpatient", (1, 3)),
    Parent("discharge_disposition_id"),
    _AGE,
    _DAYS_FINE,
    _MAIN,
    Parent("diag_2_group"),
    Parent("diag_3_group"),
    Parent("number_diagnoses", (4, 6, 8, 9)),
    Parent("num_medications", (8, 12, 16, 21, 30)),
    Parent("num_lab_procedures", (20, 40, 60)),
    Parent("num_procedures", (1, 3)),
    _TYPE,
    Parent("admission_source_id"),
    _SPECIALTY,
    Parent("payer_code"),
    Parent("race"),
    Parent("A1Cresult"),
    Parent("max_glu_serum"),
    _INSULIN,
    _METFORMIN,
    Parent("diabetesMed"),
    Parent("change"),
)
