"""Texts and numbers in the language that the visitor chose; Spanish unless told otherwise."""

from typing import cast

import streamlit as st

from readmission.schema import Label, Language

KEY = "lang"
NOTHING = "\N{EM DASH}"
"""What stands where there is no value."""
LANGUAGES: tuple[Language, ...] = ("es", "en")


def current() -> Language:
    """Return the language of this visit."""
    return cast(Language, st.session_state.get(KEY) or "es")


def choose() -> None:
    """Draw the switch; the address keeps the choice as ``?lang=en``."""
    with st.container(key="language", horizontal=True, horizontal_alignment="right"):
        st.segmented_control(
            "Idioma / Language",
            LANGUAGES,
            default="es",
            required=True,
            key=KEY,
            label_visibility="collapsed",
            bind="query-params",
        )
    # Screen readers choose their voice by this attribute; Streamlit always says "en".
    st.html(
        f"<script>document.documentElement.lang = '{current()}'</script>",
        unsafe_allow_javascript=True,
    )


def say(label: Label, **values: object) -> str:
    """Return the text in the visitor's language, its places filled in."""
    text = label.in_language(current())
    return text.format(**values) if values else text


def decimal(number: float, digits: int = 3) -> str:
    """Write a number with the language's decimal mark."""
    return _spanish(f"{number:,.{digits}f}") if current() == "es" else f"{number:,.{digits}f}"


def percent(share: float, digits: int = 0) -> str:
    """Write a share as percent: ``18,4 %`` in Spanish, ``18.4%`` in English."""
    return (
        f"{decimal(100 * share, digits)}\N{NO-BREAK SPACE}%"
        if current() == "es"
        else f"{100 * share:.{digits}f}%"
    )


def whole(number: int) -> str:
    """Write a count with the language's thousands mark."""
    return decimal(number, 0)


def _spanish(text: str) -> str:
    return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
