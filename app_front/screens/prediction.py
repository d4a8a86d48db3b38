"""One patient: the fields as a clinician thinks of them, and the risk beside them."""

from typing import Any, Literal

import streamlit as st

from app_front import page_addresses as addresses
from app_front import translations as texts
from app_front.api import RefusedFieldsError, from_environment
from app_front.components.error_messages import explained
from app_front.components.fields import Value, draw_section, mistakes, payload
from app_front.components.outcome_form import ID_PARAMETER
from app_front.components.prediction_result import draw_reasons, draw_risk
from app_front.field_messages import what_is_wrong
from app_front.language import say
from app_front.screens import history
from readmission.errors import ReadmissionError
from readmission.schema import FIELDS, SECTIONS

ANSWERED = "answered"
"""Where the visit keeps the last answer, so that another language or page does not lose it."""


def show() -> None:
    """Draw the page."""
    st.title(say(texts.PREDICTION), anchor=False)
    st.markdown(say(texts.PREDICTION_INTRO))
    left, right = st.columns([3, 2], gap="large")
    with left:
        encounter = _draw_form()
    with right, st.container(border=True, key="result"):
        st.subheader(say(texts.RESULT), anchor=False)
        with explained():
            _answer(encounter)


def _draw_form() -> dict[str, Value] | None:
    """Return what was sent, None while nothing is."""
    with st.form("encounter", border=False, enter_to_submit=False):
        values = {
            name: value for section in SECTIONS for name, value in draw_section(section).items()
        }
        sent = st.form_submit_button(
            say(texts.CALCULATE),
            type="primary",
            width="stretch",
            icon=":material/monitor_heart:",
            key="calculate",
        )
    return values if sent else None


def _answer(encounter: dict[str, Value] | None) -> None:
    if encounter is not None:
        st.session_state.pop(ANSWERED, None)
        if wrong := mistakes(encounter):
            raise RefusedFieldsError(
                [(field, what_is_wrong(field, value, "")) for field, value in wrong]
            )
        st.session_state[ANSWERED] = _ask(payload(encounter))
    if ANSWERED in st.session_state:
        _show(st.session_state[ANSWERED])
    else:
        from_environment().get("/model")
        st.markdown(say(texts.RESULT_EMPTY, button=say(texts.CALCULATE)))


def _ask(patient: dict[str, Value]) -> dict[str, Any]:
    """Return the prediction, the patient, and the base rate where the evidence can be had."""
    with st.spinner(say(texts.CALCULATING)):
        prediction = from_environment().post("/predict", patient)
        report = _unless_away("GET", "/model/report")
    return {
        "prediction": prediction,
        "patient": patient,
        "base_rate": report and report["report"]["base_rate"],
    }


def _show(answered: dict[str, Any]) -> None:
    """Draw the risk at once; the reasons take longer and come when they are there."""
    draw_risk(answered["prediction"], answered["base_rate"])
    place = st.container()
    draw_origin(answered["prediction"])
    with place:
        if "reasons" not in answered:
            with st.spinner(say(texts.EXPLAINING)):
                answered["reasons"] = _unless_away(
                    "POST", f"/explain?top={len(FIELDS)}", answered["patient"]
                )
        draw_reasons(
            answered["reasons"] and answered["reasons"]["contributions"], answered["patient"]
        )


def _unless_away(method: Literal["GET", "POST"], path: str, body: object = None) -> Any:
    """Ask for what the answer can do without; None when it cannot be had now."""
    api = from_environment()
    try:
        return api.get(path) if method == "GET" else api.post(path, body)
    except ReadmissionError:
        return None


def draw_origin(prediction: dict[str, Any]) -> None:
    """Draw which model answered, and the id by which an outcome is reported."""
    st.caption(
        say(
            texts.MODEL_VERSION,
            name=f"`{prediction['model_name']}`",
            version=prediction["model_version"],
        )
    )
    st.caption(say(texts.PREDICTION_ID))
    st.code(prediction["prediction_id"], language=None)
    st.page_link(
        st.Page(history.show, url_path=addresses.HISTORY),
        label=say(texts.REPORT_OUTCOME),
        icon=":material/edit_note:",
        query_params={ID_PARAMETER: prediction["prediction_id"]},
    )
