"""Fill ``raw_data`` from the dataset's CSV: replace all rows, or merge a file into them."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from readmission.data.row_checker import CheckedBlock, RowChecker
from readmission.errors import DatasetError, TooManyRejectedRowsError
from readmission.ids import new_id
from readmission.ports.data import Dataset, DatasetSource, Progress, RawData, silent
from readmission.prefetch import prefetch
from readmission.records import Load
from readmission.schema import COLUMNS


def load(
    source: DatasetSource,
    raw_data: RawData,
    *,
    max_rejected_fraction: float,
    force: bool = False,
    progress: Progress = silent,
) -> Load:
    """Fetch the dataset and replace all rows by its rows.

    If the rows came from the same content, nothing changes unless ``force``. Raises
    TooManyRejectedRowsError, and changes nothing, if more than ``max_rejected_fraction`` of the
    rows break the contract.
    """
    dataset = source.fetch()
    with raw_data.data_lock("load"):
        latest = raw_data.latest_load()
        new_load = _start_load(dataset)
        if latest and latest.content == new_load.content and not force:
            return replace(latest, status="unchanged")
        return _fill(raw_data, dataset, new_load, max_rejected_fraction, progress)


def merge(
    dataset: Dataset,
    raw_data: RawData,
    *,
    max_rejected_fraction: float,
    progress: Progress = silent,
) -> Load:
    """Add a file's new encounters and update the changed ones; the others stay."""
    with raw_data.data_lock("merge"):
        latest = raw_data.latest_load()
        new_load = _start_merge(dataset, latest)
        return _fill(raw_data, dataset, new_load, max_rejected_fraction, progress)


def _fill(
    raw_data: RawData,
    dataset: Dataset,
    load: Load,
    max_rejected_fraction: float,
    progress: Progress,
) -> Load:
    """Check the file block by block into the staging table, then publish it."""
    checker = RowChecker()
    rows = 0
    rejected = 0
    converted = 0
    with raw_data.staged_load(load) as staged:
        total = dataset.count_rows()
        allowed = max_rejected_fraction * total
        with prefetch(checker.check(block) for block in dataset.blocks()) as checked_blocks:
            for block in checked_blocks:
                staged.write(block)
                staged.reject(block.rejected)
                rows += len(block.frame)
                rejected += len(block.rejected)
                converted += block.converted_codes
                if rejected > allowed:
                    found = f"{dataset.source}: {rejected:,} of the first {rows + rejected:,} rows"
                    limit = f"{max_rejected_fraction:.2%} of {total:,}"
                    raise _too_many_rejected(found, limit, block)
                progress("Loading rows", rows + rejected, total)
        if rows == 0:
            raise DatasetError(f"{dataset.source} has a header and no rows.")
        counted = replace(load, rows=rows, rejected=rejected, converted_codes=converted)
        return staged.publish(counted)


def _too_many_rejected(found: str, limit: str, block: CheckedBlock) -> TooManyRejectedRowsError:
    """Return the error that quotes the first rejected line of a block."""
    first = block.rejected[0]
    return TooManyRejectedRowsError(
        f"{found} break the contract, MAX_REJECTED_FRACTION allows {limit}; "
        f"line {first.line}: {first.reason}"
    )


def _start_load(dataset: Dataset) -> Load:
    return Load(
        load_id=new_id(),
        source=dataset.source,
        sha256=dataset.sha256,
        synthetic=dataset.synthetic,
        rows=0,
        rejected=0,
        status="loaded",
        started_at=datetime.now(UTC),
        seconds=0.0,
        content=_content_id(dataset, previous_content=None),
    )


def _start_merge(dataset: Dataset, previous: Load | None) -> Load:
    """Return a load that counts as synthetic if the file or the rows before it are."""
    new_load = replace(_start_load(dataset), mode="merge")
    if previous is None:
        return new_load
    return replace(
        new_load,
        synthetic=dataset.synthetic or previous.synthetic,
        content=_content_id(dataset, previous.content),
    )


def _content_id(dataset: Dataset, previous_content: str | None) -> str:
    """Identify the rows that a file gives under this schema, alone or merged into others."""
    columns = []
    for column in COLUMNS:
        columns.append(f"{column.name} {column.domain}")
    schema = ";".join(columns)
    parts = f"{previous_content} {dataset.sha256} {schema}"
    digest = hashlib.sha256(parts.encode())
    return digest.hexdigest()
