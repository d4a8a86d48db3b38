"""What stands around every page: the language, the navigation, the warning about synthetic data."""

from pathlib import Path

import streamlit as st

from app_front import language
from app_front import page_addresses as addresses
from app_front import translations as texts
from app_front.api import from_environment
from app_front.language import say
from app_front.screens import batch as many
from app_front.screens import history, model, monitoring, prediction
from readmission.errors import ReadmissionError

STYLE, ICON = Path(__file__).with_name("style.css"), Path(__file__).with_name("icon.svg")
"""Both are ours: Streamlit would fetch an icon by name from a server far away."""


def show() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    language.choose()
    page = st.navigation(_pages(), position="top")
    _warn_about_synthetic_data()
    page.run()


def _pages() -> list[st.Page]:
    return [
        st.Page(
            prediction.show,
            title=say(texts.PREDICTION),
            icon=":material/stethoscope:",
            default=True,
        ),
        st.Page(
            many.show, title=say(texts.MANY), icon=":material/groups:", url_path=addresses.MANY
        ),
        st.Page(
            history.show,
            title=say(texts.HISTORY),
            icon=":material/history:",
            url_path=addresses.HISTORY,
        ),
        st.Page(
            model.show,
            title=say(texts.MODEL),
            icon=":material/model_training:",
            url_path=addresses.MODEL,
        ),
        st.Page(
            monitoring.show,
            title=say(texts.MONITORING),
            icon=":material/monitoring:",
            url_path=addresses.MONITORING,
        ),
    ]


def _warn_about_synthetic_data() -> None:
    """Nobody may take a demonstration for the real thing; what is wrong with the API, the page itself says."""
    try:
        synthetic = from_environment().get("/model")["synthetic"]
    except ReadmissionError:
        return
    if synthetic:
        st.warning(say(texts.SYNTHETIC), icon=":material/science:")
