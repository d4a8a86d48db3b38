"""Model: which model is served, how it was chosen, and how good it is."""

import os
from collections.abc import Sequence

import streamlit as st

from app_front import translations as texts
from app_front.api import api_from_environment
from app_front.api_responses import Experiment, MetricName, Model, Promotion
from app_front.components.elements import (
    draw_caption,
    draw_empty_notice,
    draw_metric,
    draw_page_heading,
    draw_section_heading,
    draw_text,
)
from app_front.components.error_messages import errors_explained
from app_front.components.model_report import draw_report
from app_front.components.tables import Cell, Highlight, draw_table
from app_front.language import (
    NO_VALUE,
    format_count,
    format_decimal,
    format_moment,
    format_percent,
    translate,
)
from app_front.promotion_reasons import explain_promotion
from readmission.schema import Label

MLFLOW_VARIABLE = "MLFLOW_UI_URL"
DEFAULT_MLFLOW_URL = "http://127.0.0.1:8084"
AVERAGE_BATCH_ID = 0
"""The ``batch_id`` of the candidate that averages the models of all batches."""

CANDIDATE_METRICS: dict[MetricName, Label] = {
    "val_f1": texts.F1,
    "val_auc": texts.AUC,
    "val_average_precision": texts.AVERAGE_PRECISION,
    "val_precision": texts.PRECISION,
    "val_recall": texts.RECALL,
    "val_accuracy": texts.ACCURACY,
}
CHAMPION_METRICS = (
    ("val_f1", texts.F1, texts.VALIDATION),
    ("val_auc", texts.AUC, texts.VALIDATION),
    ("test_f1", texts.F1, texts.TEST),
    ("test_auc", texts.AUC, texts.TEST),
)
"""Metric, its label, and the label of the rows that it is measured on."""

CANDIDATE_TITLES = (
    texts.BATCH_ID,
    texts.ROWS,
    *CANDIDATE_METRICS.values(),
    texts.THRESHOLD,
    texts.SECONDS,
)
PROMOTION_TITLES = (
    texts.DECIDED_AT,
    texts.DECISION,
    texts.REASON,
    texts.VERSION_COLUMN,
    texts.PREVIOUS_CHAMPION,
)


def show() -> None:
    """Draw the page."""
    draw_page_heading(texts.MODEL, texts.MODEL_INTRO)
    with errors_explained():
        model = api_from_environment().fetch_model()
        _draw_champion(model)
        _draw_experiments(model["run_id"])
        _draw_evidence()
        _draw_promotions()


def _draw_champion(model: Model) -> None:
    draw_section_heading(texts.CHAMPION)
    if model["problem"]:
        st.warning(translate(texts.NOT_THE_CHAMPION))
    _draw_champion_metrics(model)
    source = texts.FROM_CACHE if model["source"] == "cache" else texts.FROM_REGISTRY
    draw_text(
        texts.CHAMPION_FACTS,
        name=model["name"],
        data=model["data_version"],
        loaded=format_moment(model["loaded_at"]),
        source=translate(source),
    )
    st.link_button(
        translate(texts.SEE_IN_MLFLOW),
        _mlflow_url(model),
        icon=":material/open_in_new:",
    )


def _draw_champion_metrics(model: Model) -> None:
    metrics = model["metrics"]
    with st.grid(min_column_width=150):
        version = str(model["version"])
        draw_metric(texts.VERSION_COLUMN, version)
        threshold = format_percent(model["threshold"], 1)
        draw_metric(texts.THRESHOLD, threshold)
        for name, metric_label, rows_label in CHAMPION_METRICS:
            metric = translate(metric_label)
            value = NO_VALUE
            if name in metrics:
                value = format_decimal(metrics[name])
            draw_metric(rows_label, value, metric=metric)


def _mlflow_url(model: Model) -> str:
    """Return the address of the run that trained the model."""
    address = os.environ.get(MLFLOW_VARIABLE, DEFAULT_MLFLOW_URL)
    server = address.rstrip("/")
    run_id = model["run_id"]
    return f"{server}/#/runs/{run_id}"


def _draw_experiments(champion_run_id: str) -> None:
    """Draw the candidates of one training, the newest unless the visitor chooses another."""
    experiments = api_from_environment().fetch_experiments()
    draw_section_heading(texts.CANDIDATES)
    if not experiments:
        draw_empty_notice(texts.NO_EXPERIMENTS)
        return
    training_id = _choose_training(experiments)
    candidates = [
        experiment for experiment in experiments if experiment["training_id"] == training_id
    ]
    candidates.sort(key=lambda candidate: candidate["batch_id"])
    draw_caption(texts.CANDIDATES_NOTE, rows=len(candidates))
    _draw_candidates(candidates, champion_run_id)


def _choose_training(experiments: Sequence[Experiment]) -> str:
    """Return the training to show; the API lists the newest first."""
    training_ids: list[str] = []
    for experiment in experiments:
        training_id = experiment["training_id"]
        if training_id not in training_ids:
            training_ids.append(training_id)
    if len(training_ids) == 1:
        return training_ids[0]
    return st.selectbox(
        translate(texts.TRAINING),
        training_ids,
        key="training",
    )


def _draw_candidates(candidates: Sequence[Experiment], champion_run_id: str) -> None:
    """Draw the candidates side by side; the best value of each metric is highlighted."""
    best_values: dict[MetricName, float] = {}
    for name in CANDIDATE_METRICS:
        values = [candidate[name] for candidate in candidates]
        best_values[name] = max(values)
    rows = []
    for candidate in candidates:
        title = _candidate_title(candidate, champion_run_id)
        cells = _candidate_cells(candidate, best_values)
        rows.append([title, *cells])
    draw_table(texts.CANDIDATES, CANDIDATE_TITLES, rows)


def _candidate_title(candidate: Experiment, champion_run_id: str) -> str:
    """Name a candidate by its batch; a star marks the champion."""
    batch_id = candidate["batch_id"]
    title = str(batch_id)
    if batch_id == AVERAGE_BATCH_ID:
        title = translate(texts.AVERAGE_OF_ALL)
    is_champion = candidate["run_id"] == champion_run_id
    return f"{title} ★" if is_champion else title


def _candidate_cells(candidate: Experiment, best_values: dict[MetricName, float]) -> list[Cell]:
    metric_cells: list[Cell] = []
    for name, best_value in best_values.items():
        value = candidate[name]
        text = format_decimal(value)
        is_best = value == best_value
        metric_cells.append(Highlight(text, "best") if is_best else text)
    return [
        format_count(candidate["rows"]),
        *metric_cells,
        format_decimal(candidate["threshold"]),
        format_decimal(candidate["seconds"], 1),
    ]


def _draw_evidence() -> None:
    draw_section_heading(texts.EVIDENCE)
    with errors_explained():
        report = api_from_environment().fetch_report()
        draw_report(report)


def _draw_promotions() -> None:
    draw_section_heading(texts.PROMOTIONS)
    with errors_explained():
        promotions = api_from_environment().fetch_promotions()
        rows = [_promotion_row(promotion) for promotion in promotions]
        draw_table(
            texts.PROMOTIONS,
            PROMOTION_TITLES,
            rows,
            text_columns=3,
        )


def _promotion_row(promotion: Promotion) -> list[str]:
    previous_champion = promotion["champion_version"]
    return [
        format_moment(promotion["decided_at"]),
        translate(texts.ACTIONS[promotion["action"]]),
        explain_promotion(promotion["reason"]),
        str(promotion["candidate_version"]),
        NO_VALUE if previous_champion is None else str(previous_champion),
    ]
