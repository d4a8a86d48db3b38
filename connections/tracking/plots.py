"""Pictures of a report, drawn from its numbers alone, as SVG: a page of text, made in no time."""

from collections.abc import Callable, Sequence
from html import escape

from readmission.evaluation.report import Report

_WIDTH, _HEIGHT = 420, 340
_LEFT, _TOP, _SIDE = 120, 40, 250
_BLUE, _GREY = "#1f6fb4", "#999"
Point = tuple[float, float]


def draw(report: Report) -> dict[str, str]:
    """Return an SVG for each picture that the report has numbers for."""
    return {f"{name}.svg": paint(report) for name, paint in _PICTURES.items() if report.get(name)}


def _roc(report: Report) -> str:
    curve = zip(
        report["roc"]["false_positive_rate"], report["roc"]["true_positive_rate"], strict=True
    )
    title = f"ROC, AUC {report['metrics']['auc']:.3f}"
    return _picture(
        title, "1 - specificity", "sensitivity", _line(list(curve)) + _dashes((0, 0), (1, 1))
    )


def _precision_recall(report: Report) -> str:
    told, base = report["precision_recall"], report["base_rate"]
    title = f"Precision-recall, AP {report['metrics']['average_precision']:.3f}"
    curve = _line(list(zip(told["recall"], told["precision"], strict=True)))
    return _picture(title, "recall", "precision", curve + _dashes((0, base), (1, base)))


def _reliability(report: Report) -> str:
    top = max(max(told, seen) for told, seen, _ in report["reliability"])
    points = [(told / top, seen / top) for told, seen, _ in report["reliability"]]
    title = f"Reliability, ECE {report['metrics']['ece']:.4f}"
    dots = "".join(
        f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="3" fill="{_BLUE}"/>' for x, y in points
    )
    return _picture(
        title,
        "predicted risk",
        "observed risk",
        _line(points) + dots + _dashes((0, 0), (1, 1)),
        top,
    )


def _confusion(report: Report) -> str:
    counts = report["confusion"]
    cells = (
        ("true_negative", 0, 0),
        ("false_positive", 1, 0),
        ("false_negative", 0, 1),
        ("true_positive", 1, 1),
    )
    drawn = "".join(
        _cell(counts[name], column, row, counts[name] / report["rows"])
        for name, column, row in cells
    )
    return _frame(
        f"At threshold {report['threshold']:.3f}",
        "predicted: no, yes",
        "readmitted: yes, no",
        drawn,
    )


def _importance(report: Report) -> str:
    fields = report["importance"]
    longest, step = max(max(one["auc_drop"] for one in fields), 1e-9), _SIDE / len(fields)
    drawn = [
        _bar(one["field"], one["auc_drop"], longest, place, step)
        for place, one in enumerate(fields)
    ]
    return _frame("Permutation importance", "AUC lost", "", "".join(drawn))


def _bar(name: str, value: float, longest: float, place: int, step: float) -> str:
    top, length = _TOP + place * step, max(value, 0) / longest * (_SIDE - 50)
    rectangle = f'<rect x="{_LEFT}" y="{top:.1f}" width="{length:.1f}" height="{step * 0.8:.1f}" fill="{_BLUE}"/>'
    middle = top + step * 0.6
    return (
        rectangle
        + _text(_LEFT - 4, middle, name, "end", 9)
        + _text(_LEFT + length + 4, middle, f"{value:.4f}", "start", 9)
    )


def _cell(count: int, column: int, row: int, share: float) -> str:
    half = _SIDE / 2
    left, top = _LEFT + column * half, _TOP + row * half
    square = f'<rect x="{left}" y="{top}" width="{half}" height="{half}" fill="{_BLUE}" fill-opacity="{share:.2f}"/>'
    return square + _text(left + half / 2, top + half / 2, f"{count:,}", "middle", 14)


def _picture(title: str, across: str, up: str, drawn: str, top: float = 1.0) -> str:
    """Frame a curve over the unit square; ``top`` is what 1 stands for."""
    marks = [
        _text(_x(at), _TOP + _SIDE + 14, f"{at * top:.2g}", "middle", 10) for at in (0, 0.5, 1)
    ]
    marks += [_text(_LEFT - 4, _y(at) + 4, f"{at * top:.2g}", "end", 10) for at in (0, 0.5, 1)]
    return _frame(title, across, up, drawn + "".join(marks))


def _frame(title: str, across: str, up: str, drawn: str) -> str:
    box = f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{_GREY}"/>'
    words = _text(_LEFT + _SIDE / 2, 24, title, "middle", 14) + _text(
        _LEFT + _SIDE / 2, _HEIGHT - 14, across, "middle", 11
    )
    side = f'<g transform="rotate(-90 20 {_TOP + _SIDE / 2})">{_text(20, _TOP + _SIDE / 2, up, "middle", 11)}</g>'
    opened = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">'
    return (
        f'{opened}<rect width="100%" height="100%" fill="white"/>{box}{drawn}{words}{side}</svg>\n'
    )


def _line(points: Sequence[Point]) -> str:
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{_BLUE}" stroke-width="2"/>'


def _dashes(start: Point, end: Point) -> str:
    (x1, y1), (x2, y2) = ((_x(x), _y(y)) for x, y in (start, end))
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{_GREY}" stroke-dasharray="4"/>'


def _text(x: float, y: float, text: str, anchor: str, size: int) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIDE


_PICTURES: dict[str, Callable[[Report], str]] = {
    "roc": _roc,
    "precision_recall": _precision_recall,
    "reliability": _reliability,
    "confusion": _confusion,
    "importance": _importance,
}
