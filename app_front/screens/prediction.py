"""Prediction: the fields of one patient on the left, the risk and its reasons on the right."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app_front import page_addresses as addresses
from app_front import translations as texts
from app_front.api import RefusedFieldsError, api_from_environment
from app_front.api_responses import Contribution, Patient, Prediction
from app_front.components.elements import (
    draw_caption,
    draw_page_heading,
    draw_section_heading,
    draw_text,
)
from app_front.components.error_messages import errors_explained
from app_front.components.fields import build_patient, draw_section, invalid_texts
from app_front.components.outcome_form import ID_PARAMETER
from app_front.components.prediction_result import draw_reasons, draw_risk
from app_front.field_messages import explain_invalid_value
from app_front.language import translate
from app_front.screens import history
from readmission.errors import ReadmissionError
from readmission.schema import FIELDS, SECTIONS

RESULT = "answered"
"""Session key of the latest result, so that another language or page does not lose it."""


@dataclass(slots=True)
class Result:
    """What is known about the latest patient; the base rate is None where it is unavailable."""

    patient: Patient
    prediction: Prediction
    base_rate: float | None
    contributions: Sequence[Contribution] | None = None
    explanation_requested: bool = False


def show() -> None:
    """Draw the page."""
    draw_page_heading(texts.PREDICTION, texts.PREDICTION_INTRO)
    left, right = st.columns([3, 2], gap="large")
    with left:
        submitted = _draw_form()
    with right, st.container(border=True, key="result"):
        draw_section_heading(texts.RESULT)
        with errors_explained():
            if submitted is not None:
                _calculate(submitted)
            _draw_result()


def _draw_form() -> Patient | None:
    """Draw the fields; return their values once they are submitted."""
    values: Patient = {}
    with st.form("encounter", border=False, enter_to_submit=False):
        for section in SECTIONS:
            values |= draw_section(section)
        is_submitted = st.form_submit_button(
            translate(texts.CALCULATE),
            type="primary",
            width="stretch",
            icon=":material/monitor_heart:",
            key="calculate",
        )
    return values if is_submitted else None


def _calculate(values: Patient) -> None:
    """Replace the result in the session; after an error there is none."""
    st.session_state.pop(RESULT, None)
    _refuse_invalid_texts(values)
    patient = build_patient(values)
    with st.spinner(translate(texts.CALCULATING)):
        prediction = api_from_environment().predict(patient)
        base_rate = _fetch_base_rate()
    st.session_state[RESULT] = Result(patient, prediction, base_rate)


def _refuse_invalid_texts(values: Patient) -> None:
    """Raise ``RefusedFieldsError`` for text that the API would refuse, without calling it."""
    problems = []
    for field, text in invalid_texts(values):
        problems.append((field, explain_invalid_value(field, text, "")))
    if problems:
        raise RefusedFieldsError(problems)


def _fetch_base_rate() -> float | None:
    """Return the average risk; the prediction is shown without it where it is unavailable."""
    try:
        report = api_from_environment().fetch_report()
    except ReadmissionError:
        return None
    return report["base_rate"]


def _fetch_contributions(patient: Patient) -> Sequence[Contribution] | None:
    """Return the reasons; the prediction is shown without them where they are unavailable."""
    try:
        return api_from_environment().explain(patient, top=len(FIELDS))
    except ReadmissionError:
        return None


def _draw_result() -> None:
    """Draw the risk at once, and the reasons above its origin as soon as they are calculated."""
    result: Result | None = st.session_state.get(RESULT)
    if result is None:
        # Reports a missing model before the visitor fills in the form.
        api_from_environment().fetch_model()
        draw_text(texts.RESULT_EMPTY, button=translate(texts.CALCULATE))
        return
    draw_risk(result.prediction, result.base_rate)
    reasons_container = st.container()
    _draw_origin(result.prediction)
    with reasons_container:
        _explain(result)
        draw_reasons(result.contributions, result.patient)


def _explain(result: Result) -> None:
    """Add the contributions to a result, once."""
    if result.explanation_requested:
        return
    with st.spinner(translate(texts.EXPLAINING)):
        result.contributions = _fetch_contributions(result.patient)
    result.explanation_requested = True


def _draw_origin(prediction: Prediction) -> None:
    """Draw which model predicted, and the ID by which the outcome is recorded."""
    draw_caption(
        texts.MODEL_VERSION,
        name=f"`{prediction['model_name']}`",
        version=prediction["model_version"],
    )
    draw_caption(texts.PREDICTION_ID)
    st.code(prediction["prediction_id"], language=None)
    st.page_link(
        st.Page(history.show, url_path=addresses.HISTORY),
        label=translate(texts.REPORT_OUTCOME),
        icon=":material/edit_note:",
        query_params={ID_PARAMETER: prediction["prediction_id"]},
    )
