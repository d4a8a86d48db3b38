"""One widget for each field of the schema, so that the form can never disagree with the API."""

from collections.abc import Iterable

import streamlit as st

from app_front import translations as texts
from app_front.language import current, say
from readmission.schema import CODE_GROUPS, FIELDS, SECTIONS, Field

Value = int | str | None
GROUP_OF_CODE = {group.code_field: group.group_field for group in CODE_GROUPS}
"""The finer codes, each with the field that names its group."""


def draw_section(section: str) -> dict[str, Value]:
    """Draw one section, the original's fields first; return what stands in them."""
    fields = [field for field in FIELDS if field.section == section]
    with st.container(border=True, key=f"section_{section}"):
        st.subheader(SECTIONS[section].in_language(current()), anchor=False)
        values = _draw_grid([field for field in fields if field.original])
        if further := [field for field in fields if not field.original]:
            with st.expander(say(texts.MORE, count=len(further))):
                values |= _draw_grid(further)
    return values


def payload(values: dict[str, Value]) -> dict[str, Value]:
    """Leave out the group of every code that is given: the API takes it from the code."""
    decided = {group for code, group in GROUP_OF_CODE.items() if values[code] is not None}
    return {name: value for name, value in values.items() if name not in decided}


def mistakes(values: dict[str, Value]) -> list[tuple[str, str]]:
    """Return (field, value) of every text that its field's pattern does not allow."""
    texts_given = ((field, values[field.name]) for field in FIELDS if field.domain.kind == "text")
    return [
        (field.name, str(value))
        for field, value in texts_given
        if value and not field.domain.allows(str(value))
    ]


def value_text(field: Field, value: Value) -> str:
    """Write a value as the form shows it."""
    if value is None:
        return say(texts.NO_DATA)
    if str(value) not in field.choices:
        return str(value)
    text = field.choices[str(value)].in_language(current())
    return (
        f"{value} · {text}" if str(value).isdecimal() else text
    )  # two codes may share one meaning


def _draw_grid(fields: Iterable[Field]) -> dict[str, Value]:
    with st.grid(min_column_width=160, gap="small", vertical_alignment="bottom"):
        return {field.name: draw(field) for field in fields}


def draw(field: Field) -> Value:
    """Draw one field and return its value."""
    kind = field.domain.kind
    if kind == "integer":
        return _draw_number(field)
    return _draw_text(field) if kind == "text" else _draw_choice(field)


def _draw_number(field: Field) -> int:
    low, high = field.domain.minimum, field.domain.maximum
    return st.number_input(
        field.label.in_language(current()),
        low,
        high,
        int(field.default or 0),
        1,
        key=_key(field),
        help=say(texts.RANGE, low=low, high=high),
        persist_state="session",
    )


def _draw_text(field: Field) -> str | None:
    return st.text_input(
        field.label.in_language(current()),
        None,
        key=_key(field),
        persist_state="session",
        placeholder=say(texts.EXAMPLES[field.name]),
        help=say(texts.HELP[field.name]),
    )


def _draw_choice(field: Field) -> Value:
    options: list[Value] = [*([None] if field.domain.nullable else []), *field.domain.categories]
    return st.selectbox(
        field.label.in_language(current()),
        options,
        options.index(field.default),
        lambda value: value_text(field, value),
        key=_key(field),
        persist_state="session",
        help=_help(field),
    )


def _help(field: Field) -> str | None:
    return say(texts.HELP[field.name]) if field.name in texts.HELP else None


def _key(field: Field) -> str:
    return f"field_{field.name}"
