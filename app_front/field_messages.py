"""Names of fields and the rules for their values, in the visitor's language."""

from app_front import translations as texts
from app_front.language import current_language, translate
from readmission.schema import FIELD_BY_NAME, Field


def field_label(name: str) -> str:
    """Return a field's label, or the name itself where the schema has no such field."""
    field = FIELD_BY_NAME.get(name)
    if field is None:
        return name
    return field.label.in_language(current_language())


def explain_invalid_value(name: str, value: str | None, api_message: str) -> str:
    """Say which values a field allows.

    Where the schema alone does not rule the value out, the API's own message is the explanation.
    """
    field = FIELD_BY_NAME.get(name)
    if field is None or value is None:
        return api_message
    if field.domain.allows(value):
        return api_message
    return _allowed_values(field)


def _allowed_values(field: Field) -> str:
    domain = field.domain
    if domain.kind == "integer":
        return translate(
            texts.MUST_BE_INTEGER,
            low=domain.minimum,
            high=domain.maximum,
        )
    if domain.kind == "category":
        choices = ", ".join(domain.categories)
        return translate(texts.MUST_BE_ONE_OF, choices=choices)
    return translate(texts.HELP[field.name])
