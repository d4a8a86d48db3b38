"""One widget per field of the schema, so that the form never disagrees with the API."""

from collections.abc import Iterable

import streamlit as st

from app_front import translations as texts
from app_front.api_responses import FieldValue, Patient
from app_front.components.elements import draw_section_heading
from app_front.field_messages import field_label
from app_front.language import current_language, translate
from readmission.schema import CODE_GROUPS, FIELDS, SECTIONS, Field

GROUP_OF_CODE = {group.code_field: group.group_field for group in CODE_GROUPS}
"""Field with a fine code -> field that names the code's group."""

CODE_OF_GROUP = {group: code for code, group in GROUP_OF_CODE.items()}


def draw_section(section: str) -> Patient:
    """Draw the fields of one section and return their values; optional fields are folded away."""
    fields = [field for field in FIELDS if field.section == section]
    original_fields = [field for field in fields if field.original]
    optional_fields = [field for field in fields if not field.original]
    with st.container(border=True, key=f"section_{section}"):
        draw_section_heading(SECTIONS[section])
        values = _draw_grid(original_fields)
        if optional_fields:
            more = translate(texts.MORE, count=len(optional_fields))
            with st.expander(more):
                values |= _draw_grid(optional_fields)
    return values


def build_patient(values: Patient) -> Patient:
    """Return the payload: all values but the groups of given codes, which the API derives."""
    patient = dict(values)
    for code, group in GROUP_OF_CODE.items():
        if values[code] is not None:
            del patient[group]
    return patient


def invalid_texts(values: Patient) -> list[tuple[str, str]]:
    """Return (field, text) of every text input that its field does not allow."""
    invalid = []
    for field in FIELDS:
        if field.domain.kind != "text":
            continue
        text = str(values[field.name] or "")
        if text and not field.domain.allows(text):
            invalid.append((field.name, text))
    return invalid


def format_value(field: Field, value: FieldValue) -> str:
    """Format a value as its widget shows it."""
    if value is None:
        return translate(texts.NO_DATA)
    text = str(value)
    if text not in field.choices:
        return text
    meaning = field.choices[text].in_language(current_language())
    # Two codes may share one meaning: only together with the code is the text unambiguous.
    return f"{text} · {meaning}" if text.isdecimal() else meaning


def _draw_grid(fields: Iterable[Field]) -> Patient:
    values: Patient = {}
    with st.grid(
        min_column_width=160,
        gap="small",
        vertical_alignment="bottom",
    ):
        for field in fields:
            values[field.name] = _draw_field(field)
    return values


def _draw_field(field: Field) -> FieldValue:
    """Draw the widget for a field's kind and return its value."""
    if field.domain.kind == "integer":
        return _draw_number(field)
    if field.domain.kind == "text":
        return _draw_text(field)
    return _draw_choice(field)


def _draw_number(field: Field) -> int:
    low = field.domain.minimum
    high = field.domain.maximum
    return st.number_input(
        field_label(field.name),
        min_value=low,
        max_value=high,
        value=int(field.default or 0),
        step=1,
        key=_widget_key(field),
        help=translate(texts.RANGE, low=low, high=high),
        persist_state="session",
    )


def _draw_text(field: Field) -> str | None:
    return st.text_input(
        field_label(field.name),
        value=None,
        key=_widget_key(field),
        persist_state="session",
        placeholder=translate(texts.EXAMPLES[field.name]),
        help=translate(texts.HELP[field.name]),
    )


def _draw_choice(field: Field) -> FieldValue:
    options: list[FieldValue] = list(field.domain.categories)
    if field.domain.nullable:
        options.insert(0, None)
    return st.selectbox(
        field_label(field.name),
        options,
        index=options.index(field.default),
        format_func=lambda value: format_value(field, value),
        key=_widget_key(field),
        persist_state="session",
        help=_help_text(field),
    )


def _help_text(field: Field) -> str | None:
    if field.name not in texts.HELP:
        return None
    label = texts.HELP[field.name]
    return translate(label)


def _widget_key(field: Field) -> str:
    return f"field_{field.name}"
