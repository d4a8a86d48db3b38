"""The form that records what became of a patient."""

from urllib.parse import quote

import streamlit as st

from app_front import translations as texts
from app_front.api import from_environment
from app_front.components.error_messages import explained
from app_front.language import say

ID_PARAMETER = "prediction_id"
"""The part of the address by which a result leads here."""
OUTCOMES = {0: texts.NOT_READMITTED, 1: texts.READMITTED}


def draw_outcome_form(selected: str | None) -> None:
    """Draw the form for the ticked prediction, or the one that the address names."""
    wanted = selected or st.query_params.get(ID_PARAMETER, "")
    st.subheader(say(texts.RECORD_OUTCOME), anchor=False)
    with st.form("outcome", border=True):
        prediction_id = st.text_input(
            say(texts.PREDICTION_ID_FIELD), wanted, key=f"outcome_id_{wanted}"
        )
        outcome = st.radio(
            say(texts.WHAT_HAPPENED),
            list(OUTCOMES),
            index=None,
            format_func=lambda value: say(OUTCOMES[value]),
            key="outcome",
        )
        sent = st.form_submit_button(
            say(texts.SAVE), type="primary", icon=":material/save:", key="save_outcome"
        )
    if sent:
        with explained():
            _save((prediction_id or "").strip(), outcome)


def _save(prediction_id: str, outcome: int | None) -> None:
    if not prediction_id or outcome is None:
        st.warning(say(texts.ID_MISSING if not prediction_id else texts.OUTCOME_MISSING))
        return
    from_environment().post(
        f"/predictions/{quote(prediction_id, safe='')}/outcome", {"outcome": outcome}
    )
    st.toast(say(texts.SAVED, outcome=say(OUTCOMES[outcome])), icon=":material/check:")
    st.rerun()
