"""The form that records whether a patient was readmitted."""

from dataclasses import dataclass

import streamlit as st

from app_front import translations as texts
from app_front.api import api_from_environment
from app_front.components.elements import draw_section_heading
from app_front.components.error_messages import errors_explained
from app_front.language import translate

ID_PARAMETER = "prediction_id"
"""The query parameter by which the page Prediction names a prediction in its link to this form."""

OUTCOME_LABELS = {0: texts.NOT_READMITTED, 1: texts.READMITTED}


@dataclass(frozen=True, slots=True)
class _Input:
    prediction_id: str
    outcome: int | None


def draw_outcome_form(selected_id: str | None) -> None:
    """Draw the form for the selected prediction, or the one that the address names."""
    prediction_id = selected_id or st.query_params.get(ID_PARAMETER, "")
    draw_section_heading(texts.RECORD_OUTCOME)
    submitted = _draw_inputs(prediction_id)
    if submitted is not None:
        with errors_explained():
            _record(submitted)


def _draw_inputs(prediction_id: str) -> _Input | None:
    """Draw the inputs; return them once they are submitted."""
    with st.form("outcome", border=True):
        entered_id = st.text_input(
            translate(texts.PREDICTION_ID_FIELD),
            prediction_id,
            key=f"outcome_id_{prediction_id}",
        )
        outcome = st.radio(
            translate(texts.WHAT_HAPPENED),
            list(OUTCOME_LABELS),
            index=None,
            format_func=_outcome_text,
            key="outcome",
        )
        is_submitted = st.form_submit_button(
            translate(texts.SAVE),
            type="primary",
            icon=":material/save:",
            key="save_outcome",
        )
    if not is_submitted:
        return None
    return _Input((entered_id or "").strip(), outcome)


def _record(submitted: _Input) -> None:
    if not submitted.prediction_id:
        st.warning(translate(texts.ID_MISSING))
        return
    if submitted.outcome is None:
        st.warning(translate(texts.OUTCOME_MISSING))
        return
    api_from_environment().record_outcome(submitted.prediction_id, submitted.outcome)
    outcome = _outcome_text(submitted.outcome)
    st.toast(translate(texts.SAVED, outcome=outcome), icon=":material/check:")
    st.rerun()


def _outcome_text(outcome: int) -> str:
    return translate(OUTCOME_LABELS[outcome])
