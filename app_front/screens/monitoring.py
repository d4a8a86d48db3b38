"""Whether the model still meets the patients that it was trained for."""

from typing import Any

import streamlit as st

from app_front import translations as texts
from app_front.api import from_environment
from app_front.components.charts import draw_bars, draw_shares
from app_front.components.error_messages import explained
from app_front.components.tables import Cell, draw_table
from app_front.field_messages import name_of
from app_front.language import NOTHING, decimal, percent, say, whole

STATES = (
    (0.2, texts.DRIFTED, "drifted"),
    (0.1, texts.WATCHED, "watched"),
    (float("-inf"), texts.STABLE, ""),
)
"""From which population stability index on a field is in which state."""


def show() -> None:
    """Draw the page."""
    st.title(say(texts.MONITORING), anchor=False)
    st.markdown(say(texts.MONITORING_INTRO))
    with explained():
        model = from_environment().get("/model")
        _draw_quality(model["live"])
        seen = from_environment().get("/monitoring")
        _draw_seen(seen)


def _draw_quality(live: dict[str, Any] | None) -> None:
    """Draw how the predictions whose outcome is known turned out."""
    st.subheader(say(texts.LIVE_QUALITY), anchor=False)
    if not live or not live["outcomes"]:
        st.info(say(texts.NO_OUTCOMES), icon=":material/inbox:")
        return
    with st.grid(min_column_width=150):
        st.metric(say(texts.KNOWN_OUTCOMES), whole(live["outcomes"]), border=True)
        for label, name in ((texts.AUC, "auc"), (texts.F1, "f1"), (texts.BRIER, "brier")):
            st.metric(
                say(label), NOTHING if live[name] is None else decimal(live[name]), border=True
            )
        st.metric(say(texts.MEAN_RISK), percent(live["mean_probability"], 1), border=True)
        st.metric(say(texts.SEEN_SHARE), percent(live["observed_rate"], 1), border=True)


def _draw_seen(seen: dict[str, Any]) -> None:
    if not seen["predictions"]:
        st.info(say(texts.NO_PREDICTIONS), icon=":material/inbox:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(say(texts.VOLUME), anchor=False)
        draw_bars(seen["days"], texts.PREDICTIONS, texts.VOLUME)
    with right:
        st.subheader(say(texts.SCORES), anchor=False)
        scores = seen["scores"]
        shares = {say(texts.IN_TRAINING): scores["validation"], say(texts.NOW): scores["live"]}
        draw_shares(shares, scores["edges"], texts.TOLD_RISK, texts.SCORES)
    _draw_drift(seen["drift"])


def _draw_drift(drift: dict[str, Any]) -> None:
    """Draw how far each field moved that was told at all, the largest shift first."""
    st.subheader(say(texts.DRIFT), anchor=False)
    verdict = say(texts.DRIFT_STATES[drift["state"]])
    st.markdown(f"**{verdict}** {say(texts.DRIFT_NOTE, count=whole(drift['rows']))}")
    enough = drift["state"] != "too few rows"
    header = list(map(say, (texts.FIELD, texts.STATE, texts.ROWS, texts.STABILITY)))
    draw_table(
        say(texts.DRIFT),
        header,
        [_drift(one, enough=enough) for one in drift["fields"] if one["rows"]],
        texts=2,
    )


def _drift(one: dict[str, Any], *, enough: bool) -> list[Cell]:
    """Write a field's row; with few rows an index is chance, and no state is said."""
    state, mark = next((state, mark) for bound, state, mark in STATES if one["psi"] >= bound)
    told: Cell = (say(state), mark) if enough else NOTHING
    return [name_of(one["field"]), told, whole(one["rows"]), decimal(one["psi"])]
