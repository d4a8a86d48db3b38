"""Predictions as rows of ``raw_data.predictions``."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, and_
from sqlalchemy.dialects import mysql, sqlite

from connections.prediction_table import PREDICTIONS
from readmission.identifiers import first_id_of
from readmission.records import Prediction, PredictionFilter
from readmission.schema import FIELDS

_SLACK = timedelta(minutes=1)
"""Ids are made a moment after the time beside them; their order finds the rows, the time decides."""
_fields_in_order = itemgetter(*(field.name for field in FIELDS))


@lru_cache(maxsize=8)
def _naive(moment: datetime) -> str:
    """Return a UTC time as both databases read it, written once for the rows of a commit, which share it.

    The raw statement passes no SQLAlchemy types.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def insert_once(engine: Engine) -> str:
    """Return the statement with positional parameters, as both drivers take them fastest."""
    if engine.dialect.name == "mysql":
        kept = mysql.insert(PREDICTIONS)
        statement = kept.on_duplicate_key_update(prediction_id=PREDICTIONS.c.prediction_id)
        return str(statement.compile(dialect=mysql.pymysql.dialect(paramstyle="format")))
    return str(sqlite.insert(PREDICTIONS).on_conflict_do_nothing().compile(dialect=engine.dialect))


def row_of(made: Prediction) -> tuple[Any, ...]:
    """Return what the statement takes."""
    return (
        made.prediction_id, *_fields_in_order(made.fields), made.predicted_readmitted, made.probability,
        _naive(made.made_at), made.model_name, made.model_version, made.threshold, made.synthetic,
        made.outcome, made.outcome_at,
    )  # fmt: skip


def prediction_of(row: Row[Any]) -> Prediction:
    """Return what a row holds."""
    return Prediction(
        row.prediction_id, row.prediction_timestamp, {field.name: row._mapping[field.name] for field in FIELDS},
        row.predicted_readmitted, row.prediction_proba, row.model_name, row.model_version, row.threshold,
        row.synthetic, row.outcome, row.outcome_at,
    )  # fmt: skip


def conditions(wanted: PredictionFilter) -> list[ColumnElement[bool]]:
    """Return what a filter asks of a row."""
    table = PREDICTIONS.c
    asked: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "made_from": lambda moment: and_(
            table.prediction_id >= first_id_of(moment - _SLACK), table.prediction_timestamp >= moment
        ),
        "made_until": lambda moment: and_(
            table.prediction_id < first_id_of(moment + _SLACK), table.prediction_timestamp < moment
        ),
        "model_version": lambda version: table.model_version == version,
        "predicted_readmitted": lambda prediction: table.predicted_readmitted == prediction,
        "with_outcome": lambda known: table.outcome_at.is_not(None) if known else table.outcome_at.is_(None),
        "before_id": lambda last_id: table.prediction_id < last_id,
    }
    return [condition(getattr(wanted, name)) for name, condition in asked.items() if getattr(wanted, name) is not None]
