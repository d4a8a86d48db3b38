"""The books of ``raw_data``: one row a load, and the lines that it set aside."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select

from connections.database.engine import begin_immediate
from connections.database.tables import LOADS, REASON_LENGTH, REJECTED_ROWS, TEXT_LENGTH
from readmission.records import DatasetFile, Load, RejectedRow
from readmission.schema import COLUMNS

_FIELDS = [field.name for field in fields(Load)]


def content_of(dataset: DatasetFile, before: Load | None = None) -> str:
    """Identify the rows that a file makes under the present schema, alone or merged into ``before``."""
    schema = ";".join(f"{column.name} {column.domain}" for column in COLUMNS)
    return hashlib.sha256(
        f"{before and before.content} {dataset.sha256} {schema}".encode()
    ).hexdigest()


def latest_load(engine: Engine) -> Load | None:
    """Return the load that filled the table."""
    newest = (
        select(*(LOADS.c[name] for name in _FIELDS))
        .filter_by(status="loaded")
        .order_by(LOADS.c.load_id.desc())
    )
    with engine.connect() as connection:
        row = connection.execute(newest.limit(1)).first()
    return None if row is None else Load(**row._mapping)


def as_row(load: Load) -> Mapping[str, Any]:
    """Return what ``raw_data.loads`` keeps of a load."""
    return asdict(load)


def append_failure(engine: Engine, load: Load, reason: str) -> None:
    """Note a load that changed nothing, and why."""
    with begin_immediate(engine) as connection:
        counted = select(func.count()).select_from(REJECTED_ROWS).filter_by(load_id=load.load_id)
        failed = replace(
            load, status="failed", reason=reason, rejected=connection.scalar(counted) or 0
        )
        connection.execute(insert(LOADS).values(**as_row(failed)))


def append_rejected(engine: Engine, load_id: str, rows: Sequence[RejectedRow]) -> None:
    """Keep lines that were set aside."""
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(REJECTED_ROWS), [_rejected(load_id, row) for row in rows])


def drop_orphans(engine: Engine) -> None:
    """Forget the rejected lines of loads that were killed: they have no row in ``loads``."""
    with engine.begin() as connection:
        connection.execute(
            delete(REJECTED_ROWS).where(REJECTED_ROWS.c.load_id.not_in(select(LOADS.c.load_id)))
        )


def _rejected(load_id: str, row: RejectedRow) -> dict[str, str | int]:
    return {
        "load_id": load_id,
        "line": row.line,
        "reason": row.reason[:REASON_LENGTH],
        "text": row.text[:TEXT_LENGTH],
    }
