"""What is wrong with a value, said in the visitor's language from the schema."""

from app_front import translations as texts
from app_front.language import current, say
from readmission.schema import FIELD_BY_NAME, Field


def name_of(field: str) -> str:
    """Return a field's label, or the name itself where the schema has none."""
    known = FIELD_BY_NAME.get(field)
    return known.label.in_language(current()) if known else field


def what_is_wrong(field: str, value: str | None, message: str) -> str:
    """Say what would be right; ``message`` is the API's own word for what the schema cannot tell."""
    known = FIELD_BY_NAME.get(field)
    if known is None or value is None or known.domain.allows(value):
        return message
    return _what_is_right(known)


def _what_is_right(field: Field) -> str:
    if field.domain.kind == "integer":
        return say(texts.MUST_BE_WHOLE, low=field.domain.minimum, high=field.domain.maximum)
    if field.domain.kind == "category":
        return say(texts.MUST_BE_ONE_OF, choices=", ".join(field.domain.categories))
    return say(texts.HELP[field.name])
