"""The model card: what the winner is for, how good it is and for whom, where it ends. Markdown and HTML."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

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

Table = Sequence[Sequence[str]]

_USE = (
    "Points out, at discharge, patients with diabetes who are likely to be admitted again within 30 days, so that "
    "somebody looks at their discharge plan. It supports a clinician's decision and replaces none. "
    "Not for billing, triage in an emergency, or deciding who is treated."
)
_COHORT = (
    "Inpatient stays of 1 to 14 days of patients with diabetes in 130 US hospitals, 1999 to 2008. Stays that ended in "
    "death or hospice, and unknown genders, are left out. Patients are split 80/15/5, none is in two parts."
)
_LIMITS = (
    "The data are from the United States before 2009: coding, treatment and discharge have changed since, so "
    "calibrate again on local patients before use. What happened in other stays of the same patient is unknown to the "
    "model. Most readmissions are not foreseeable from these fields: an AUC near 0.68 is the state of the art on them. "
    "Small groups (see rows) are measured roughly."
)


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    text: str = ""
    table: Table = ()


def model_card(
    experiment: Experiment,
    report: Report,
    test: pd.DataFrame,
    probabilities: Scores,
    *,
    synthetic: bool,
) -> dict[str, str]:
    """Return the card as the files ``model_card.md`` and ``model_card.html``."""
    sections = _sections(
        experiment,
        report,
        _with_intervals(test, probabilities, experiment.threshold),
        synthetic=synthetic,
    )
    return {"model_card.md": _markdown(sections), "model_card.html": _html(sections)}


def _sections(
    experiment: Experiment, report: Report, measured: Table, *, synthetic: bool
) -> list[_Section]:
    who = f"batch {experiment.batch_id}" if experiment.batch_id else "the average of all batches"
    dataset = (
        "SYNTHETIC sample: a demonstration only, useless for patients" if synthetic else "real"
    )
    facts = [
        ("candidate", who),
        ("training", experiment.training_id),
        ("data version", experiment.data_version),
        ("dataset", dataset),
        ("training rows", f"{experiment.rows:,}"),
        ("threshold", f"{experiment.threshold:.4f}"),
    ]
    return [
        _Section("Readmission within 30 days: model card", table=[("fact", "value"), *facts]),
        _Section("Intended use", _USE),
        _Section("Cohort", _COHORT),
        _Section(
            "Test set",
            "Read once, after the choice. 95 % intervals from drawing patients anew.",
            measured,
        ),
        _Section("Validation, by race, gender and age", table=_rows(report["slices"])),
        _Section("Validation, at other thresholds", table=_rows(report["operating_points"])),
        _Section("Limits", _LIMITS),
    ]


def _with_intervals(test: pd.DataFrame, told: Scores, threshold: float) -> Table:
    order = np.argsort(-told, kind="stable")
    target, told, patients = target_of(test)[order], told[order], test["patient_nbr"].iloc[order]
    measures: dict[str, Callable[[Weights], float]] = {
        "AUC": lambda weights: ranked_auc(target, weights),
        "average precision": lambda weights: ranked_precision(target, weights),
        "Brier score": lambda weights: float(np.average((told - target) ** 2, weights=weights)),
        "F1 at the threshold": lambda weights: weighted_f1(target, told >= threshold, weights),
    }
    lines: list[tuple[str, ...]] = [("metric", "value", "95 % from", "to")]
    for name, measure in measures.items():
        values = (measure(np.ones(len(test))), *interval(measure, patients))
        lines.append((name, *(f"{value:.4f}" for value in values)))
    return lines


def _rows(records: Sequence[Mapping[str, object]]) -> Table:
    return (
        [tuple(records[0]), *(tuple(map(_shown, one.values())) for one in records)]
        if records
        else ()
    )


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _markdown(sections: Sequence[_Section]) -> str:
    parts = []
    for level, section in enumerate(sections):
        lines = [" | ".join(line) for line in section.table]
        lines[1:1] = ["|".join("---" for _ in section.table[0])] if lines else []
        parts += [
            f"{'##' if level else '#'} {section.title}",
            section.text,
            "\n".join(f"| {line} |" for line in lines),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(sections: Sequence[_Section]) -> str:
    parts = [
        f"<h2>{escape(one.title)}</h2><p>{escape(one.text)}</p>{_html_table(one.table)}"
        for one in sections
    ]
    style = "body{font-family:sans-serif;max-width:60rem;margin:auto}td,th{padding:.2rem .6rem;text-align:left}"
    title = escape(sections[0].title)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{style}</style>'
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'
    )


def _html_table(table: Table) -> str:
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in line) for line in table]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>" if lines else ""
