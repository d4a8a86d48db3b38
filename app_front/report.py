"""The evidence about one model: curves, reliability, what a threshold means, and the slices."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app_front import translations as texts
from app_front.charts import draw_curve, draw_reliability
from app_front.language import decimal, percent, say, whole
from app_front.wording import name_of

Report = dict[str, Any]


def draw_report(report: Report) -> None:
    """Draw everything that a report holds."""
    st.caption(say(texts.EVIDENCE_NOTE, rows=whole(report["rows"]), base=percent(report["base_rate"], 1)))
    _draw_curves(report)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_confusion(report["confusion"])
    with right:
        _draw_operating_points(report)
    if report.get("slices"):
        _draw_slices(report["slices"])


def _draw_curves(report: Report) -> None:
    roc, precision_recall = report["roc"], report["precision_recall"]
    with st.grid(min_column_width=290, gap="medium"):
        with st.container():
            st.markdown(f"**{say(texts.ROC)}**")
            axes = (texts.FALSE_POSITIVE_RATE, texts.RECALL)
            draw_curve(roc["false_positive_rate"], roc["true_positive_rate"], axes, texts.ROC, None)
        with st.container():
            st.markdown(f"**{say(texts.PR)}**")
            axes = (texts.RECALL, texts.PRECISION)
            draw_curve(precision_recall["recall"], precision_recall["precision"], axes, texts.PR, report["base_rate"])
        with st.container():
            st.markdown(f"**{say(texts.RELIABILITY)}**")
            draw_reliability(report["reliability"], texts.RELIABILITY)


def _draw_confusion(counts: dict[str, int]) -> None:
    st.markdown(f"**{say(texts.CONFUSION)}**")
    shown = [
        {
            "": say(actual),
            say(texts.FLAGGED): whole(counts[flagged]),
            say(texts.NOT_FLAGGED): whole(counts[passed]),
        }
        for actual, flagged, passed in (
            (texts.READMITTED, "true_positive", "false_negative"),
            (texts.NOT_READMITTED, "false_positive", "true_negative"),
        )
    ]
    st.table(shown, hide_index=True, border="horizontal")


def _draw_operating_points(report: Report) -> None:
    st.markdown(f"**{say(texts.OPERATING_POINTS)}**")
    shown = [
        {
            say(texts.THRESHOLD): percent(point["threshold"], 1)
            + (" ★" if point["threshold"] == report["threshold"] else ""),
            say(texts.ALERTS): decimal(point["alerts_per_100"], 1),
            say(texts.RECALL): percent(point["sensitivity"]),
            say(texts.PRECISION): percent(point["ppv"]),
        }
        for point in report["operating_points"]
    ]
    st.table(shown, hide_index=True, border="horizontal")


def _draw_slices(slices: Sequence[dict[str, Any]]) -> None:
    st.markdown(f"**{say(texts.SLICES)}**")
    st.caption(say(texts.SLICES_NOTE))
    shown = [{**one, "field": name_of(one["field"])} for one in slices]
    st.dataframe(shown, hide_index=True, key="slices", alt=say(texts.SLICES))
