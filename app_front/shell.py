"""What stands around every page: the language, the navigation, the warning about synthetic data."""

from pathlib import Path

import streamlit as st

from app_front import language
from app_front import translations as texts
from app_front.language import say
from app_front.screens import prediction

STYLE = Path(__file__).with_name("style.css")


def show() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_icon=":material/cardiology:", layout="wide")
    st.html(STYLE)
    language.choose()
    _navigation().run()


def _navigation() -> st.Page:
    return st.navigation(
        [
            st.Page(prediction.show, title=say(texts.PREDICTION), icon=":material/stethoscope:", url_path="prediction", default=True),
        ],
        position="top",
    )
