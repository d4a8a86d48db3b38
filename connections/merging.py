"""A staged file becomes part of ``raw_data.initial_data``, in one transaction."""

from dataclasses import replace

from sqlalchemy import Engine, Table, delete, exists, func, insert, or_, select

from connections.loads import as_row
from connections.tables import INITIAL_DATA, LOADS
from readmission.records import Load

_NAMES = [column.name for column in INITIAL_DATA.columns]


def merge_rows(engine: Engine, staged: Table, load: Load) -> Load:
    """Add new rows, replace changed ones, leave identical ones; return the load with the counts."""
    same_id = staged.c.encounter_id == INITIAL_DATA.c.encounter_id
    differs = or_(*(staged.c[name] != INITIAL_DATA.c[name] for name in _NAMES))
    missing = select(staged).where(~exists().where(same_id).correlate(staged))
    with engine.begin() as connection:
        changed = connection.execute(delete(INITIAL_DATA).where(exists().where(same_id, differs))).rowcount
        written = connection.execute(insert(INITIAL_DATA).from_select(_NAMES, missing)).rowcount
        in_file, rows = (connection.scalar(select(func.count()).select_from(t)) or 0 for t in (staged, INITIAL_DATA))
        load = replace(
            load, mode="merge", status="loaded" if written else "unchanged", rows=rows,
            added=written - changed, changed=changed, identical=in_file - written,
        )  # fmt: skip
        if written:
            connection.execute(insert(LOADS).values(**as_row(load)))
    return load
