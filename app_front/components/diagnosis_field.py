"""A diagnosis, typed as a code of ICD-9 or ICD-10, or searched for by words."""

from html import escape

import streamlit as st

from app_front import translations as texts
from app_front.language import current_language, translate
from readmission.schema.diagnoses import (
    DiagnosisName,
    UnknownDiagnosisError,
    describe_diagnosis,
    read_diagnosis,
    search_diagnoses,
)

MATCHES_SHOWN = 6
LONGEST_NAME = 60


def draw_diagnosis(label: str, *, key: str, example: str, help_text: str) -> str | None:
    """Draw the field, and below it how its code is read or which diagnoses match its words.

    Returns the text as it was typed, None if there is none.
    """
    typed = st.text_input(
        label,
        value="",
        key=key,
        persist_state="session",
        placeholder=example,
        help=help_text,
    )
    text = (typed or "").strip()
    if not text:
        return None
    try:
        diagnosis = read_diagnosis(text)
    except UnknownDiagnosisError as error:
        _draw_matches(text, error, key)
    else:
        reading = diagnosis.explain(current_language())
        _draw_line(f"{reading} · {describe(diagnosis.code)}", "read-as")
    return text


def explain_unreadable(text: str) -> str | None:
    """Say what to do about a text that is not the code of a diagnosis, None if it is one."""
    try:
        read_diagnosis(text)
    except UnknownDiagnosisError as error:
        if not _looks_like_a_code(text) and _find_matches(text):
            return translate(texts.CHOOSE_DIAGNOSIS, text=text)
        return error.message_in(current_language())
    return None


def describe(code: str) -> str:
    """Return the beginning of a diagnosis' name in the visitor's language."""
    name = describe_diagnosis(code, current_language()) or ""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME].rstrip()}…"


def _draw_matches(text: str, error: UnknownDiagnosisError, key: str) -> None:
    """Offer the diagnoses that a text may mean; refuse it by name if there are none."""
    matches = _find_matches(text)
    if not matches:
        _draw_line(error.message_in(current_language()), "refused")
        return
    is_code = _looks_like_a_code(text)
    question = error.message_in(current_language()) if is_code else translate(texts.WHICH_ONE)
    _draw_line(question, "refused" if is_code else "read-as")
    for match in matches:
        name = match.name(current_language())
        st.button(
            f"{match.code} · {name}",
            type="tertiary",
            key=f"choose_{key}_{match.code}",
            on_click=_choose,
            args=(key, match.code),
        )


def _looks_like_a_code(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _find_matches(text: str) -> list[DiagnosisName]:
    return search_diagnoses(text, current_language(), MATCHES_SHOWN)


def _choose(key: str, code: str) -> None:
    st.session_state[key] = code


def _draw_line(text: str, css_class: str) -> None:
    st.html(f'<p class="diagnosis {css_class}" role="status">{escape(text)}</p>')
