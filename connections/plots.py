"""Pictures of a report, drawn from its numbers alone."""

from collections.abc import Callable
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from readmission.report import Report

_SIZE_INCHES = (4.5, 4.0)
_DPI = 80
_FRAME = (0.15, 0.13, 0.8, 0.77)


def draw(report: Report) -> dict[str, bytes]:
    """Return a PNG for each picture that the report has numbers for."""
    return {name: _png(paint, report) for name, (key, paint) in _PICTURES.items() if report.get(key)}


def _png(paint: Callable[[Axes, Report], None], report: Report) -> bytes:
    figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI)
    paint(figure.add_axes(_FRAME), report)
    FigureCanvasAgg(figure)
    figure.savefig(image := BytesIO(), format="png")
    return image.getvalue()


def _roc(axes: Axes, report: Report) -> None:
    axes.plot(report["roc"]["false_positive_rate"], report["roc"]["true_positive_rate"])
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(title=f"ROC, AUC {report['metrics']['auc']:.3f}", xlabel="1 - specificity", ylabel="sensitivity")


def _precision_recall(axes: Axes, report: Report) -> None:
    axes.plot(report["precision_recall"]["recall"], report["precision_recall"]["precision"])
    axes.axhline(report["base_rate"], linestyle=":", color="grey")
    title = f"Precision-recall, AP {report['metrics']['average_precision']:.3f}"
    axes.set(title=title, xlabel="recall", ylabel="precision", ylim=(0, 0.8))


def _reliability(axes: Axes, report: Report) -> None:
    told, seen, _ = zip(*report["reliability"], strict=True)
    axes.plot(told, seen, "o-")
    axes.plot([0, max(told)], [0, max(told)], ":", color="grey")
    axes.set(title=f"Reliability, ECE {report['metrics']['ece']:.4f}", xlabel="predicted risk", ylabel="observed risk")


def _confusion(axes: Axes, report: Report) -> None:
    counts = report["confusion"]
    cells = [[counts["true_negative"], counts["false_positive"]], [counts["false_negative"], counts["true_positive"]]]
    axes.imshow(cells, cmap="Blues")
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        axes.text(column, row, f"{cells[row][column]:,}", ha="center", va="center")
    axes.set(title=f"At threshold {report['threshold']:.3f}", xlabel="predicted", ylabel="readmitted")
    axes.set(xticks=[0, 1], yticks=[0, 1])


def _importance(axes: Axes, report: Report) -> None:
    fields = report["importance"][::-1]
    axes.barh([one["field"] for one in fields], [one["auc_drop"] for one in fields])
    axes.set(title="Permutation importance", xlabel="AUC lost")


_PICTURES = {
    "roc": ("roc", _roc),
    "precision_recall": ("precision_recall", _precision_recall),
    "reliability": ("reliability", _reliability),
    "confusion": ("confusion", _confusion),
    "importance": ("importance", _importance),
}
