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
    now = datetime.now(UTC)
    rows = [asdict(experiment) | {"timestamp": now} for experiment in experiments]
    with database.begin() as connection:
        connection.execute(database.dialect.upsert(EXPERIMENTS), rows)


def read_experiments(database: Database, training_id: str | None) -> list[Experiment]:
    """Return one training's rows by batch, or all, newest training first."""
    table = EXPERIMENTS.c
    saved_at = func.max(table.timestamp).over(partition_by=table.training_id)
    newest_first = (desc(saved_at), table.training_id, table.batch_id)
    query = select(*_EXPERIMENT_COLUMNS).order_by(*newest_first)
    if training_id is not None:
        query = query.filter_by(training_id=training_id)
    with database.connect() as connection:
        rows = connection.execute(query)
        return [Experiment(**row._mapping) for row in rows]


def append_promotion(database: Database, promotion: Promotion) -> None:
    """Record one decision."""
    with database.begin() as connection:
        connection.execute(insert(PROMOTIONS).values(**asdict(promotion)))


def read_promotions(database: Database) -> list[Promotion]:
    """Return all decisions, newest first."""
    newest_first = PROMOTIONS.c.promotion_id.desc()
    query = select(*_PROMOTION_COLUMNS).order_by(newest_first)
    with database.connect() as connection:
        rows = connection.execute(query)
        return [Promotion(**row._mapping) for row in rows]
