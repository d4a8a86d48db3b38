"""One patient in a line, so that nobody takes them for another one."""

from collections.abc import Mapping

from app_front import translations as texts
from app_front.api_responses import FieldValue, StoredPrediction
from app_front.components.fields import format_value
from app_front.components.gauge import RISK_DIGITS
from app_front.language import format_moment, format_percent, translate
from readmission.schema import FIELD_BY_NAME

SEPARATOR = " · "


def describe_patient(fields: Mapping[str, FieldValue]) -> str:
    """Return sex and age: ``Mujer, 86 años``."""
    sex = format_value(FIELD_BY_NAME["gender"], fields.get("gender"))
    age = fields.get("age")
    if age is None:
        return sex
    years = translate(texts.YEARS_OLD, age=age)
    return f"{sex}, {years}"


def describe_prediction(prediction: StoredPrediction) -> str:
    """Return who the patient of a stored prediction is, when it was made, and the risk."""
    patient = describe_patient(prediction["fields"])
    moment = format_moment(prediction["made_at"])
    risk = format_percent(prediction["probability"], RISK_DIGITS)
    risk_named = translate(texts.RISK_OF, risk=risk)
    return SEPARATOR.join([f"**{patient}**", moment, risk_named])
