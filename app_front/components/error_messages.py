"""What a visitor reads when a call fails: what happened and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app_front import translations as texts
from app_front.api import RefusedFieldsError, from_environment
from app_front.field_messages import name_of
from app_front.language import say
from app_front.patients_csv import WrongFileError
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

SERVE_COMMAND, TRAIN_COMMAND = "./run serve", "./run pipeline"


@contextmanager
def explained() -> Iterator[None]:
    """Show an error of the project in the place of what its block would have drawn."""
    try:
        yield
    except ReadmissionError as error:
        explain(error)


def explain(error: ReadmissionError) -> None:
    """Say what to do about ``error``."""
    with st.container(key="problem"):
        if isinstance(error, UnreachableError):
            _show_command(
                say(texts.API_DOWN, url=from_environment().url),
                SERVE_COMMAND,
                say(texts.API_ELSEWHERE),
            )
        elif isinstance(error, NoChampionError):
            _show_command(say(texts.NO_MODEL), TRAIN_COMMAND, say(texts.NO_MODEL_AFTER))
        elif isinstance(error, RefusedFieldsError):
            st.error(
                "\n- ".join(
                    [
                        say(texts.REFUSED),
                        *(f"**{name_of(field)}**: {why}" for field, why in error.problems),
                    ]
                )
            )
        else:
            _show_message(error)


def _show_command(message: str, command: str, after: str) -> None:
    st.warning(message, icon=":material/power_off:")
    st.code(command, language="shell")
    st.caption(after)
    st.button(say(texts.TRY_AGAIN), icon=":material/refresh:", key="try_again")


def _show_message(error: ReadmissionError) -> None:
    if isinstance(error, SettingError):
        st.error(say(texts.WRONG_KEY))
    elif isinstance(error, BusyError):
        st.warning(say(texts.BUSY, reason=error))
    elif isinstance(error, FatalError):
        st.error(say(texts.BROKEN, reason=error))
    elif isinstance(error, UnknownVersionError):
        st.error(say(texts.NOT_FOUND, reason=error))
    elif isinstance(error, WrongFileError):
        st.error(say(error.label, **error.values))
    elif isinstance(error, InputError):
        st.error(str(error))
