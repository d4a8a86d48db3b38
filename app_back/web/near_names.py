"""The valid name that a wrong one is most like, for error messages."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from readmission.schema import FIELD_BY_NAME, FIELDS, Field

_LONGEST_NAME = 64  # the caches must not grow with what a caller sends


def near_field(name: str) -> str | None:
    """Return the field whose name, dataset column or label is most like ``name``."""
    if len(name) > _LONGEST_NAME:
        return None
    return _near_field(name)


def near_category(field: str, value: object) -> str | None:
    """Return the category of a field that is most like ``value``, or whose label is."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        return None
    return _near_category(field, value)


@lru_cache(maxsize=1024)
def _near_field(name: str) -> str | None:
    return _nearest(name, _field_of_name())


@lru_cache(maxsize=1024)
def _near_category(field: str, value: str) -> str | None:
    return _nearest(value, _category_of_name(FIELD_BY_NAME[field]))


@lru_cache(maxsize=1)
def _field_of_name() -> dict[str, str]:
    field_of_name: dict[str, str] = {}
    for field in FIELDS:
        for name in (field.name, field.source, field.label.es, field.label.en):
            field_of_name.setdefault(name.lower(), field.name)
    return field_of_name


def _category_of_name(field: Field) -> dict[str, str]:
    category_of_name = {category.lower(): category for category in field.domain.categories}
    for category, label in field.choices.items():
        for name in (label.es, label.en):
            category_of_name.setdefault(name.lower(), category)
    return category_of_name


def _nearest(name: str, meaning_of_name: Mapping[str, str]) -> str | None:
    lower_case = name.strip().lower()
    matches = get_close_matches(lower_case, meaning_of_name, n=1)
    if not matches:
        return None
    return meaning_of_name[matches[0]]
