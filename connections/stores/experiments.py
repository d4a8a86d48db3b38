"""What trainings leave in ``clean_data``: a row for each candidate, and each champion decision."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime

from sqlalchemy import desc, func, insert, select

from connections.database.engine import Database
from connections.database.tables import EXPERIMENTS, PROMOTIONS
from readmission.records import Experiment, Promotion

_EXPERIMENT_COLUMNS = [EXPERIMENTS.c[field.name] for field in fields(Experiment)]
_PROMOTION_COLUMNS = [PROMOTIONS.c[field.name] for field in fields(Promotion)]


def save_experiments(database: Database, experiments: Sequence[Experiment]) -> None:
    """Insert or replace rows by (``training_id``, ``batch_id``)."""
    if not experiments:
        return
    saved_at = datetime.now(UTC)
    rows = []
    for experiment in experiments:
        row = asdict(experiment)
        row["timestamp"] = saved_at
        rows.append(row)
    upsert = database.dialect.upsert(EXPERIMENTS)
    with database.begin() as connection:
        connection.execute(upsert, rows)


def read_experiments(database: Database, training_id: str | None) -> list[Experiment]:
    """Return one training's rows by batch, or all, newest training first."""
    query = select(*_EXPERIMENT_COLUMNS)
    if training_id is not None:
        query = query.filter_by(training_id=training_id)
    table = EXPERIMENTS.c
    latest_timestamp = func.max(table.timestamp)
    saved_at = latest_timestamp.over(partition_by=table.training_id)
    newest_first = query.order_by(
        desc(saved_at),
        table.training_id,
        table.batch_id,
    )
    rows = database.read_all(newest_first)
    return [Experiment(**row) for row in rows]


def append_promotion(database: Database, promotion: Promotion) -> None:
    """Record one decision."""
    row = asdict(promotion)
    statement = insert(PROMOTIONS).values(**row)
    with database.begin() as connection:
        connection.execute(statement)


def read_promotions(database: Database) -> list[Promotion]:
    """Return all decisions, newest first."""
    all_promotions = select(*_PROMOTION_COLUMNS)
    newest_first = PROMOTIONS.c.promotion_id.desc()
    query = all_promotions.order_by(newest_first)
    rows = database.read_all(query)
    return [Promotion(**row) for row in rows]
