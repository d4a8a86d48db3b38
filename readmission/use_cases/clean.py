"""Turn ``raw_data`` into one consistent set of train, validation and test rows."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd

from readmission.data.cleaning import clean
from readmission.data.cohort import COHORT_COLUMNS, in_cohort
from readmission.data.data_version import cleaning_code
from readmission.data.row_rules import refuse_wrong
from readmission.data.splitting import BATCH_SIZE, assign
from readmission.errors import BusyError, NotReadyError
from readmission.ports.data import CleanData, Progress, RawData, silent
from readmission.prefetch import prefetch
from readmission.records import Load, Preparation

_NOT_READY = "raw_data is empty: run cargar_datos or ./run load first."


def preprocess(
    raw_data: RawData,
    clean_data: CleanData,
    *,
    batch_size: int = BATCH_SIZE,
    force: bool = False,
    progress: Progress = silent,
) -> Preparation:
    """Clean, split and batch the latest load; the same content cleaned by the same code changes nothing."""
    load = raw_data.latest_load()
    if load is None:
        raise NotReadyError(_NOT_READY)
    latest, version = clean_data.latest_preparation(), data_version(load, batch_size)
    if latest and latest.data_version == version and not force:
        return latest
    return clean_data.replace_splits(
        _clean_chunks(raw_data, load, batch_size, progress), _begun(load, version, batch_size)
    )


def data_version(load: Load, batch_size: int) -> str:
    """Identify the rows of a preparation by what they are made from."""
    return hashlib.sha256(f"{load.content} {cleaning_code()} {batch_size}".encode()).hexdigest()[
        :16
    ]


def _clean_chunks(
    raw_data: RawData, load: Load, batch_size: int, progress: Progress
) -> Iterator[pd.DataFrame]:
    """Yield clean rows with ``split`` and ``batch_id``: whoever iterates holds the lock by then."""
    if raw_data.latest_load() != load:
        raise BusyError("raw_data was loaded anew just now: run the cleaning again.")
    done = 0
    with prefetch(raw_data.read_initial_data(), enabled=raw_data.prefetches) as chunks:
        places = _assign_places(raw_data, batch_size)
        for raw in chunks:
            rows = clean(raw)
            refuse_wrong(rows)
            done += len(raw)
            progress("Cleaning rows", done, load.rows)
            ids = raw["encounter_id"]
            yield rows.join(places.loc[ids.iloc[0] : ids.iloc[-1]], on="encounter_id")


def _assign_places(raw_data: RawData, batch_size: int) -> pd.DataFrame:
    """Return the split and batch of every encounter in the cohort, which takes all of them at once."""
    raw_chunks = raw_data.read_initial_data(COHORT_COLUMNS)
    with prefetch(raw_chunks, enabled=raw_data.prefetches) as chunks:
        keys = pd.concat(
            [chunk.loc[in_cohort(chunk), ["encounter_id", "patient_nbr"]] for chunk in chunks]
        )
    return assign(keys.set_index("encounter_id", drop=False), batch_size=batch_size)


def _begun(load: Load, version: str, batch_size: int) -> Preparation:
    """Count every row as excluded until it is written."""
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
