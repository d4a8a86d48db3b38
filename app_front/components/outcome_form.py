"""The form that records whether a patient was readmitted, and the way to take that back."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from app_front import translations as texts
from app_front.api import api_from_environment
from app_front.api_responses import StoredPrediction
from app_front.components.elements import draw_section_heading
from app_front.components.error_messages import errors_explained
from app_front.components.patient_summary import describe_prediction
from app_front.language import translate

ID_PARAMETER = "prediction_id"
"""The query parameter by which the page Prediction names a prediction in its link to this form."""

OUTCOME_LABELS = {0: texts.NOT_READMITTED, 1: texts.READMITTED}

TURN = "history_turn"
"""Session key of a number that changes with everything that may change the listed rows.

It is part of the keys of table and form, so that neither a tick nor an answer outlives a change.
"""
REPORTED = "outcome_reported"
"""Session key of the latest report, which can be undone."""

Place = Literal["linked", "selected"]
"""How the prediction was chosen: by a link to this page, or by a row of the table."""


@dataclass(frozen=True, slots=True)
class _Report:
    """A report that was just sent; ``previous`` is the outcome that it replaced."""

    prediction: StoredPrediction
    outcome: int | None
    previous: int | None
    place: Place
    turn: int


def current_turn() -> int:
    """Return the number that tables and forms carry in their keys."""
    turn: int = st.session_state.setdefault(TURN, 0)
    return turn


def start_next_turn() -> None:
    """Drop the selected row and the chosen answer."""
    st.session_state[TURN] = current_turn() + 1


def draw_outcome_form(prediction: StoredPrediction, place: Place) -> None:
    """Draw the form for one prediction, whose patient stands above the answers."""
    draw_section_heading(texts.RECORD_OUTCOME)
    form_key = f"{prediction['prediction_id']}_{current_turn()}"
    with st.form(f"outcome_form_{form_key}", border=True):
        st.markdown(describe_prediction(prediction))
        _draw_known_outcome(prediction)
        outcome = st.radio(
            translate(texts.WHAT_HAPPENED),
            list(OUTCOME_LABELS),
            index=None,
            format_func=_outcome_text,
            key=f"outcome_{form_key}",
        )
        with st.container(horizontal=True):
            is_saved = st.form_submit_button(
                translate(texts.SAVE),
                type="primary",
                icon=":material/save:",
                key="save_outcome",
            )
            is_withdrawn = _draw_withdraw_button(prediction)
        if is_saved and outcome is None:
            st.warning(translate(texts.OUTCOME_MISSING))
    with errors_explained():
        if is_withdrawn:
            _report(prediction, None, place)
        elif is_saved and outcome is not None:
            _report(prediction, outcome, place)


def draw_latest_report(place: Place) -> None:
    """Say what was just recorded, and offer to undo it, where its form stood before."""
    report: _Report | None = st.session_state.get(REPORTED)
    if report is None or report.turn != current_turn() or report.place != place:
        return
    patient = describe_prediction(report.prediction)
    if report.outcome is None:
        message = translate(texts.WITHDRAWN, patient=patient)
    else:
        outcome = _outcome_text(report.outcome)
        message = translate(texts.SAVED, outcome=outcome, patient=patient)
    st.success(message, icon=":material/check:")
    is_undone = st.button(
        translate(texts.UNDO),
        icon=":material/undo:",
        key="undo_outcome",
    )
    if is_undone:
        with errors_explained():
            _undo(report)


def _draw_known_outcome(prediction: StoredPrediction) -> None:
    known = prediction["outcome"]
    if known is not None:
        st.markdown(translate(texts.KNOWN_OUTCOME, outcome=_outcome_text(known)))


def _draw_withdraw_button(prediction: StoredPrediction) -> bool:
    """Draw the button only where there is an outcome to take back."""
    if prediction["outcome"] is None:
        return False
    return st.form_submit_button(
        translate(texts.WITHDRAW),
        icon=":material/backspace:",
        key="withdraw_outcome",
    )


def _report(prediction: StoredPrediction, outcome: int | None, place: Place) -> None:
    """Send a report, and clear everything that was chosen for it."""
    _send(prediction, outcome)
    start_next_turn()
    st.session_state[REPORTED] = _Report(
        prediction=prediction,
        outcome=outcome,
        previous=prediction["outcome"],
        place=place,
        turn=current_turn(),
    )
    st.query_params.pop(ID_PARAMETER, None)
    st.rerun()


def _undo(report: _Report) -> None:
    """Bring back the outcome that there was before a report."""
    _send(report.prediction, report.previous)
    del st.session_state[REPORTED]
    start_next_turn()
    st.toast(translate(texts.UNDONE), icon=":material/undo:")
    st.rerun()


def _send(prediction: StoredPrediction, outcome: int | None) -> None:
    prediction_id = prediction["prediction_id"]
    api = api_from_environment()
    if outcome is None:
        api.withdraw_outcome(prediction_id)
    else:
        api.record_outcome(prediction_id, outcome)


def _outcome_text(outcome: int) -> str:
    return translate(OUTCOME_LABELS[outcome])
