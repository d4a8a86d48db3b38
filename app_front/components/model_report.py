"""The evidence about one model: curves, calibration, thresholds, importance and subgroups."""

from collections.abc import Sequence

import streamlit as st

from app_front import translations as texts
from app_front.api_responses import Confusion, Importance, OperatingPoint, Report, Subgroup
from app_front.components.charts import Axis, draw_curve, draw_reliability
from app_front.components.elements import draw_caption, draw_figure_heading
from app_front.components.fields import format_value
from app_front.components.tables import draw_table
from app_front.field_messages import field_label
from app_front.language import format_count, format_decimal, format_percent, translate
from readmission.schema import FIELD_BY_NAME

IMPORTANCE_SHOWN = 8
MISSING_VALUE = "(missing)"
"""How the report names the subgroup of rows without a value."""

CONFUSION_TITLES = (None, texts.FLAGGED, texts.NOT_FLAGGED)
IMPORTANCE_TITLES = (texts.FIELD, texts.AUC_LOST)
OPERATING_POINT_TITLES = (texts.THRESHOLD, texts.ALERTS, texts.RECALL, texts.PRECISION)
SUBGROUP_TITLES = (
    texts.FIELD,
    texts.GROUP,
    texts.ROWS,
    texts.AUC,
    texts.RECALL,
    texts.PRECISION,
    texts.PREDICTED_RISK,
    texts.OBSERVED_RISK,
)


def draw_report(report: Report) -> None:
    """Draw everything that a report holds."""
    rows = format_count(report["rows"])
    base_rate = format_percent(report["base_rate"], 1)
    draw_caption(texts.EVIDENCE_NOTE, rows=rows, base=base_rate)
    _draw_charts(report)

    left, right = st.columns(2, gap="large")
    with left:
        _draw_confusion(report["confusion"])
        importance = report.get("importance")
        if importance:
            _draw_importance(importance)
    with right:
        _draw_operating_points(report["operating_points"], report["threshold"])

    subgroups = report.get("slices")
    if subgroups:
        _draw_subgroups(subgroups)


def _draw_charts(report: Report) -> None:
    with st.grid(min_column_width=290, gap="medium"):
        with st.container():
            _draw_roc_curve(report)
        with st.container():
            _draw_precision_recall_curve(report)
        with st.container():
            draw_figure_heading(texts.RELIABILITY)
            draw_reliability(texts.RELIABILITY, report["reliability"])


def _draw_roc_curve(report: Report) -> None:
    curve = report["roc"]
    draw_figure_heading(texts.ROC)
    draw_curve(
        texts.ROC,
        x=Axis(texts.FALSE_POSITIVE_RATE, curve["false_positive_rate"]),
        y=Axis(texts.RECALL, curve["true_positive_rate"]),
    )


def _draw_precision_recall_curve(report: Report) -> None:
    curve = report["precision_recall"]
    draw_figure_heading(texts.PRECISION_RECALL)
    draw_curve(
        texts.PRECISION_RECALL,
        x=Axis(texts.RECALL, curve["recall"]),
        y=Axis(texts.PRECISION, curve["precision"]),
        chance_level=report["base_rate"],
    )


def _draw_confusion(confusion: Confusion) -> None:
    readmitted = [
        translate(texts.READMITTED),
        format_count(confusion["true_positive"]),
        format_count(confusion["false_negative"]),
    ]
    not_readmitted = [
        translate(texts.NOT_READMITTED),
        format_count(confusion["false_positive"]),
        format_count(confusion["true_negative"]),
    ]
    draw_figure_heading(texts.CONFUSION)
    draw_table(texts.CONFUSION, CONFUSION_TITLES, [readmitted, not_readmitted])


def _draw_operating_points(points: Sequence[OperatingPoint], threshold: float) -> None:
    """Draw what other thresholds would mean; a star marks the model's own."""
    rows = []
    for point in points:
        mark = " ★" if point["threshold"] == threshold else ""
        row = [
            format_percent(point["threshold"], 1) + mark,
            format_decimal(point["alerts_per_100"], 1),
            format_percent(point["sensitivity"]),
            format_percent(point["ppv"]),
        ]
        rows.append(row)
    draw_figure_heading(texts.OPERATING_POINTS)
    draw_table(texts.OPERATING_POINTS, OPERATING_POINT_TITLES, rows)


def _draw_importance(fields: Sequence[Importance]) -> None:
    rows = []
    for field in fields[:IMPORTANCE_SHOWN]:
        label = field_label(field["field"])
        auc_drop = format_decimal(field["auc_drop"])
        rows.append([label, auc_drop])
    draw_figure_heading(texts.IMPORTANCE)
    draw_table(texts.IMPORTANCE, IMPORTANCE_TITLES, rows)


def _draw_subgroups(subgroups: Sequence[Subgroup]) -> None:
    rows = [_subgroup_row(subgroup) for subgroup in subgroups]
    draw_figure_heading(texts.SUBGROUPS)
    draw_caption(texts.SUBGROUPS_NOTE)
    draw_table(
        texts.SUBGROUPS,
        SUBGROUP_TITLES,
        rows,
        text_columns=2,
    )


def _subgroup_row(subgroup: Subgroup) -> list[str]:
    return [
        field_label(subgroup["field"]),
        _subgroup_name(subgroup),
        format_count(subgroup["rows"]),
        format_decimal(subgroup["auc"]),
        format_percent(subgroup["sensitivity"], 1),
        format_percent(subgroup["ppv"], 1),
        format_percent(subgroup["predicted"], 1),
        format_percent(subgroup["observed"], 1),
    ]


def _subgroup_name(subgroup: Subgroup) -> str:
    """Name a subgroup by its value as the form shows it; an age band is shown as it is."""
    value = subgroup["value"]
    if value == MISSING_VALUE:
        return translate(texts.MISSING_GROUP)
    field_name = subgroup["field"]
    return format_value(FIELD_BY_NAME[field_name], value)
