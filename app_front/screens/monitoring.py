"""Monitoring: how predictions turned out, and whether today's patients resemble the training's."""

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
    with st.grid(min_column_width=150):
        known_outcomes = format_count(quality["outcomes"])
        draw_metric(texts.KNOWN_OUTCOMES, known_outcomes)
        _draw_quality_metric(texts.AUC, quality["auc"])
        _draw_quality_metric(texts.F1, quality["f1"])
        _draw_quality_metric(texts.BRIER, quality["brier"])
        mean_risk = format_percent(quality["mean_probability"], 1)
        draw_metric(texts.MEAN_RISK, mean_risk)
        observed_rate = format_percent(quality["observed_rate"], 1)
        draw_metric(texts.OBSERVED_RATE, observed_rate)


def _draw_quality_metric(label: Label, value: float | None) -> None:
    """Draw a metric, which is None while all known outcomes are the same."""
    text = NO_VALUE
    if value is not None:
        text = format_decimal(value)
    draw_metric(label, text)


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
    """Draw the verdict and how far each field moved, without the fields that have no values."""
    _draw_verdict(drift)
    rows = []
    for field in drift["fields"]:
        if field["rows"] > 0:
            rows.append(_drift_row(field))
    draw_table(
        texts.DRIFT,
        DRIFT_TITLES,
        rows,
        text_columns=2,
    )


def _draw_verdict(drift: Drift) -> None:
    state = drift["state"]
    verdict = translate(texts.DRIFT_VERDICTS[state])
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
    """Name a field's state as the API judges it; with too few rows there is no verdict."""
    if state == "too few rows":
        return NO_VALUE
    text = translate(texts.DRIFT_STATES[state])
    if state == "stable":
        return text
    return Highlight(text, css_class=CSS_CLASSES[state])
