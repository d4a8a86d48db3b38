"""One widget per field of the schema, so that the form never disagrees with the API."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from app_front import translations as texts
from app_front.api_responses import FieldValue, Patient
from app_front.components.diagnosis_field import describe, draw_diagnosis, explain_unreadable
from app_front.components.elements import draw_section_heading
from app_front.field_messages import DIAGNOSIS_FIELDS, explain_invalid_value, field_label
from app_front.language import current_language, translate
from readmission.schema import (
    CODE_GROUPS,
    FIELD_BY_NAME,
    FIELDS,
    PATIENT_LABEL,
    PATIENT_LABEL_LENGTH,
    SECTIONS,
    Field,
)

GROUP_OF_CODE = {group.code_field: group.group_field for group in CODE_GROUPS}
"""Field with a fine code -> field that names the code's group."""

CODE_OF_GROUP = {group: code for code, group in GROUP_OF_CODE.items()}

STARTED = "form_started"
"""Session key that is set once the fields have their first values."""
_LEFT_OPEN = ("insulin", "metformin", "discharge_disposition_code", "diag_1")
"""Optional fields that matter most for the risk: they are not folded away."""
_FOLDED_AWAY = ("examide", "citoglipton")
"""No patient of the dataset took these two drugs."""


def is_folded_away(field: Field) -> bool:
    """Return whether a field stands under *More details*."""
    if field.original:
        return field.name in _FOLDED_AWAY
    return field.name not in _LEFT_OPEN


OPEN_FIELDS = tuple(field.name for field in FIELDS if not is_folded_away(field))


def default_values() -> Patient:
    """Return the default of every field, and no hospital's own number."""
    values: Patient = {field.name: field.default for field in FIELDS}
    values[PATIENT_LABEL] = None
    return values


def fill_in(values: Mapping[str, FieldValue]) -> None:
    """Put values into the fields; call it before they are rendered."""
    for name, value in values.items():
        st.session_state[_widget_key(name)] = value
    st.session_state[STARTED] = True


def start_form() -> None:
    """Give all fields their defaults, unless this visit has done so already."""
    if STARTED not in st.session_state:
        fill_in(default_values())


def draw_section(section: str) -> Patient:
    """Draw the fields of one section and return their values."""
    open_fields: list[Field] = []
    folded_fields: list[Field] = []
    for field in FIELDS:
        if field.section == section:
            fields = folded_fields if is_folded_away(field) else open_fields
            fields.append(field)
    with st.container(border=True, key=f"section_{section}"):
        draw_section_heading(SECTIONS[section])
        values = _draw_fields(open_fields)
        if folded_fields:
            more = translate(texts.MORE, count=len(folded_fields))
            with st.expander(more):
                values |= _draw_fields(folded_fields)
    return values


def draw_patient_label() -> str | None:
    """Draw the field of the hospital's own number and return it."""
    label = st.text_input(
        translate(texts.PATIENT_LABEL),
        value="",
        max_chars=PATIENT_LABEL_LENGTH,
        key=_widget_key(PATIENT_LABEL),
        help=translate(texts.PATIENT_LABEL_HELP),
        persist_state="session",
    )
    return _without_blanks(label)


def build_patient(values: Patient) -> Patient:
    """Return the payload: all values but the groups of given codes, which the API derives.

    The API also converts the diagnoses, and stores them as they were typed, too.
    """
    patient = dict(values)
    for code, group in GROUP_OF_CODE.items():
        if values[code] is not None:
            del patient[group]
    return patient


def find_problems(values: Patient) -> list[tuple[str, str]]:
    """Return (field, what to do) of every field that is empty or that the API would refuse."""
    problems = []
    for field in FIELDS:
        problem = _find_problem(field, values[field.name])
        if problem is not None:
            problems.append((field.name, problem))
    return problems


def format_value(field: Field, value: FieldValue) -> str:
    """Format a value as its widget shows it."""
    if value is None:
        return translate(texts.NO_DATA)
    text = str(value)
    if field.name in DIAGNOSIS_FIELDS:
        return f"{text} · {describe(text)}"
    if text not in field.choices:
        return text
    meaning = field.choices[text].in_language(current_language())
    # Two codes may share one meaning: only together with the code is the text unambiguous.
    return f"{text} · {meaning}" if text.isdecimal() else meaning


def can_be(name: str, value: object) -> bool:
    """Return whether a field's widget can hold a value, valid or not."""
    if name == PATIENT_LABEL:
        return value is None or isinstance(value, str)
    field = FIELD_BY_NAME.get(name)
    if field is None:
        return False
    if field.domain.kind == "integer":
        return value is None or type(value) is int
    if field.domain.kind == "category":
        return value in _options(field)
    return value is None or isinstance(value, str)


def _find_problem(field: Field, value: FieldValue) -> str | None:
    if value is None:
        if field.domain.nullable:
            return None
        return explain_invalid_value(field.name, None, "")
    text = str(value)
    if field.name in DIAGNOSIS_FIELDS:
        return explain_unreadable(text)
    if field.domain.allows(text):
        return None
    return explain_invalid_value(field.name, text, "")


def _draw_fields(fields: Sequence[Field]) -> Patient:
    """Draw fields in a grid, and below it the diagnoses, whose names need the whole width."""
    diagnoses = [field for field in fields if field.name in DIAGNOSIS_FIELDS]
    others = [field for field in fields if field.name not in DIAGNOSIS_FIELDS]
    values = _draw_grid(others)
    for field in diagnoses:
        values[field.name] = draw_diagnosis(
            field_label(field.name),
            key=_widget_key(field.name),
            example=translate(texts.EXAMPLES[field.name]),
            help_text=translate(texts.HELP[field.name]),
        )
    return values


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
    if field.domain.kind == "category":
        return _draw_choice(field)
    return _draw_text(field)


def _draw_number(field: Field) -> int | None:
    """Draw a number that may be emptied.

    The widget has no limits: it would report them far from the button, in English.
    """
    low = field.domain.minimum
    high = field.domain.maximum
    return st.number_input(
        field_label(field.name),
        value=None,
        step=1,
        key=_widget_key(field.name),
        help=translate(texts.RANGE, low=low, high=high),
        persist_state="session",
    )


def _draw_text(field: Field) -> str | None:
    text = st.text_input(
        field_label(field.name),
        value="",
        key=_widget_key(field.name),
        persist_state="session",
        placeholder=translate(texts.EXAMPLES[field.name]),
        help=translate(texts.HELP[field.name]),
    )
    return _without_blanks(text)


def _without_blanks(text: str | None) -> str | None:
    """Return the text that was typed, None if it was deleted again."""
    return (text or "").strip() or None


def _draw_choice(field: Field) -> FieldValue:
    return st.selectbox(
        field_label(field.name),
        _options(field),
        format_func=lambda value: format_value(field, value),
        # A value of None counts as no choice, for which Streamlit has English words.
        placeholder=translate(texts.NO_DATA),
        key=_widget_key(field.name),
        persist_state="session",
        help=_help_text(field),
    )


def _options(field: Field) -> list[FieldValue]:
    options: list[FieldValue] = list(field.domain.categories)
    if field.domain.nullable:
        options.insert(0, None)
    return options


def _help_text(field: Field) -> str | None:
    if field.name not in texts.HELP:
        return None
    label = texts.HELP[field.name]
    return translate(label)


def _widget_key(name: str) -> str:
    return f"field_{name}"
