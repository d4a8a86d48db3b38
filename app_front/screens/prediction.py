"""Prediction: the fields of one patient on the left, the risk and its reasons on the right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
from app_front.components.fields import (
    build_patient,
    default_values,
    draw_patient_label,
    draw_section,
    fill_in,
    find_problems,
    start_form,
)
from app_front.components.kept_form import bring_back_values, keep_values
from app_front.components.outcome_form import ID_PARAMETER
from app_front.components.prediction_result import draw_head, draw_reasons, draw_risk
from app_front.field_messages import explain_invalid_value, field_label
from app_front.language import translate
from app_front.screens import history
from readmission.errors import ReadmissionError
from readmission.schema import FIELDS, PATIENT_LABEL, SECTIONS

RESULT = "answered"
"""Session key of the latest result, so that another language or page does not lose it."""

REFUSAL = "refused"
"""Session key of the latest attempt to calculate, if it failed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The values that could not be calculated, and what the API said against them."""

    values: Patient
    api_problems: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class Result:
    """What is known about the latest patient; the base rate is None where it is unavailable.

    ``values`` are those in the fields when it was calculated, ``patient`` is what was sent.
    """

    values: Patient
    patient: Patient
    prediction: Prediction
    base_rate: float | None
    made_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    contributions: Sequence[Contribution] | None = None
    explanation_requested: bool = False


def show() -> None:
    """Draw the page."""
    draw_page_heading(texts.PREDICTION, texts.PREDICTION_INTRO)
    left, right = st.columns([11, 9], gap="medium")
    with left:
        values = _draw_fields()
        with st.container(key="actions"):
            _draw_actions(values)
    with right, st.container(border=True, key="result"), errors_explained():
        _draw_result(values)
    keep_values(values)


def _draw_fields() -> Patient:
    """Draw the fields, and return what is in them now."""
    bring_back_values()
    start_form()
    values: Patient = {PATIENT_LABEL: draw_patient_label()}
    for section in SECTIONS:
        values |= draw_section(section)
    return values


def _draw_actions(values: Patient) -> None:
    """Draw the two buttons, and above them what keeps the first one from calculating."""
    problems_container = st.container()
    with st.container(horizontal=True):
        is_submitted = st.button(
            translate(texts.CALCULATE),
            type="primary",
            icon=":material/monitor_heart:",
            key="calculate",
        )
        st.button(
            translate(texts.NEW_PATIENT),
            icon=":material/person_add:",
            on_click=_start_new_patient,
            key="new_patient",
        )
    with problems_container:
        if is_submitted:
            with errors_explained():
                _calculate(values)
        _draw_problems(values)


def _start_new_patient() -> None:
    """Forget the patient: fields, hospital's own number, result and problems."""
    fill_in(default_values())
    st.session_state.pop(RESULT, None)
    st.session_state.pop(REFUSAL, None)


def _calculate(values: Patient) -> None:
    """Replace the result in the session; after an error there is none."""
    state = st.session_state
    state.pop(RESULT, None)
    state[REFUSAL] = Refusal(values)
    if find_problems(values):
        return
    patient = build_patient(values)
    try:
        with st.spinner(translate(texts.CALCULATING)):
            prediction = api_from_environment().predict(patient)
    except RefusedFieldsError as error:
        state[REFUSAL] = Refusal(values, error.problems)
        return
    del state[REFUSAL]
    state[RESULT] = Result(values, patient, prediction, _fetch_base_rate())


def _draw_problems(values: Patient) -> None:
    """Say at the button which fields to correct, until all of them are."""
    refusal: Refusal | None = st.session_state.get(REFUSAL)
    if refusal is None:
        return
    problems = find_problems(values)
    if refusal.values == values:
        problems += _explain_refusal(refusal)
    if not problems:
        return
    message = translate(texts.CHECK_FIELDS)
    for name, what_to_enter in problems:
        message += f"\n- **{field_label(name)}**: {what_to_enter}"
    st.error(message, icon=":material/edit:")


def _explain_refusal(refusal: Refusal) -> list[tuple[str, str]]:
    """Return the API's problems in the visitor's language."""
    problems = []
    for name, reason in refusal.api_problems:
        value = refusal.values.get(name)
        text = None if value is None else str(value)
        problems.append((name, explain_invalid_value(name, text, reason)))
    return problems


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


def _draw_result(values: Patient) -> None:
    """Draw the latest result, greyed out where the fields have changed since."""
    result: Result | None = st.session_state.get(RESULT)
    if result is None:
        if REFUSAL not in st.session_state:
            # Reports a missing model before the visitor fills in the form.
            api_from_environment().fetch_model()
        draw_section_heading(texts.RESULT)
        draw_text(texts.RESULT_EMPTY, button=translate(texts.CALCULATE))
        return
    is_outdated = result.values != values
    if is_outdated:
        st.warning(translate(texts.OUTDATED), icon=":material/sync_problem:")
    container_key = "outdated_result" if is_outdated else "current_result"
    with st.container(key=container_key):
        _draw_details(result)


def _draw_details(result: Result) -> None:
    """Draw the risk at once, and the reasons above its origin as soon as they are calculated."""
    draw_head(result.patient, result.prediction, result.made_at)
    draw_risk(result.prediction, result.base_rate)
    reasons_container = st.container()
    _draw_origin(result.prediction)
    with reasons_container:
        _explain(result)
        draw_reasons(result.contributions, result.values)


def _explain(result: Result) -> None:
    """Add the contributions to a result, once."""
    if result.explanation_requested:
        return
    with st.spinner(translate(texts.EXPLAINING)):
        result.contributions = _fetch_contributions(result.patient)
    result.explanation_requested = True


def _draw_origin(prediction: Prediction) -> None:
    """Draw the ID by which the outcome is recorded, and the way there."""
    draw_caption(texts.NOT_A_DIAGNOSIS)
    draw_caption(texts.PREDICTION_ID)
    st.code(prediction["prediction_id"], language=None)
    st.page_link(
        st.Page(history.show, url_path=addresses.HISTORY),
        label=translate(texts.REPORT_OUTCOME),
        icon=":material/edit_note:",
        query_params={ID_PARAMETER: prediction["prediction_id"]},
    )
