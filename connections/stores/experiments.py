"""What the trainings left in ``clean_data``: a row for each candidate, and every decision about the champion."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Insert, desc, func, insert, select
from sqlalchemy.dialects import mysql, sqlite

from connections.database.tables import EXPERIMENTS, PROMOTIONS
from readmission.records import Experiment, Promotion

_EXPERIMENT = [EXPERIMENTS.c[field.name] for field in fields(Experiment)]
_PROMOTION = [PROMOTIONS.c[field.name] for field in fields(Promotion)]


def save_experiments(engine: Engine, experiments: Sequence[Experiment]) -> None:
    """Insert or replace rows by (``training_id``, ``batch_id``)."""
    now = datetime.now(UTC)
    if experiments:
        with engine.begin() as connection:
            connection.execute(
                _upsert(engine),
                [asdict(experiment) | {"timestamp": now} for experiment in experiments],
            )


def read_experiments(engine: Engine, training_id: str | None) -> list[Experiment]:
    """Return one training's rows by batch, or all, newest training first."""
    newest = func.max(EXPERIMENTS.c.timestamp).over(partition_by=EXPERIMENTS.c.training_id)
    rows = select(*_EXPERIMENT).order_by(
        desc(newest), EXPERIMENTS.c.training_id, EXPERIMENTS.c.batch_id
    )
    if training_id is not None:
        rows = rows.filter_by(training_id=training_id)
    with engine.connect() as connection:
        return [Experiment(**row._mapping) for row in connection.execute(rows)]


def append_promotion(engine: Engine, promotion: Promotion) -> None:
    """Record one decision."""
    with engine.begin() as connection:
        connection.execute(insert(PROMOTIONS).values(**asdict(promotion)))


def read_promotions(engine: Engine) -> list[Promotion]:
    """Return all decisions, newest first."""
    with engine.connect() as connection:
        rows = connection.execute(select(*_PROMOTION).order_by(PROMOTIONS.c.promotion_id.desc()))
        return [Promotion(**row._mapping) for row in rows]


def _upsert(engine: Engine) -> Insert:
    if engine.dialect.name == "mysql":
        new = mysql.insert(EXPERIMENTS)
        return new.on_duplicate_key_update(_others(new.inserted))
    row = sqlite.insert(EXPERIMENTS)
    return row.on_conflict_do_update(
        index_elements=list(EXPERIMENTS.primary_key), set_=_others(row.excluded)
    )


def _others(new_values: Any) -> dict[str, Any]:
    return {
        column.name: new_values[column.name]
        for column in EXPERIMENTS.columns
        if not column.primary_key
    }
