"""Names of fields and the rules for their values, in the visitor's language."""

from app_front import translations as texts
from app_front.language import current_language, translate
from readmission.schema import CODE_GROUPS, FIELD_BY_NAME, Field
from readmission.schema.codes import DEATH_OR_HOSPICE
from readmission.schema.diagnoses import UnknownDiagnosisError, read_diagnosis

DIAGNOSIS_FIELDS = ("diag_1", "diag_2", "diag_3")
_DISCHARGE_CODE = "discharge_disposition_code"
_NEVER_READMITTED = frozenset(str(code) for code in DEATH_OR_HOSPICE)
_CODES_AND_GROUPS = frozenset(
    name for group in CODE_GROUPS for name in (group.code_field, group.group_field)
)


def field_label(name: str) -> str:
    """Return a field's label, or the name itself where the schema has no such field."""
    field = FIELD_BY_NAME.get(name)
    if field is None:
        return name
    return field.label.in_language(current_language())


def explain_invalid_value(name: str, value: str | None, api_message: str) -> str:
    """Say what is wrong with a value in the visitor's language, from its field and the value.

    The API's own message, which is English, is the last resort.
    """
    field = FIELD_BY_NAME.get(name)
    if field is None:
        return _explain_without_field(api_message)
    if value is not None and field.domain.allows(value):
        if name in _CODES_AND_GROUPS:
            return translate(texts.CODE_NOT_IN_GROUP)
        return _explain_without_field(api_message)
    if name == _DISCHARGE_CODE and value in _NEVER_READMITTED:
        return translate(texts.NEVER_READMITTED)
    if name in DIAGNOSIS_FIELDS and value:
        return _explain_diagnosis(value)
    return allowed_values(field)


def allowed_values(field: Field) -> str:
    """Say which values a field allows, by their labels."""
    domain = field.domain
    if domain.kind == "integer":
        return translate(
            texts.MUST_BE_INTEGER,
            low=domain.minimum,
            high=domain.maximum,
        )
    if domain.kind == "category":
        choices = ", ".join(_choice_text(field, value) for value in domain.categories)
        return translate(texts.MUST_BE_ONE_OF, choices=choices)
    return translate(texts.HELP[field.name])


def _choice_text(field: Field, value: str) -> str:
    """Return the label of a choice; a code stands for itself, because labels of codes are long."""
    if value.isdecimal() or value not in field.choices:
        return value
    return field.choices[value].in_language(current_language())


def _explain_diagnosis(value: str) -> str:
    try:
        read_diagnosis(value)
    except UnknownDiagnosisError as error:
        return error.message_in(current_language())
    return translate(texts.VALUE_REFUSED)


def _explain_without_field(api_message: str) -> str:
    if current_language() == "en":
        return api_message
    return translate(texts.VALUE_REFUSED)
