"""The prediction log in the database: many rows a commit, each row once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, Literal

from pydantic import SecretStr
from pymysql.cursors import Cursor
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, event, make_url, select, update
from sqlalchemy.dialects import mysql, sqlite

from connections.database.create_tables import create_tables
from connections.database.tables import PREDICTIONS
from connections.settings import Settings
from readmission.errors import UnreachableError
from readmission.ids import first_id_of
from readmission.records import LabelledPrediction, Prediction, PredictionFilter
from readmission.schema import FIELDS

ANSWER_TIMEOUT_S = 5
_ESCAPED_VALUES = 4096
"""Remembered by each connection that writes."""
_AUTOCOMMIT: Literal["AUTOCOMMIT"] = "AUTOCOMMIT"


class SqlPredictionLog:
    """``raw_data.predictions`` for many threads; the connections that write are kept apart from the pool, ready."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writers = _committing_by_itself(engine) if engine.dialect.name == "mysql" else engine
        self._statement = insert_once(engine)
        self._idle: deque[Connection] = deque()
        self._tables_exist = False

    def close(self) -> None:
        """Close all connections."""
        self._drop_idle()
        self._engine.dispose()

    def check(self) -> None:
        """Return if a prediction could be stored now."""
        with self._begin() as connection:
            connection.execute(select(PREDICTIONS.c.prediction_id).limit(1))

    def append(self, predictions: Sequence[Prediction]) -> None:
        """Make all rows durable in one commit; tried twice, because an idle connection may have been cut."""
        rows = [row_of(prediction) for prediction in predictions]
        try:
            self._write(rows)
        except UnreachableError:
            self._write(rows)

    def find(self, prediction_id: str) -> Prediction | None:
        """Return one prediction."""
        with self._begin() as connection:
            row = connection.execute(
                select(PREDICTIONS).filter_by(prediction_id=prediction_id)
            ).first()
        return None if row is None else prediction_from_row(row)

    def read(self, wanted: PredictionFilter, limit: int) -> list[Prediction]:
        """Return predictions, newest first: their ids begin with their time."""
        newest = (
            select(PREDICTIONS)
            .where(*conditions(wanted))
            .order_by(PREDICTIONS.c.prediction_id.desc())
        )
        with self._begin() as connection:
            return [prediction_from_row(row) for row in connection.execute(newest.limit(limit))]

    def save_outcome(self, prediction_id: str, outcome: int, known_at: datetime) -> bool:
        """Record what became of the patient; False when there is no such prediction."""
        known = update(PREDICTIONS).filter_by(prediction_id=prediction_id)
        with self._begin() as connection:
            return (
                connection.execute(known.values(outcome=outcome, outcome_at=known_at)).rowcount == 1
            )

    def read_labelled(self, model_version: int, limit: int) -> list[LabelledPrediction]:
        """Return the latest judged predictions of one model version."""
        table = PREDICTIONS.c
        judged = select(table.prediction_proba, table.predicted_readmitted, table.outcome).where(
            table.outcome_at.is_not(None), table.model_version == model_version
        )
        with self._begin() as connection:
            return [
                LabelledPrediction(*row)
                for row in connection.execute(judged.order_by(table.outcome_at.desc()).limit(limit))
            ]

    def _write(self, rows: list[tuple[Any, ...]]) -> None:
        with self._writer() as connection:
            connection.exec_driver_sql(self._statement, rows)
            if self._writers is self._engine:
                connection.commit()

    @contextmanager
    def _writer(self) -> Iterator[Connection]:
        """Lend a kept connection; after any failure all of them are suspect, and opened anew."""
        self._create_tables_once()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._writers.connect()
        try:
            yield connection
        except BaseException:
            self._idle.append(connection)
            self._drop_idle()
            raise
        self._idle.append(connection)

    def _drop_idle(self) -> None:
        while self._idle:
            suspect = self._idle.pop()
            suspect.invalidate()
            suspect.close()

    def _begin(self) -> AbstractContextManager[Connection]:
        self._create_tables_once()
        return self._engine.begin()

    def _create_tables_once(self) -> None:
        if not self._tables_exist:
            create_tables(self._engine)
            self._tables_exist = True


def impatient(settings: Settings) -> Settings:
    """Return settings whose MySQL connections give up on a silent server, so that a request is answered in time."""
    if settings.embedded:
        return settings
    url = make_url(settings.database_url.get_secret_value())
    limits = {"read_timeout": str(ANSWER_TIMEOUT_S), "write_timeout": str(ANSWER_TIMEOUT_S)}
    text = url.update_query_dict(limits).render_as_string(hide_password=False)
    return settings.model_copy(update={"database_url": SecretStr(text)})


def _committing_by_itself(engine: Engine) -> Engine:
    """Return an engine on which many rows are one statement, and a statement is a transaction: one round trip."""
    event.listen(engine, "connect", _write_many_rows_fast)
    return engine.execution_options(isolation_level=_AUTOCOMMIT)


def _write_many_rows_fast(connection: Any, _record: object) -> None:
    """Take long statements, and escape a value once: most fields have few values, and escaping is half of a write."""
    connection.cursorclass = _OneStatement
    connection.escape = lru_cache(_ESCAPED_VALUES, typed=True)(connection.escape)


class _OneStatement(Cursor):
    max_stmt_length = 32 * 2**20


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
        made.prediction_id,
        *_fields_in_order(made.fields),
        made.predicted_readmitted,
        made.probability,
        _naive(made.made_at),
        made.model_name,
        made.model_version,
        made.threshold,
        made.synthetic,
        made.outcome,
        made.outcome_at,
    )


def prediction_from_row(row: Row[Any]) -> Prediction:
    """Return what a row holds."""
    return Prediction(
        row.prediction_id,
        row.prediction_timestamp,
        {field.name: row._mapping[field.name] for field in FIELDS},
        row.predicted_readmitted,
        row.prediction_proba,
        row.model_name,
        row.model_version,
        row.threshold,
        row.synthetic,
        row.outcome,
        row.outcome_at,
    )


def conditions(wanted: PredictionFilter) -> list[ColumnElement[bool]]:
    """Return what a filter asks of a row."""
    table = PREDICTIONS.c
    asked: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "made_from": lambda moment: and_(
            table.prediction_id >= first_id_of(moment - _SLACK),
            table.prediction_timestamp >= moment,
        ),
        "made_until": lambda moment: and_(
            table.prediction_id < first_id_of(moment + _SLACK), table.prediction_timestamp < moment
        ),
        "model_version": lambda version: table.model_version == version,
        "predicted_readmitted": lambda prediction: table.predicted_readmitted == prediction,
        "with_outcome": lambda known: (
            table.outcome_at.is_not(None) if known else table.outcome_at.is_(None)
        ),
        "before_id": lambda last_id: table.prediction_id < last_id,
    }
    return [
        condition(getattr(wanted, name))
        for name, condition in asked.items()
        if getattr(wanted, name) is not None
    ]
