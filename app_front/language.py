"""Text and numbers in the visitor's language: Spanish unless the visitor chose English."""

from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from readmission.schema import Label, Language

LANGUAGES: tuple[Language, ...] = ("es", "en")
DEFAULT_LANGUAGE: Language = "es"
LANGUAGE_KEY = "lang"
"""The key of the switch in the session, and the name of the choice in the address."""
WIDGET_WORDS = Path(__file__).with_name("widget_words.js")
"""Translates what Streamlit says in English only, such as the words of its file upload."""
NO_VALUE = "\N{EM DASH}"
"""Stands in tables and metrics for a missing value."""


def current_language() -> Language:
    """Return the language of this visit."""
    chosen = st.session_state.get(LANGUAGE_KEY)
    language = chosen or DEFAULT_LANGUAGE
    return cast(Language, language)


def draw_language_switch() -> None:
    """Draw the switch between the languages; the address keeps the choice as ``?lang=en``."""
    with st.container(key="language", horizontal=True, horizontal_alignment="right"):
        st.segmented_control(
            "Idioma / Language",
            LANGUAGES,
            default=DEFAULT_LANGUAGE,
            required=True,
            key=LANGUAGE_KEY,
            label_visibility="collapsed",
            bind="query-params",
        )
    # Screen readers choose their voice by this attribute; Streamlit always says "en".
    set_language = f"document.documentElement.lang = '{current_language()}';"
    script = set_language + WIDGET_WORDS.read_text(encoding="utf-8")
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def translate(label: Label, **values: object) -> str:
    """Return the text in the visitor's language, with ``values`` in its placeholders."""
    language = current_language()
    text = label.in_language(language)
    if not values:
        return text
    return text.format(**values)


def format_decimal(number: float, digits: int = 3) -> str:
    """Format a number with the decimal and thousands marks of the language."""
    english = f"{number:,.{digits}f}"
    if current_language() == "en":
        return english
    with_spaces = english.replace(",", "\N{NO-BREAK SPACE}")
    return with_spaces.replace(".", ",")


def format_percent(share: float, digits: int = 0) -> str:
    """Format a share as a percentage: ``18,4 %`` in Spanish, ``18.4%`` in English."""
    percentage = 100 * share
    if current_language() == "en":
        return f"{percentage:.{digits}f}%"
    number = format_decimal(percentage, digits)
    return f"{number}\N{NO-BREAK SPACE}%"


def format_points(share: float) -> str:
    """Format a difference of two shares in percentage points, with its sign."""
    points = format_decimal(abs(100 * share), digits=1)
    is_nothing = points == format_decimal(0, digits=1)
    if is_nothing:
        return points
    sign = "+" if share > 0 else "\N{MINUS SIGN}"
    return f"{sign}{points}"


def format_count(number: int) -> str:
    """Format a whole number with the thousands mark of the language."""
    return format_decimal(number, digits=0)


def format_moment(moment: str) -> str:
    """Format a time of the API in the visitor's time zone: ``30/11/2026 16:02``."""
    local = datetime.fromisoformat(moment).astimezone(visitor_time_zone())
    if current_language() == "en":
        return local.strftime("%d %b %Y, %H:%M")
    return local.strftime("%d/%m/%Y %H:%M")


def format_day(day: str) -> str:
    """Format a day of the API: ``30/11/2026`` in Spanish, ``30 Nov 2026`` in English."""
    parsed = date.fromisoformat(day)
    return parsed.strftime("%d %b %Y" if current_language() == "en" else "%d/%m/%Y")


def visitor_time_zone() -> tzinfo:
    """Return the time zone of the visitor's browser, UTC where it says none."""
    name = st.context.timezone
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
