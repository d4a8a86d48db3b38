"""The dataset's three code tables: each code's meaning, and the legacy project's Spanish groups."""

from collections.abc import Mapping

from readmission.schema.labels import Label


def invert(groups: Mapping[str, tuple[int, ...]]) -> dict[int, str]:
    """Return code -> group label; raise ValueError for a code that is listed twice."""
    label_of: dict[int, str] = {}
    for label, codes in groups.items():
        for code in codes:
            if code in label_of:
                raise ValueError(f"Code {code} is listed under two labels.")
            label_of[code] = label
    return label_of


DEATH_OR_HOSPICE = (11, 13, 14, 19, 20, 21)
"""Discharge dispositions after which a patient cannot be readmitted: not in the cohort."""

# A code that is in no group says "not available", "not mapped" or NULL: missing.
ADMISSION_TYPE_GROUPS = {
    "Emergencia": (1, 2),
    "Electiva": (3,),
    "Recién Nacido": (4,),
    "Centro de Trauma": (7,),
}
DISCHARGE_DISPOSITION_GROUPS = {
    "Alta a casa": (1, 6, 8),
    "Otro": (2, 3, 4, 5, 7, 9, 10, 12, 15, 16, 17, 22, 23, 24, 27, 28, 29, 30),
}
ADMISSION_SOURCE_GROUPS = {
    "Referencia": (1, 2, 3),
    "Emergencia": (7,),
    "Otro": (4, 5, 6, 8, 10, 11, 12, 13, 14, 18, 19, 22, 23, 24, 25, 26),
}

GROUP_LABELS = {
    "admission_type_id": {
        "Emergencia": Label("Urgente", "Emergency"),
        "Electiva": Label("Programado", "Elective"),
        "Recién Nacido": Label("Recién nacido", "Newborn"),
        "Centro de Trauma": Label("Centro de trauma", "Trauma centre"),
    },
    "discharge_disposition_id": {
        "Alta a casa": Label("Alta a casa", "Home"),
        "Otro": Label("Otro destino (traslado, residencia…)", "Other (transfer, nursing home…)"),
    },
    "admission_source_id": {
        "Referencia": Label("Derivado por médico o clínica", "Referral"),
        "Emergencia": Label("Urgencias", "Emergency"),
        "Otro": Label("Otra (traslado…)", "Other (transfer…)"),
    },
}
"""The groups' labels by column: the same word means different things in two of them."""

ADMISSION_TYPES = {
    1: Label("Emergencia", "Emergency"),
    2: Label("Urgente", "Urgent"),
    3: Label("Programado", "Elective"),
    4: Label("Recién nacido", "Newborn"),
    5: Label("No disponible", "Not available"),
    6: Label("Sin dato", "No entry"),
    7: Label("Centro de trauma", "Trauma centre"),
    8: Label("Sin codificar", "Not mapped"),
}
DISCHARGE_DISPOSITIONS = {
    1: Label("A casa", "Home"),
    2: Label("A otro hospital de agudos", "Another short-term hospital"),
    3: Label("A residencia con enfermería especializada", "Skilled nursing facility"),
    4: Label("A residencia de cuidados intermedios", "Intermediate care facility"),
    5: Label("A otro centro con hospitalización", "Another inpatient institution"),
    6: Label("A casa con atención domiciliaria", "Home with home health service"),
    7: Label("Alta voluntaria, contra el consejo médico", "Left against medical advice"),
    8: Label("A casa con tratamiento intravenoso", "Home under a home IV provider"),
    9: Label("Ingresado en este hospital", "Admitted as an inpatient here"),
    10: Label("Neonato a otro hospital", "Neonate to another hospital"),
    11: Label("Fallecido", "Expired"),
    12: Label(
        "Sigue como paciente ambulatorio", "Still patient or expected for outpatient services"
    ),
    13: Label("Cuidados paliativos en casa", "Hospice, home"),
    14: Label("Cuidados paliativos en un centro", "Hospice, medical facility"),
    15: Label("A una cama de transición de este hospital", "Swing bed in this institution"),
    16: Label("A otro centro, ambulatorio", "Another institution, outpatient"),
    17: Label("A este centro, ambulatorio", "This institution, outpatient"),
    18: Label("Sin dato", "No entry"),
    19: Label("Fallecido en casa, paliativos", "Expired at home, hospice"),
    20: Label("Fallecido en un centro, paliativos", "Expired in a medical facility, hospice"),
    21: Label("Fallecido, lugar desconocido, paliativos", "Expired, place unknown, hospice"),
    22: Label("A centro de rehabilitación", "Rehabilitation facility"),
    23: Label("A hospital de larga estancia", "Long-term care hospital"),
    24: Label("A residencia certificada por Medicaid", "Nursing facility under Medicaid only"),
    25: Label("Sin codificar", "Not mapped"),
    26: Label("Desconocido", "Unknown"),
    27: Label("A centro sanitario federal", "Federal health care facility"),
    28: Label("A hospital psiquiátrico", "Psychiatric hospital or unit"),
    29: Label("A hospital de acceso crítico", "Critical access hospital"),
    30: Label("A otro centro sanitario", "Another health care institution"),
}
ADMISSION_SOURCES = {
    1: Label("Derivado por un médico", "Physician referral"),
    2: Label("Derivado por una clínica", "Clinic referral"),
    3: Label("Derivado por la aseguradora", "HMO referral"),
    4: Label("Traslado de un hospital", "Transfer from a hospital"),
    5: Label("Traslado de residencia especializada", "Transfer from a skilled nursing facility"),
    6: Label("Traslado de otro centro", "Transfer from another health care facility"),
    7: Label("Urgencias", "Emergency room"),
    8: Label("Justicia o policía", "Court or law enforcement"),
    9: Label("No disponible", "Not available"),
    10: Label("Traslado de hospital de acceso crítico", "Transfer from a critical access hospital"),
    11: Label("Parto normal", "Normal delivery"),
    12: Label("Parto prematuro", "Premature delivery"),
    13: Label("Recién nacido enfermo", "Sick baby"),
    14: Label("Nacido fuera del hospital", "Extramural birth"),
    15: Label("No disponible", "Not available"),
    17: Label("Sin dato", "No entry"),
    18: Label("Traslado de otra atención domiciliaria", "Transfer from another home health agency"),
    19: Label(
        "Reingreso desde la misma atención domiciliaria", "Readmission to same home health agency"
    ),
    20: Label("Sin codificar", "Not mapped"),
    21: Label("Desconocido", "Unknown"),
    22: Label("Traslado interno con otro episodio", "Transfer within the facility, separate claim"),
    23: Label("Nacido en este hospital", "Born inside this hospital"),
    24: Label("Nacido fuera de este hospital", "Born outside this hospital"),
    25: Label("Traslado de cirugía ambulatoria", "Transfer from an ambulatory surgery centre"),
    26: Label("Traslado de cuidados paliativos", "Transfer from hospice"),
}
