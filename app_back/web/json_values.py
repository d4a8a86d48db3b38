"""Values that JSON writes in more than one way, brought to one before they are validated."""

from readmission.schema.diagnoses import read_diagnosis


def whole_number(value: object) -> object:
    """Accept 70.0 as 70, because JSON has one type of number; leave the rest to validation."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def empty_as_null(value: object) -> object:
    """Accept an empty text as null: forms send it for what was not filled in."""
    is_empty = isinstance(value, str) and not value.strip()
    return None if is_empty else value


def number_as_text(value: object) -> object:
    """Accept a number for a code, which is text by type and a number by its look."""
    number = whole_number(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return value
    return str(number)


def diagnosis_text(value: object) -> object:
    """Return the text of a diagnosis, null for an empty one.

    Raises UnknownDiagnosisError, a ValueError, for a code that cannot be read.
    """
    text = empty_as_null(number_as_text(value))
    if isinstance(text, str):
        return read_diagnosis(text).given
    return text
