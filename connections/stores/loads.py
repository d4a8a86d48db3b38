"""The bookkeeping of ``raw_data``: a row for each load, and the lines that it rejected."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from connections.database.engine import Database
from connections.database.tables import LOADS, REASON_LENGTH, REJECTED_ROWS, TEXT_LENGTH
from readmission.records import Load, RejectedRow

_COLUMNS = [LOADS.c[field.name] for field in fields(Load)]


def latest_load(database: Database) -> Load | None:
    """Return the load that filled the table, None before the first."""
    newest_first = LOADS.c.load_id.desc()
    loaded = select(*_COLUMNS).filter_by(status="loaded")
    latest = loaded.order_by(newest_first).limit(1)
    row = database.read_first(latest)
    if row is None:
        return None
    return Load(**row)


def with_duration(load: Load) -> Load:
    """Return the load with the time since its start."""
    duration = datetime.now(UTC) - load.started_at
    seconds = duration.total_seconds()
    return replace(load, seconds=seconds)


def append_failure(database: Database, load: Load, reason: str) -> None:
    """Record a load that changed nothing, and why."""
    count_all = select(func.count()).select_from(REJECTED_ROWS)
    count_rejected = count_all.filter_by(load_id=load.load_id)
    with database.begin_immediate() as connection:
        rejected = connection.scalar(count_rejected) or 0
        failed = replace(
            load,
            status="failed",
            reason=reason,
            rejected=rejected,
        )
        row = asdict(failed)
        statement = insert(LOADS).values(**row)
        connection.execute(statement)


def append_rejected(database: Database, load_id: str, rows: Sequence[RejectedRow]) -> None:
    """Store rejected lines."""
    if not rows:
        return
    values = [_rejected_values(load_id, row) for row in rows]
    with database.begin() as connection:
        connection.execute(insert(REJECTED_ROWS), values)


def drop_orphans(database: Database) -> None:
    """Delete the rejected lines of loads that were killed: they have no row in ``loads``."""
    known_loads = select(LOADS.c.load_id)
    load_id = REJECTED_ROWS.c.load_id
    is_orphan = load_id.not_in(known_loads)
    delete_orphans = delete(REJECTED_ROWS).where(is_orphan)
    with database.begin() as connection:
        connection.execute(delete_orphans)


def _rejected_values(load_id: str, row: RejectedRow) -> Mapping[str, Any]:
    return {
        "load_id": load_id,
        "line": row.line,
        "reason": row.reason[:REASON_LENGTH],
        "text": row.text[:TEXT_LENGTH],
    }
