"""One patient in a line, so that nobody takes them for another one."""

import re
from collections.abc import Mapping

from app_front import translations as texts
from app_front.api_responses import FieldValue, StoredPrediction
from app_front.components.fields import format_value
from app_front.components.gauge import RISK_DIGITS
from app_front.language import format_moment, format_percent, translate
from readmission.schema import FIELD_BY_NAME, PATIENT_LABEL

SEPARATOR = " · "


def describe_patient(fields: Mapping[str, FieldValue]) -> str:
    """Return sex and age, and the hospital's own number if there is one: ``Mujer, 86 años``."""
    sex = format_value(FIELD_BY_NAME["gender"], fields.get("gender"))
    years = translate(texts.YEARS_OLD, age=fields.get("age"))
    patient = f"{sex}, {years}"
    label = fields.get(PATIENT_LABEL)
    if label is None:
        return patient
    label_shown = translate(texts.LABEL_SHOWN, number=label)
    return f"{patient}{SEPARATOR}{label_shown}"


def describe_prediction(prediction: StoredPrediction) -> str:
    """Return who the patient of a stored prediction is, when it was made, and the risk."""
    fields = {**prediction["fields"], PATIENT_LABEL: prediction["patient_label"]}
    patient = _escape_markdown(describe_patient(fields))
    moment = format_moment(prediction["made_at"])
    risk = format_percent(prediction["probability"], RISK_DIGITS)
    risk_named = translate(texts.RISK_OF, risk=risk)
    return SEPARATOR.join([f"**{patient}**", moment, risk_named])


def _escape_markdown(text: str) -> str:
    """Let a hospital's own number be shown as it is, whatever characters it has."""
    return re.sub(r"([^\w\s,.])", r"\\\1", text)
