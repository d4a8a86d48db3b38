"""What is wrong with a value, said in the visitor's language from the schema."""

import re

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
    if known is None or value is None or is_allowed(known, value):
        return message
    return _what_is_right(known)


def is_allowed(field: Field, value: str) -> bool:
    """Tell whether the schema allows a value by itself."""
    domain = field.domain
    if domain.kind == "integer":
        return (
            bool(re.fullmatch(r"-?\d{1,9}", value))
            and domain.minimum <= int(value) <= domain.maximum
        )
    return (
        value in domain.categories
        if domain.kind == "category"
        else bool(re.fullmatch(domain.pattern, value))
    )


def _what_is_right(field: Field) -> str:
    if field.domain.kind == "integer":
        return say(texts.MUST_BE_WHOLE, low=field.domain.minimum, high=field.domain.maximum)
    if field.domain.kind == "category":
        return say(texts.MUST_BE_ONE_OF, choices=", ".join(field.domain.categories))
    return say(texts.HELP[field.name])
