"""The evidence about one model: curves, reliability, what a threshold means, and the slices."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app_front import translations as texts
from app_front.components.charts import draw_curve, draw_reliability
from app_front.components.fields import value_text
from app_front.components.tables import draw_table
from app_front.field_messages import name_of
from app_front.language import decimal, percent, say, whole
from readmission.schema import FIELD_BY_NAME

Report = dict[str, Any]
IMPORTANCE_SHOWN = 8
MISSING = "(missing)"


def draw_report(report: Report) -> None:
    """Draw everything that a report holds."""
    st.caption(
        say(texts.EVIDENCE_NOTE, rows=whole(report["rows"]), base=percent(report["base_rate"], 1))
    )
    _draw_curves(report)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_confusion(report["confusion"])
        if report.get("importance"):
            _draw_importance(report["importance"])
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
            draw_curve(
                precision_recall["recall"],
                precision_recall["precision"],
                axes,
                texts.PR,
                report["base_rate"],
            )
        with st.container():
            st.markdown(f"**{say(texts.RELIABILITY)}**")
            draw_reliability(report["reliability"], texts.RELIABILITY)


def _draw_confusion(counts: dict[str, int]) -> None:
    st.markdown(f"**{say(texts.CONFUSION)}**")
    rows = [
        [say(texts.READMITTED), whole(counts["true_positive"]), whole(counts["false_negative"])],
        [
            say(texts.NOT_READMITTED),
            whole(counts["false_positive"]),
            whole(counts["true_negative"]),
        ],
    ]
    draw_table(say(texts.CONFUSION), ["", say(texts.FLAGGED), say(texts.NOT_FLAGGED)], rows)


def _draw_operating_points(report: Report) -> None:
    st.markdown(f"**{say(texts.OPERATING_POINTS)}**")
    header = [texts.THRESHOLD, texts.ALERTS, texts.RECALL, texts.PRECISION]
    rows = [_operating_point(point, report["threshold"]) for point in report["operating_points"]]
    draw_table(say(texts.OPERATING_POINTS), list(map(say, header)), rows)


def _operating_point(point: dict[str, float], threshold: float) -> list[str]:
    star = " ★" if point["threshold"] == threshold else ""
    shares = [percent(point["sensitivity"]), percent(point["ppv"])]
    return [percent(point["threshold"], 1) + star, decimal(point["alerts_per_100"], 1), *shares]


def _draw_importance(fields: Sequence[dict[str, Any]]) -> None:
    st.markdown(f"**{say(texts.IMPORTANCE)}**")
    rows = [[name_of(one["field"]), decimal(one["auc_drop"])] for one in fields[:IMPORTANCE_SHOWN]]
    draw_table(say(texts.IMPORTANCE), [say(texts.FIELD), say(texts.AUC_LOST)], rows)


def _draw_slices(slices: Sequence[dict[str, Any]]) -> None:
    st.markdown(f"**{say(texts.SLICES)}**")
    st.caption(say(texts.SLICES_NOTE))
    header = [texts.FIELD, texts.GROUP, texts.ROWS, texts.AUC, texts.RECALL, texts.PRECISION]
    header += [texts.TOLD_RISK, texts.SEEN_RISK]
    draw_table(say(texts.SLICES), list(map(say, header)), [_slice(one) for one in slices], texts=2)


def _slice(one: dict[str, Any]) -> list[str]:
    shares = [percent(one[name], 1) for name in ("sensitivity", "ppv", "predicted", "observed")]
    return [name_of(one["field"]), _group(one), whole(one["rows"]), decimal(one["auc"]), *shares]


def _group(one: dict[str, Any]) -> str:
    """Name a group as the form does; age bands and missing values are no choices of the form."""
    field = FIELD_BY_NAME[one["field"]]
    return say(texts.MISSING_GROUP) if one["value"] == MISSING else value_text(field, one["value"])
