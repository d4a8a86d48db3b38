"""Turn ``raw_data`` into one consistent set of train, validation and test rows."""

import hashlib
from collections.abc import Generator, Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from readmission.data.batch_size import BATCH_SIZE
from readmission.data.cleaning import clean
from readmission.data.cohort import COHORT_COLUMNS, in_cohort
from readmission.data.data_version import cleaning_code
from readmission.data.row_rules import require_valid
from readmission.data.splitting import SPLITS, TEST, TRAIN, VAL, assign
from readmission.errors import BusyError, NotReadyError
from readmission.ports.data import CleanData, Progress, RawData, silent
from readmission.prefetch import prefetch
from readmission.records import Load, Preparation

_NOT_READY = "raw_data is empty: run cargar_datos or ./run load first."
_LOADED_MEANWHILE = "raw_data was loaded again just now: run the cleaning again."


def preprocess(
    raw_data: RawData,
    clean_data: CleanData,
    *,
    batch_size: int = BATCH_SIZE,
    force: bool = False,
    progress: Progress = silent,
) -> Preparation:
    """Clean, split and batch the latest load.

    If the splits came from the same content and the same code, nothing changes unless ``force``.
    """
    load = raw_data.latest_load()
    if load is None:
        raise NotReadyError(_NOT_READY)

    version = data_version(load, batch_size)
    latest = clean_data.latest_preparation()
    if latest and latest.data_version == version and not force:
        return latest

    preparation = _start_preparation(load, version, batch_size)
    with raw_data.data_lock("clean"):
        if raw_data.latest_load() != load:
            raise BusyError(_LOADED_MEANWHILE)
        chunks = _clean_chunks(raw_data, load, batch_size, progress)
        with prefetch(chunks, enabled=raw_data.prefetches) as cleaned:
            return replace_splits(clean_data, cleaned, preparation)


def data_version(load: Load, batch_size: int) -> str:
    """Identify the rows of a preparation by the content and the code that they come from."""
    code = cleaning_code()
    parts = f"{load.content} {code} {batch_size}"
    digest = hashlib.sha256(parts.encode())
    version = digest.hexdigest()
    return version[:16]


def replace_splits(
    clean_data: CleanData, chunks: Iterable[pd.DataFrame], preparation: Preparation
) -> Preparation:
    """Stage all chunks, publish them in one step, and return the preparation with its counts.

    Rows have a ``split`` and a ``batch_id``. Each row that is written is no longer counted among
    the excluded rows of ``preparation``.
    """
    written = dict.fromkeys(SPLITS, 0)
    batches = 0
    with clean_data.staged_splits(preparation.data_version) as staged:
        for chunk in chunks:
            for split in SPLITS:
                rows_of_split = chunk[chunk["split"] == split]
                staged.write(split, rows_of_split)
                written[split] += len(rows_of_split)
            if len(chunk):
                last_batch = int(chunk["batch_id"].max())
                batches = max(batches, last_batch)
        counted = replace(
            preparation,
            train_rows=written[TRAIN],
            val_rows=written[VAL],
            test_rows=written[TEST],
            excluded_rows=preparation.excluded_rows - sum(written.values()),
            batches=batches,
        )
        staged.publish(counted)
    return counted


def _start_preparation(load: Load, version: str, batch_size: int) -> Preparation:
    """Return a preparation that counts every row as excluded until it is written."""
    return Preparation(
        data_version=version,
        load_id=load.load_id,
        synthetic=load.synthetic,
        train_rows=0,
        val_rows=0,
        test_rows=0,
        excluded_rows=load.rows,
        batches=0,
        batch_size=batch_size,
        prepared_at=datetime.now(UTC),
    )


def _clean_chunks(
    raw_data: RawData, load: Load, batch_size: int, progress: Progress
) -> Generator[pd.DataFrame, None, None]:
    """Yield clean rows with their ``split`` and ``batch_id``."""
    rows_done = 0
    # The first chunk is read while the rows of the cohort are assigned.
    with prefetch(raw_data.read_initial_data(), enabled=raw_data.prefetches) as raw_chunks:
        assignments = _assign_cohort(raw_data, batch_size)
        for raw in raw_chunks:
            rows = clean(raw)
            require_valid(rows)
            rows_done += len(raw)
            progress("Cleaning rows", rows_done, load.rows)

            ids = raw["encounter_id"]
            first, last = ids.iloc[0], ids.iloc[-1]
            assignments_of_chunk = assignments.loc[first:last]
            yield rows.join(assignments_of_chunk, on="encounter_id")


def _assign_cohort(raw_data: RawData, batch_size: int) -> pd.DataFrame:
    """Return ``split`` and ``batch_id`` of every encounter in the cohort, by ``encounter_id``.

    All encounters are needed at once to cut them into batches.
    """
    raw_chunks = raw_data.read_initial_data(COHORT_COLUMNS)
    keys_by_chunk = []
    with prefetch(raw_chunks, enabled=raw_data.prefetches) as chunks:
        for chunk in chunks:
            cohort = chunk[in_cohort(chunk)]
            keys_by_chunk.append(cohort[["encounter_id", "patient_nbr"]])

    keys = pd.concat(keys_by_chunk)
    by_encounter = keys.set_index("encounter_id", drop=False)
    return assign(by_encounter, batch_size=batch_size)
