"""The prediction log in the database: many rows in a commit, each row once."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Engine, Row, delete, insert, select, update
from typing_extensions import override

from connections.database.engine import Database, open_append_engine, open_database
from connections.database.tables import OUTCOMES, PREDICTIONS
from connections.settings import Settings
from readmission.errors import UnreachableError
from readmission.ids import first_id_of, new_id
from readmission.ports.serving import PredictionLog
from readmission.records import LabelledPrediction, OutcomeReport, Prediction, PredictionFilter
from readmission.schema import FIELDS

ANSWER_TIMEOUT_S = 5
"""A silent server is given up after so long, so that a request is answered in time."""
_STORED_JUST_NOW_S = 5
_CLOCK_TOLERANCE = timedelta(minutes=1)
"""An id is made a moment after its row's timestamp: ids find the rows, timestamps decide."""
_FIELD_NAMES = [field.name for field in FIELDS]
_values_of_fields = itemgetter(*_FIELD_NAMES)


def open_prediction_log(settings: Settings) -> "SqlPredictionLog":
    """Return the log in the database that ``settings`` name."""
    timeout_s = ANSWER_TIMEOUT_S
    database = open_database(settings, answer_timeout_s=timeout_s)
    append_engine = open_append_engine(settings, answer_timeout_s=timeout_s)
    return SqlPredictionLog(database, append_engine)


class SqlPredictionLog(PredictionLog):
    """``raw_data.predictions``, for many threads."""

    def __init__(self, database: Database, append_engine: Engine) -> None:
        dialect = database.dialect
        self.commits_at_once = dialect.commits_at_once
        self._database = database
        self._append_engine = append_engine
        self._insert_once = dialect.insert_once(PREDICTIONS)
        self._stored_at = -math.inf

    @override
    def close(self) -> None:
        self._append_engine.dispose()
        self._database.dispose()

    @override
    def check(self) -> None:
        """Store a row and take it away in one transaction, unless one was stored just now.

        Both are written to the disk, so a full one is noticed, and no reader sees the row.
        """
        if time.monotonic() - self._stored_at < _STORED_JUST_NOW_S:
            return
        row = _probe()
        take_away = delete(PREDICTIONS).filter_by(prediction_id=row[0])
        with self._database.begin() as connection:
            connection.exec_driver_sql(self._insert_once, row)
            connection.execute(take_away)

    @override
    def append(self, predictions: Sequence[Prediction]) -> None:
        """Try twice, because the server may have cut a connection that was idle."""
        rows = [_row_of(prediction) for prediction in predictions]
        self._stored_at = -math.inf
        try:
            self._append(rows)
        except UnreachableError:
            self._append(rows)
        self._stored_at = time.monotonic()

    @override
    def find(self, prediction_id: str) -> Prediction | None:
        query = select(PREDICTIONS).filter_by(prediction_id=prediction_id)
        with self._database.begin() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return _prediction_from_row(row)

    @override
    def read(self, where: PredictionFilter, limit: int) -> list[Prediction]:
        conditions = _conditions(where)
        matching = select(PREDICTIONS).where(*conditions)
        newest_first = PREDICTIONS.c.prediction_id.desc()  # ids begin with their time
        query = matching.order_by(newest_first).limit(limit)
        with self._database.begin() as connection:
            rows = connection.execute(query)
            return [_prediction_from_row(row) for row in rows]

    @override
    def save_outcome(self, report: OutcomeReport) -> bool:
        known_at = None if report.outcome is None else report.recorded_at
        prediction = update(PREDICTIONS).filter_by(prediction_id=report.prediction_id)
        set_outcome = prediction.values(outcome=report.outcome, outcome_at=known_at)
        append_report = insert(OUTCOMES).values(asdict(report))
        with self._database.begin() as connection:
            result = connection.execute(set_outcome)
            is_found = result.rowcount == 1
            if is_found:
                connection.execute(append_report)
        return is_found

    @override
    def read_outcomes(self, prediction_id: str) -> list[OutcomeReport]:
        table = OUTCOMES.c
        reports = select(table.prediction_id, table.outcome, table.recorded_at, table.actor)
        of_prediction = reports.where(table.prediction_id == prediction_id)
        query = of_prediction.order_by(table.outcome_id)
        with self._database.begin() as connection:
            rows = connection.execute(query)
            return [OutcomeReport(*row) for row in rows]

    @override
    def read_labelled(self, model_version: int, limit: int) -> list[LabelledPrediction]:
        table = PREDICTIONS.c
        labelled = select(
            table.prediction_proba,
            table.predicted_readmitted,
            table.outcome,
        ).where(
            table.outcome_at.is_not(None),
            table.model_version == model_version,
        )
        newest_first = table.outcome_at.desc()
        query = labelled.order_by(newest_first).limit(limit)
        with self._database.begin() as connection:
            rows = connection.execute(query)
            return [LabelledPrediction(*row) for row in rows]

    def _append(self, rows: list[tuple[Any, ...]]) -> None:
        database = self._database
        database.create_tables_once()
        database.dialect.append(self._append_engine, self._insert_once, rows)


def _probe() -> tuple[Any, ...]:
    """Return a row like that of a prediction."""
    prediction = Prediction(
        prediction_id=new_id(),
        made_at=datetime.now(UTC),
        fields={field.name: field.default for field in FIELDS},
        predicted_readmitted=0,
        probability=0.0,
        model_name="readiness check",
        model_version=0,
        threshold=0.0,
        synthetic=True,
    )
    return _row_of(prediction)


def _row_of(prediction: Prediction) -> tuple[Any, ...]:
    """Return the values in the table's order; the raw INSERT passes no SQLAlchemy types."""
    return (
        prediction.prediction_id,
        *_values_of_fields(prediction.fields),
        prediction.predicted_readmitted,
        prediction.probability,
        _format_utc(prediction.made_at),
        prediction.model_name,
        prediction.model_version,
        prediction.threshold,
        prediction.synthetic,
        prediction.outcome,
        prediction.outcome_at,
        prediction.patient_label,
        _as_json(prediction.given_diagnoses),
    )


def _as_json(given_diagnoses: Mapping[str, str] | None) -> str | None:
    if given_diagnoses is None:
        return None
    return orjson.dumps(given_diagnoses).decode()


@lru_cache(maxsize=8)
def _format_utc(moment: datetime) -> str:
    """Return a time as both databases read it; the rows of a commit share it, hence the cache."""
    utc = moment.astimezone(UTC)
    without_zone = utc.replace(tzinfo=None)
    return without_zone.isoformat(" ", "microseconds")


def _prediction_from_row(row: Row[Any]) -> Prediction:
    return Prediction(
        prediction_id=row.prediction_id,
        made_at=row.prediction_timestamp,
        fields={name: row._mapping[name] for name in _FIELD_NAMES},
        predicted_readmitted=row.predicted_readmitted,
        probability=row.prediction_proba,
        model_name=row.model_name,
        model_version=row.model_version,
        threshold=row.threshold,
        synthetic=row.synthetic,
        outcome=row.outcome,
        outcome_at=row.outcome_at,
        patient_label=row.patient_label,
        given_diagnoses=row.given_diagnoses and orjson.loads(row.given_diagnoses),
    )


def _conditions(where: PredictionFilter) -> list[ColumnElement[bool]]:
    table = PREDICTIONS.c
    conditions = _time_conditions(where)
    if where.model_version is not None:
        conditions.append(table.model_version == where.model_version)
    if where.predicted_readmitted is not None:
        conditions.append(table.predicted_readmitted == where.predicted_readmitted)
    if where.with_outcome is not None:
        has_outcome = table.outcome_at.is_not(None)
        conditions.append(has_outcome if where.with_outcome else ~has_outcome)
    if where.patient_label is not None:
        conditions.append(table.patient_label == where.patient_label)
    if where.before_id is not None:
        conditions.append(table.prediction_id < where.before_id)
    return conditions


def _time_conditions(where: PredictionFilter) -> list[ColumnElement[bool]]:
    """Return the limits on a prediction's time, and those on its id, which has an index."""
    ids = PREDICTIONS.c.prediction_id
    timestamps = PREDICTIONS.c.prediction_timestamp
    conditions: list[ColumnElement[bool]] = []
    if where.made_from is not None:
        earliest = where.made_from - _CLOCK_TOLERANCE
        first_id = first_id_of(earliest)
        conditions.append(ids >= first_id)
        conditions.append(timestamps >= where.made_from)
    if where.made_until is not None:
        latest = where.made_until + _CLOCK_TOLERANCE
        end_id = first_id_of(latest)
        conditions.append(ids < end_id)
        conditions.append(timestamps < where.made_until)
    return conditions
