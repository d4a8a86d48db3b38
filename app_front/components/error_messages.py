"""What a visitor reads when something fails: what happened, and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app_front import translations as texts
from app_front.api import FieldsRefusedByApiError, RefusedFieldsError, api_from_environment
from app_front.components.elements import draw_caption
from app_front.field_messages import explain_invalid_value, field_label
from app_front.language import current_language, translate
from readmission.errors import (
    BusyError,
    FatalError,
    InputError,
    NoChampionError,
    ReadmissionError,
    SettingError,
    UnknownVersionError,
    UnreachableError,
)
from readmission.schema import Label
from readmission.schema.patient_table import InvalidTableError

SERVE_COMMAND = "./run serve"
TRAIN_COMMAND = "./run pipeline"


@contextmanager
def errors_explained() -> Iterator[None]:
    """Explain an error of the project where the block would have continued to draw."""
    try:
        yield
    except ReadmissionError as error:
        _draw_explanation(error)


def _draw_explanation(error: ReadmissionError) -> None:
    with st.container(key="problem"):
        if isinstance(error, UnreachableError):
            _draw_unreachable_api()
        elif isinstance(error, NoChampionError):
            _draw_missing_model()
        elif isinstance(error, RefusedFieldsError):
            _draw_refused_fields(error)
        else:
            _draw_message(error)


def _draw_unreachable_api() -> None:
    url = api_from_environment().url
    _draw_command(
        translate(texts.API_DOWN, url=url),
        command=SERVE_COMMAND,
        next_step=texts.API_ELSEWHERE,
    )


def _draw_missing_model() -> None:
    _draw_command(
        translate(texts.NO_MODEL),
        command=TRAIN_COMMAND,
        next_step=texts.NO_MODEL_AFTER,
    )


def _draw_command(message: str, *, command: str, next_step: Label) -> None:
    """Draw a problem, the command that solves it, and what to do then."""
    st.warning(message, icon=":material/power_off:")
    st.code(command, language="shell")
    draw_caption(next_step)
    st.button(
        translate(texts.TRY_AGAIN),
        icon=":material/refresh:",
        key="try_again",
    )


def _draw_refused_fields(error: RefusedFieldsError) -> None:
    message = translate(texts.REFUSED)
    for field, reason in error.problems:
        label = field_label(field)
        explanation = reason
        if isinstance(error, FieldsRefusedByApiError):
            explanation = explain_invalid_value(field, None, reason)
        message += f"\n- **{label}**: {explanation}"
    st.error(message)


def _draw_message(error: ReadmissionError) -> None:
    """Explain in one sentence; the order matters, since some of these errors derive from others."""
    if isinstance(error, SettingError):
        st.error(translate(texts.WRONG_KEY))
    elif isinstance(error, BusyError):
        st.warning(_with_english_reason(texts.BUSY, error))
    elif isinstance(error, FatalError):
        st.error(_with_english_reason(texts.BROKEN, error))
    elif isinstance(error, UnknownVersionError):
        st.error(_with_english_reason(texts.NOT_FOUND, error))
    elif isinstance(error, InvalidTableError):
        st.error(translate(error.label, **error.values))
    elif isinstance(error, InputError):
        st.error(_with_english_reason(texts.NOT_UNDERSTOOD, error))


def _with_english_reason(label: Label, error: ReadmissionError) -> str:
    """Add the error's own words, which are English, where the visitor reads English."""
    text = translate(label)
    if current_language() == "en":
        return f"{text} ({error})"
    return text
