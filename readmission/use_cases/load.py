"""Fill ``raw_data`` from the dataset's CSV: replace all rows, or merge a file into them."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from readmission.data.row_checker import LineChecker
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
        new_load = _start_merge(dataset, raw_data.latest_load())
        return _fill(raw_data, dataset, new_load, max_rejected_fraction, progress)


def _fill(
    raw_data: RawData,
    dataset: Dataset,
    load: Load,
    max_rejected_fraction: float,
    progress: Progress,
) -> Load:
    """Check the file block by block into the staging table, then publish it."""
    with raw_data.staged_load(load) as staged:
        total = dataset.count_rows()
        checker = LineChecker()
        rows = 0
        rejected = 0
        with prefetch(checker.check(block) for block in dataset.blocks()) as checked_blocks:
            for checked in checked_blocks:
                staged.write(checked)
                staged.reject(checked.rejected)
                rows += len(checked.frame)
                rejected += len(checked.rejected)
                if rejected > max_rejected_fraction * total:
                    first = checked.rejected[0]
                    raise TooManyRejectedRowsError(
                        f"{dataset.source}: {rejected:,} of the first {rows + rejected:,} rows "
                        f"break the contract, MAX_REJECTED_FRACTION allows "
                        f"{max_rejected_fraction:.2%} of {total:,}; "
                        f"line {first.line}: {first.reason}"
                    )
                progress("Loading rows", rows + rejected, total)
        if rows == 0:
            raise DatasetError(f"{dataset.source} has a header and no rows.")
        return staged.publish(replace(load, rows=rows, rejected=rejected))


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
    synthetic = dataset.synthetic or (previous is not None and previous.synthetic)
    content = _content_id(dataset, previous.content if previous else None)
    return replace(_start_load(dataset), mode="merge", synthetic=synthetic, content=content)


def _content_id(dataset: Dataset, previous_content: str | None) -> str:
    """Identify the rows that a file makes under this schema, alone or merged into others."""
    columns = [f"{column.name} {column.domain}" for column in COLUMNS]
    schema = ";".join(columns)
    parts = f"{previous_content} {dataset.sha256} {schema}"
    digest = hashlib.sha256(parts.encode())
    return digest.hexdigest()
