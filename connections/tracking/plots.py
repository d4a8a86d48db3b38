"""Plots of a report as SVG, written directly because that takes a fraction of matplotlib's time."""

from collections.abc import Callable, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from readmission.evaluation.report import Report

Point = tuple[float, float]

_WIDTH = 420
_HEIGHT = 340
_LEFT = 120
_TOP = 40
_SIDE = 250
_BLUE = "#1f6fb4"
_GREY = "#999"


def draw(report: Report) -> dict[str, str]:
    """Return an SVG under its file name for each plot that the report has numbers for."""
    plots = {}
    for name, plot in _PLOTS.items():
        if report.get(name):
            plots[f"{name}.svg"] = plot(report)
    return plots


def _roc(report: Report) -> str:
    auc = report["metrics"]["auc"]
    false_positive_rates = report["roc"]["false_positive_rate"]
    true_positive_rates = report["roc"]["true_positive_rate"]
    curve = zip(false_positive_rates, true_positive_rates, strict=True)
    chart = _Chart(
        title=f"ROC, AUC {auc:.3f}",
        x_label="1 - specificity",
        y_label="sensitivity",
    )
    chart.add_curve(list(curve))
    chart.add_reference_line((0, 0), (1, 1))
    chart.add_ticks()
    return chart.to_svg()


def _precision_recall(report: Report) -> str:
    average_precision = report["metrics"]["average_precision"]
    recall = report["precision_recall"]["recall"]
    precision = report["precision_recall"]["precision"]
    curve = zip(recall, precision, strict=True)
    base_rate = report["base_rate"]
    chart = _Chart(
        title=f"Precision-recall, AP {average_precision:.3f}",
        x_label="recall",
        y_label="precision",
    )
    chart.add_curve(list(curve))
    chart.add_reference_line((0, base_rate), (1, base_rate))
    chart.add_ticks()
    return chart.to_svg()


def _reliability(report: Report) -> str:
    calibration_error = report["metrics"]["ece"]
    highest_risk = 0.0
    for predicted, observed, _ in report["reliability"]:
        highest_risk = max(highest_risk, predicted, observed)

    points = []
    for predicted, observed, _ in report["reliability"]:
        point = (predicted / highest_risk, observed / highest_risk)
        points.append(point)

    chart = _Chart(
        title=f"Reliability, ECE {calibration_error:.4f}",
        x_label="predicted risk",
        y_label="observed risk",
    )
    chart.add_curve(points)
    for point in points:
        chart.add_dot(point)
    chart.add_reference_line((0, 0), (1, 1))
    chart.add_ticks(highest=highest_risk)
    return chart.to_svg()


def _confusion(report: Report) -> str:
    threshold = report["threshold"]
    counts = report["confusion"]
    rows = report["rows"]
    chart = _Chart(
        title=f"At threshold {threshold:.3f}",
        x_label="predicted: no, yes",
        y_label="readmitted: yes, no",
    )
    quadrants = {
        "true_negative": (0, 0),
        "false_positive": (1, 0),
        "false_negative": (0, 1),
        "true_positive": (1, 1),
    }
    for name, (column, row) in quadrants.items():
        count = counts[name]
        chart.add_quadrant(
            column,
            row,
            label=f"{count:,}",
            opacity=count / rows,
        )
    return chart.to_svg()


def _importance(report: Report) -> str:
    fields = report["importance"]
    auc_drops = [field["auc_drop"] for field in fields]
    longest = max(*auc_drops, 1e-9)
    step = _SIDE / len(fields)
    chart = _Chart(
        title="Permutation importance",
        x_label="AUC lost",
        y_label="",
    )
    for rank, field in enumerate(fields):
        auc_drop = field["auc_drop"]
        chart.add_bar(
            top=_TOP + rank * step,
            height=step * 0.8,
            share=max(auc_drop, 0) / longest,
            label=field["field"],
            value=f"{auc_drop:.4f}",
        )
    return chart.to_svg()


_PLOTS: dict[str, Callable[[Report], str]] = {
    "roc": _roc,
    "precision_recall": _precision_recall,
    "reliability": _reliability,
    "confusion": _confusion,
    "importance": _importance,
}


class _Chart:
    """A framed square with a title and axis labels; points lie in the unit square."""

    def __init__(self, *, title: str, x_label: str, y_label: str) -> None:
        self._svg = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
                "font-family": "sans-serif",
            },
        )
        self._add("rect", width="100%", height="100%", fill="white")
        self._add(
            "rect",
            x=_LEFT,
            y=_TOP,
            width=_SIDE,
            height=_SIDE,
            fill="none",
            stroke=_GREY,
        )
        center = _LEFT + _SIDE / 2
        middle = _TOP + _SIDE / 2
        self._add_text(title, center, 24, size=14)
        self._add_text(x_label, center, _HEIGHT - 14, size=11)
        y_axis_text = self._add_text(y_label, 20, middle, size=11)
        y_axis_text.set("transform", f"rotate(-90 20 {middle})")

    def add_curve(self, points: Sequence[Point]) -> None:
        """Connect points by straight lines."""
        coordinates = []
        for x, y in points:
            coordinates.append(f"{_x(x):.1f},{_y(y):.1f}")
        self._add(
            "polyline",
            points=" ".join(coordinates),
            fill="none",
            stroke=_BLUE,
            stroke_width="2",
        )

    def add_dot(self, point: Point) -> None:
        """Mark a point."""
        x, y = point
        self._add(
            "circle",
            cx=_x(x),
            cy=_y(y),
            r="3",
            fill=_BLUE,
        )

    def add_reference_line(self, start: Point, end: Point) -> None:
        """Draw a dashed line."""
        start_x, start_y = start
        end_x, end_y = end
        self._add(
            "line",
            x1=_x(start_x),
            y1=_y(start_y),
            x2=_x(end_x),
            y2=_y(end_y),
            stroke=_GREY,
            stroke_dasharray="4",
        )

    def add_ticks(self, highest: float = 1.0) -> None:
        """Label start, middle and end of both axes, which end at ``highest``."""
        below_frame = _TOP + _SIDE + 14
        left_of_frame = _LEFT - 4
        for position in (0, 0.5, 1):
            tick = position * highest
            label = f"{tick:.2g}"
            self._add_text(
                label,
                _x(position),
                below_frame,
                size=10,
            )
            self._add_text(
                label,
                left_of_frame,
                _y(position) + 4,
                size=10,
                anchor="end",
            )

    def add_quadrant(self, column: int, row: int, *, label: str, opacity: float) -> None:
        """Fill a quarter of the square; column 0 is left, row 0 is at the top."""
        half = _SIDE / 2
        left = _LEFT + column * half
        top = _TOP + row * half
        self._add(
            "rect",
            x=left,
            y=top,
            width=half,
            height=half,
            fill=_BLUE,
            fill_opacity=f"{opacity:.2f}",
        )
        self._add_text(label, left + half / 2, top + half / 2, size=14)

    def add_bar(self, *, top: float, height: float, share: float, label: str, value: str) -> None:
        """Draw a horizontal bar; ``share`` is its length, 1 that of the longest bar."""
        length = share * (_SIDE - 50)
        self._add(
            "rect",
            x=_LEFT,
            y=top,
            width=length,
            height=height,
            fill=_BLUE,
        )
        baseline = top + height * 0.75
        self._add_text(label, _LEFT - 4, baseline, size=9, anchor="end")
        self._add_text(value, _LEFT + length + 4, baseline, size=9, anchor="start")

    def to_svg(self) -> str:
        """Return the chart as the text of an SVG file."""
        text = tostring(self._svg, encoding="unicode")
        return f"{text}\n"

    def _add_text(
        self, text: str, x: float, y: float, *, size: int, anchor: str = "middle"
    ) -> Element:
        element = self._add(
            "text",
            x=float(x),
            y=float(y),
            text_anchor=anchor,
            font_size=size,
        )
        element.text = text
        return element

    def _add(self, tag: str, **attributes: Any) -> Element:
        """Add an element to the chart.

        A ``_`` in an attribute's name stands for ``-``. Floats are written with one decimal.
        """
        element = SubElement(self._svg, tag)
        for name, value in attributes.items():
            svg_name = name.replace("_", "-")
            if isinstance(value, float):
                element.set(svg_name, f"{value:.1f}")
            else:
                element.set(svg_name, str(value))
        return element


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIDE
