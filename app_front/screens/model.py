"""Which model answers, how it was chosen, and how good it is."""

import os
from typing import Any

import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.api import from_environment
from app_front.components.error_messages import explained
from app_front.components.model_report import draw_report
from app_front.components.tables import Cell, draw_table
from app_front.language import NOTHING, decimal, percent, say, whole

MLFLOW_VARIABLE, MLFLOW_URL = "MLFLOW_UI_URL", "http://127.0.0.1:8084"
AVERAGE = 0
"""The ``batch_id`` of the candidate that averages all batches."""
METRICS = {
    "val_f1": texts.F1,
    "val_auc": texts.AUC,
    "val_average_precision": texts.AVERAGE_PRECISION,
    "val_precision": texts.PRECISION,
    "val_recall": texts.RECALL,
    "val_accuracy": texts.ACCURACY,
}

HEADLINES = (
    ("val_f1", texts.F1, texts.VALIDATION),
    ("val_auc", texts.AUC, texts.VALIDATION),
    ("test_f1", texts.F1, texts.TEST),
    ("test_auc", texts.AUC, texts.TEST),
)


def show() -> None:
    """Draw the page."""
    st.title(say(texts.MODEL), anchor=False)
    st.markdown(say(texts.MODEL_INTRO))
    with explained():
        model = from_environment().get("/model")
        _draw_champion(model)
        _draw_experiments(model)
        _draw_evidence()
        _draw_promotions()


def _draw_champion(model: dict[str, Any]) -> None:
    st.subheader(say(texts.CHAMPION), anchor=False)
    if model["problem"]:
        st.warning(say(texts.NOT_THE_CHAMPION, reason=model["problem"]))
    metrics = model["metrics"]
    with st.grid(min_column_width=150):
        st.metric(say(texts.VERSION_COLUMN), model["version"], border=True)
        st.metric(say(texts.THRESHOLD), percent(model["threshold"], 1), border=True)
        for name, label, rows in HEADLINES:
            st.metric(
                say(rows, metric=say(label)),
                decimal(metrics[name]) if name in metrics else NOTHING,
                border=True,
            )
    st.markdown(
        say(
            texts.CHAMPION_FACTS,
            name=model["name"],
            data=model["data_version"],
            loaded=_moment(model["loaded_at"]),
            source=say(texts.FROM_CACHE if model["source"] == "cache" else texts.FROM_REGISTRY),
        )
    )
    st.link_button(say(texts.SEE_IN_MLFLOW), _mlflow(model), icon=":material/open_in_new:")


def _mlflow(model: dict[str, Any]) -> str:
    """Return the page of the registered version, which leads to its run."""
    address = os.environ.get(MLFLOW_VARIABLE, MLFLOW_URL).rstrip("/")
    return f"{address}/#/models/{model['name']}/versions/{model['version']}"


def _moment(text: str) -> str:
    return f"{pd.Timestamp(text):%Y-%m-%d %H:%M} UTC"


def _draw_experiments(model: dict[str, Any]) -> None:
    """Draw the candidates of the newest training side by side, the best value of each column in colour."""
    experiments = from_environment().get("/experiments")["experiments"]
    st.subheader(say(texts.CANDIDATES), anchor=False)
    if not experiments:
        st.info(say(texts.NO_EXPERIMENTS), icon=":material/inbox:")
        return
    trainings = list(dict.fromkeys(one["training_id"] for one in experiments))
    training = (
        st.selectbox(say(texts.TRAINING), trainings, key="training")
        if len(trainings) > 1
        else trainings[0]
    )
    rows = sorted(
        (one for one in experiments if one["training_id"] == training),
        key=lambda one: one["batch_id"],
    )
    st.caption(say(texts.CANDIDATES_NOTE, rows=len(rows)))
    _draw_candidates(rows, model["run_id"])


def _draw_candidates(rows: list[dict[str, Any]], champion_run: str) -> None:
    header = [texts.BATCH, texts.ROWS, *METRICS.values(), texts.THRESHOLD, texts.SECONDS]
    best = {name: max(one[name] for one in rows) for name in METRICS}
    draw_table(
        say(texts.CANDIDATES),
        list(map(say, header)),
        [_candidate(one, best, champion_run) for one in rows],
    )


def _candidate(one: dict[str, Any], best: dict[str, float], champion_run: str) -> list[Cell]:
    metrics: list[Cell] = [
        (decimal(one[name]), "best" if one[name] == best[name] else "") for name in METRICS
    ]
    return [
        _batch(one, champion_run),
        whole(one["rows"]),
        *metrics,
        decimal(one["threshold"]),
        decimal(one["seconds"], 1),
    ]


def _batch(one: dict[str, Any], champion_run: str) -> str:
    name = say(texts.AVERAGE_OF_ALL) if one["batch_id"] == AVERAGE else str(one["batch_id"])
    return f"{name} ★" if one["run_id"] == champion_run else name


def _draw_evidence() -> None:
    st.subheader(say(texts.EVIDENCE), anchor=False)
    with explained():
        draw_report(from_environment().get("/model/report")["report"])


def _draw_promotions() -> None:
    st.subheader(say(texts.PROMOTIONS), anchor=False)
    with explained():
        promotions = from_environment().get("/promotions")["promotions"]
        header = [texts.MADE_AT, texts.DECISION, texts.REASON, texts.VERSION_COLUMN, texts.FORMER]
        draw_table(
            say(texts.PROMOTIONS),
            list(map(say, header)),
            [_promotion(one) for one in promotions],
            texts=3,
        )


def _promotion(one: dict[str, Any]) -> list[Cell]:
    former = NOTHING if one["champion_version"] is None else str(one["champion_version"])
    action = say(texts.ACTIONS[one["action"]])
    return [
        _moment(one["decided_at"]),
        action,
        one["reason"],
        str(one["candidate_version"]),
        former,
    ]
