"""Monitoring: how predictions turned out, and whether today's patients resemble the training's."""

from collections.abc import Sequence

import streamlit as st

from app_front import translations as texts
from app_front.api import api_from_environment
from app_front.api_responses import (
    Drift,
    DriftState,
    FieldDrift,
    LiveQuality,
    Monitoring,
    ScoreHistogram,
)
from app_front.components.charts import draw_daily_counts, draw_histograms
from app_front.components.elements import (
    draw_caption,
    draw_empty_notice,
    draw_metric,
    draw_page_heading,
    draw_section_heading,
)
from app_front.components.error_messages import errors_explained
from app_front.components.tables import Cell, Highlight, draw_table
from app_front.field_messages import field_label
from app_front.language import (
    NO_VALUE,
    format_count,
    format_decimal,
    format_percent,
    translate,
)
from readmission.schema import Label

DRIFT_TITLES = (texts.FIELD, texts.STATE, texts.ROWS, texts.STABILITY)
Interval = tuple[float, float]
CSS_CLASSES = {"watch": "watched", "drifted": "drifted"}
"""Class of ``style.css`` for each state that deserves attention."""


def show() -> None:
    """Draw the page."""
    draw_page_heading(texts.MONITORING, texts.MONITORING_INTRO)
    with errors_explained():
        api = api_from_environment()
        model = api.fetch_model()
        _draw_live_quality(model["live"])
        monitoring = api.fetch_monitoring()
        _draw_monitoring(monitoring)


def _draw_live_quality(quality: LiveQuality | None) -> None:
    """Draw how the predictions with a known outcome turned out."""
    draw_section_heading(texts.LIVE_QUALITY)
    if quality is None or quality["outcomes"] == 0:
        draw_empty_notice(texts.NO_OUTCOMES)
        return
    if quality["outcomes"] < quality["enough_outcomes"]:
        notice = translate(
            texts.FEW_OUTCOMES,
            count=format_count(quality["outcomes"]),
            enough=format_count(quality["enough_outcomes"]),
        )
        st.info(notice, icon=":material/hourglass_empty:")
        return
    known_outcomes = format_count(quality["outcomes"])
    draw_caption(texts.LIVE_QUALITY_NOTE, count=known_outcomes)
    intervals = quality["intervals"]
    with st.grid(min_column_width=150):
        draw_metric(texts.KNOWN_OUTCOMES, known_outcomes)
        _draw_quality_metric(texts.AUC, quality["auc"], intervals.get("auc"))
        _draw_quality_metric(texts.F1, quality["f1"], intervals.get("f1"))
        _draw_quality_metric(texts.BRIER, quality["brier"], intervals.get("brier"))
        mean_risk = format_percent(quality["mean_probability"], 1)
        draw_metric(texts.MEAN_RISK, mean_risk)
        _draw_observed_rate(quality["observed_rate"], intervals.get("observed_rate"))


def _draw_quality_metric(label: Label, value: float | None, interval: Interval | None) -> None:
    """Draw a metric, which is None while all known outcomes are the same."""
    text = NO_VALUE
    if value is not None:
        text = format_decimal(value)
    # One cell of the grid for the metric and its interval.
    with st.container():
        draw_metric(label, text)
        if interval is not None:
            low, high = interval
            draw_caption(texts.INTERVAL, low=format_decimal(low), high=format_decimal(high))


def _draw_observed_rate(rate: float, interval: Interval | None) -> None:
    with st.container():
        draw_metric(texts.OBSERVED_RATE, format_percent(rate, 1))
        if interval is not None:
            low, high = interval
            draw_caption(texts.INTERVAL, low=format_percent(low, 1), high=format_percent(high, 1))


def _draw_monitoring(monitoring: Monitoring) -> None:
    if monitoring["predictions"] == 0:
        draw_empty_notice(texts.NO_PREDICTIONS)
        return
    left, right = st.columns(2, gap="large")
    with left:
        draw_section_heading(texts.VOLUME)
        draw_daily_counts(texts.VOLUME, texts.PREDICTIONS, monitoring["days"])
    with right:
        draw_section_heading(texts.SCORES)
        _draw_scores(monitoring["scores"])
    draw_section_heading(texts.DRIFT)
    _draw_drift(monitoring["drift"])


def _draw_scores(scores: ScoreHistogram) -> None:
    """Draw the distribution of the risks in validation and now."""
    shares = {
        translate(texts.IN_TRAINING): scores["validation"],
        translate(texts.NOW): scores["live"],
    }
    draw_histograms(
        texts.SCORES,
        texts.PREDICTED_RISK,
        scores["edges"],
        shares,
    )


def _draw_drift(drift: Drift) -> None:
    """Draw the verdict and the fields that moved; the stable ones are folded away.

    Fields with too few values have no verdict: they are only counted.
    """
    _draw_verdict(drift)
    if drift["state"] == "too few rows":
        return
    by_state: dict[DriftState, list[FieldDrift]] = {}
    for field in drift["fields"]:
        by_state.setdefault(field["state"], []).append(field)
    moved = by_state.get("drifted", []) + by_state.get("watch", [])
    if moved:
        _draw_fields(texts.DRIFT, moved)
    stable = by_state.get("stable", [])
    if stable:
        title = translate(texts.STABLE_FIELDS, count=len(stable))
        with st.expander(title):
            _draw_fields(texts.STABLE, stable)
    without_verdict = by_state.get("too few rows", [])
    if without_verdict:
        draw_caption(texts.FIELDS_WITHOUT_VERDICT, count=len(without_verdict))


def _draw_fields(name: Label, fields: Sequence[FieldDrift]) -> None:
    draw_table(
        name,
        DRIFT_TITLES,
        [_drift_row(field) for field in fields],
        text_columns=2,
    )


def _draw_verdict(drift: Drift) -> None:
    state = drift["state"]
    verdict = translate(texts.DRIFT_VERDICTS[state])
    if state == "too few rows":
        st.markdown(f"**{verdict}**")
        return
    note = translate(
        texts.DRIFT_NOTE,
        count=format_count(drift["rows"]),
    )
    st.markdown(f"**{verdict}** {note}")


def _drift_row(field: FieldDrift) -> list[Cell]:
    return [
        field_label(field["field"]),
        _state_cell(field["state"]),
        format_count(field["rows"]),
        format_decimal(field["psi"]),
    ]


def _state_cell(state: DriftState) -> Cell:
    """Name a field's state as the API judges it."""
    text = translate(texts.DRIFT_STATES[state])
    if state == "stable":
        return text
    return Highlight(text, css_class=CSS_CLASSES[state])
