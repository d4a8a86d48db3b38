"""What surrounds every page: the language switch, the navigation, the synthetic-data warning."""

from pathlib import Path

import streamlit as st

from app_front import page_addresses as addresses
from app_front import translations as texts
from app_front.api import api_from_environment
from app_front.language import draw_language_switch, translate
from app_front.screens import batch, history, model, monitoring, prediction
from readmission.errors import ReadmissionError

# Both files are in the repository: Streamlit would fetch an icon by name from a remote server.
STYLE = Path(__file__).with_name("style.css")
ICON = Path(__file__).with_name("icon.svg")


def show() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    draw_language_switch()
    page = st.navigation(_pages(), position="top")
    _warn_about_synthetic_data()
    page.run()


def _pages() -> list[st.Page]:
    prediction_page = st.Page(
        prediction.show,
        title=translate(texts.PREDICTION),
        icon=":material/stethoscope:",
        default=True,
    )
    batch_page = st.Page(
        batch.show,
        title=translate(texts.BATCH),
        icon=":material/groups:",
        url_path=addresses.BATCH,
    )
    history_page = st.Page(
        history.show,
        title=translate(texts.HISTORY),
        icon=":material/history:",
        url_path=addresses.HISTORY,
    )
    model_page = st.Page(
        model.show,
        title=translate(texts.MODEL),
        icon=":material/model_training:",
        url_path=addresses.MODEL,
    )
    monitoring_page = st.Page(
        monitoring.show,
        title=translate(texts.MONITORING),
        icon=":material/monitoring:",
        url_path=addresses.MONITORING,
    )
    return [prediction_page, batch_page, history_page, model_page, monitoring_page]


def _warn_about_synthetic_data() -> None:
    """Warn that the model is a demonstration; the page itself reports problems with the API."""
    try:
        model = api_from_environment().fetch_model()
    except ReadmissionError:
        return
    if model["synthetic"]:
        st.warning(translate(texts.SYNTHETIC), icon=":material/science:")
