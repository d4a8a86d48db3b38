"""The model card: what a model is for, how good it is and for which patients, and its limits.

The text is in the templates next to this module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from readmission.arrays import Scores, target_of
from readmission.evaluation.patient_bootstrap import (
    Weights,
    interval,
    ranked_auc,
    ranked_precision,
    weighted_f1,
)
from readmission.evaluation.report import Report
from readmission.records import Experiment

_TEMPLATE_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class MetricInterval:
    """A metric on the test set with its 95 % confidence interval."""

    name: str
    value: float
    low: float
    high: float


def model_card(
    experiment: Experiment,
    report: Report,
    test: pd.DataFrame,
    probabilities: Scores,
    *,
    synthetic: bool,
) -> dict[str, str]:
    """Return the card as the files ``model_card.md`` and ``model_card.html``.

    ``report`` is that of the validation set; ``probabilities`` are those of the rows ``test``.
    """
    content = {
        "experiment": experiment,
        "synthetic": synthetic,
        "test_metrics": _measure_test(test, probabilities, experiment.threshold),
        "subgroups": report["slices"],
        "operating_points": report["operating_points"],
    }
    environment = _environment()
    markdown = environment.get_template("model_card.md.j2")
    html = environment.get_template("model_card.html.j2")
    return {
        "model_card.md": markdown.render(content),
        "model_card.html": html.render(content),
    }


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE_FOLDER),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    return environment


def _cell(value: object) -> str:
    """Format a value for a table."""
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)


def _measure_test(
    test: pd.DataFrame, probabilities: Scores, threshold: float
) -> list[MetricInterval]:
    # The bootstrap's measures expect rows in falling order of probability.
    order = np.argsort(-probabilities, kind="stable")
    falling = probabilities[order]
    target = target_of(test)[order]
    squared_errors = (falling - target) ** 2

    def brier_score(weights: Weights) -> float:
        mean = np.average(squared_errors, weights=weights)
        return float(mean)

    measures: dict[str, Callable[[Weights], float]] = {
        "AUC": partial(ranked_auc, target),
        "average precision": partial(ranked_precision, target),
        "Brier score": brier_score,
        "F1 at the threshold": partial(weighted_f1, target, falling >= threshold),
    }
    each_row_once = np.ones(len(test))
    patients = test["patient_nbr"].iloc[order]
    metrics = []
    for name, measure in measures.items():
        low, high = interval(measure, patients)
        metric = MetricInterval(
            name=name,
            value=measure(each_row_once),
            low=low,
            high=high,
        )
        metrics.append(metric)
    return metrics
