"""The schema ``raw_data``: what was loaded, from where, and what was set aside."""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Table, delete, exists, func, insert, or_, select

from connections.database.engine import Database
from connections.database.read_chunks import read_chunks
from connections.database.row_chunk import RowChunk
from connections.database.staging import drop_stale_tables, publish, stage_row, staging
from connections.database.tables import INITIAL_DATA, LOADS
from connections.dataset.blocks import count_rows, read_blocks
from connections.stores import loads
from connections.stores.loads import append_rejected
from readmission.data.row_checker import LineChecker
from readmission.errors import DatasetError, ReadmissionError, TooManyRejectedRowsError
from readmission.ids import new_id
from readmission.ports.data import Progress
from readmission.prefetch import prefetch
from readmission.records import DatasetFile, Load
from readmission.schema import COLUMNS


class SqlRawData:
    """``raw_data`` on SQLite or MySQL."""

    def __init__(self, database: Database, max_rejected_fraction: float = 0.01) -> None:
        self._database = database
        self.prefetches = database.dialect.prefetches
        self._max_rejected_fraction = max_rejected_fraction

    def replace_initial_data(
        self, dataset: DatasetFile, *, force: bool, progress: Progress
    ) -> Load:
        """Check and load the file; readers see the old rows or the new ones."""
        with self._database.data_lock("load"):
            latest, load = loads.latest_load(self._database), _begun(dataset)
            if latest and latest.content == load.content and not force:
                return replace(latest, status="unchanged")
            with self._staged(load) as staged:
                rows, rejected = self._fill(staged, dataset, load, progress)
                load = loads.with_duration(replace(load, rows=rows, rejected=rejected))
                stage_row(self._database, LOADS, asdict(load))
                publish(self._database, [INITIAL_DATA, LOADS])
        return load

    def merge_initial_data(self, dataset: DatasetFile, *, progress: Progress) -> Load:
        """Check the file, add its new rows and update the changed ones, all at once."""
        with self._database.data_lock("merge"):
            load = _begun(dataset, loads.latest_load(self._database))
            with self._staged(load) as staged:
                _, rejected = self._fill(staged, dataset, load, progress)
                load = merge_rows(
                    self._database, staged, loads.with_duration(replace(load, rejected=rejected))
                )
                drop_stale_tables(self._database, [INITIAL_DATA])
        return load

    def latest_load(self) -> Load | None:
        """Return the load that filled the table."""
        return loads.latest_load(self._database)

    def read_initial_data(
        self, columns: Sequence[str] | None = None
    ) -> Generator[pd.DataFrame, None, None]:
        """Yield chunks in ``encounter_id`` order; texts are categories, ``?`` is as in the source."""
        wanted = [INITIAL_DATA.c[name] for name in columns or INITIAL_DATA.c.keys()]
        with self._database.connect() as connection:
            try:
                yield from read_chunks(connection, self._database.dialect, wanted)
            except GeneratorExit:
                connection.invalidate()  # whoever stops reading wants no word with a server that may be gone
                raise

    @contextmanager
    def _staged(self, load: Load) -> Iterator[Table]:
        """Yield the staging table; a failure is noted in ``loads``."""
        loads.drop_orphans(self._database)
        try:
            with staging(self._database, [INITIAL_DATA]) as (staged,):
                yield staged
        except ReadmissionError as error:
            with suppress(ReadmissionError):  # the first error is the one to tell
                loads.append_failure(self._database, loads.with_duration(load), str(error))
            raise

    def _fill(
        self, staged: Table, dataset: DatasetFile, load: Load, progress: Progress
    ) -> tuple[int, int]:
        return fill(
            self._database, staged, dataset, load.load_id, self._max_rejected_fraction, progress
        )


def content_of(dataset: DatasetFile, before: Load | None = None) -> str:
    """Identify the rows that a file makes under the present schema, alone or merged into ``before``."""
    schema = ";".join(f"{column.name} {column.domain}" for column in COLUMNS)
    return hashlib.sha256(
        f"{before and before.content} {dataset.sha256} {schema}".encode()
    ).hexdigest()


def _begun(dataset: DatasetFile, before: Load | None = None) -> Load:
    return Load(
        load_id=new_id(),
        source=dataset.source,
        sha256=dataset.sha256,
        synthetic=dataset.synthetic or bool(before and before.synthetic),
        rows=0,
        rejected=0,
        status="loaded",
        started_at=datetime.now(UTC),
        seconds=0.0,
        content=content_of(dataset, before),
    )


def fill(
    database: Database,
    staged: Table,
    dataset: DatasetFile,
    load_id: str,
    max_rejected_fraction: float,
    progress: Progress,
) -> tuple[int, int]:
    """Return how many rows were written and how many were set aside.

    Raises TooManyRejectedRowsError as soon as that is sure.
    """
    total = count_rows(dataset.path)
    checker, rows, rejected = LineChecker(), 0, 0
    blocks = (checker.check(block) for block in read_blocks(dataset))
    bulk_writer = database.dialect.bulk_writer(database.engine, staged)
    with bulk_writer as write, prefetch(blocks) as checked_blocks:
        for checked in checked_blocks:
            write(RowChunk(checked.frame, checked.lines))
            append_rejected(database, load_id, checked.rejected)
            rows, rejected = rows + len(checked.frame), rejected + len(checked.rejected)
            if rejected > max_rejected_fraction * total:
                first = checked.rejected[0]
                raise TooManyRejectedRowsError(
                    f"{dataset.source}: {rejected:,} of the first {rows + rejected:,} rows break the contract, "
                    f"MAX_REJECTED_FRACTION allows {max_rejected_fraction:.2%} of {total:,}; "
                    f"line {first.line}: {first.reason}"
                )
            progress("Loading rows", rows + rejected, total)
    if not rows:
        raise DatasetError(f"{dataset.source} has a header and no rows.")
    return rows, rejected


_NAMES = [column.name for column in INITIAL_DATA.columns]


def merge_rows(database: Database, staged: Table, load: Load) -> Load:
    """Add new rows, replace changed ones, leave identical ones; return the load with the counts."""
    same_id = staged.c.encounter_id == INITIAL_DATA.c.encounter_id
    differs = or_(*(staged.c[name] != INITIAL_DATA.c[name] for name in _NAMES))
    missing = select(staged).where(~exists().where(same_id).correlate(staged))
    with database.begin() as connection:
        changed = connection.execute(
            delete(INITIAL_DATA).where(exists().where(same_id, differs))
        ).rowcount
        written = connection.execute(insert(INITIAL_DATA).from_select(_NAMES, missing)).rowcount
        in_file, rows = (
            connection.scalar(select(func.count()).select_from(t)) or 0
            for t in (staged, INITIAL_DATA)
        )
        load = replace(
            load,
            mode="merge",
            status="loaded" if written else "unchanged",
            rows=rows,
            added=written - changed,
            changed=changed,
            identical=in_file - written,
        )
        if written:
            connection.execute(insert(LOADS).values(**asdict(load)))
    return load
