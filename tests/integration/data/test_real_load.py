"""The real dataset through load, merge and clean."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import select

from connections.database.engine import Database, open_database
from connections.database.tables import REJECTED_ROWS, TEST_DATA, TRAIN_DATA, VAL_DATA
from connections.dataset.blocks import DatasetFile
from connections.stores.clean_data import SqlCleanData
from connections.stores.raw_data import SqlRawData
from readmission.errors import TooManyRejectedRowsError
from readmission.records import Preparation
from readmission.use_cases.clean import preprocess
from tests.fakes.data import load_file, merge_file
from tests.fakes.databases import DATABASES, empty_database
from tests.fakes.rows import as_dataset
from tests.integration.data.faults import spoiled

ROWS = 101_766
PATIENTS_IN_THE_COHORT = 69_987


@dataclass(frozen=True)
class Prepared:
    database: Database
    raw_data: SqlRawData
    clean_data: SqlCleanData
    preparation: Preparation


@pytest.fixture(scope="module", params=DATABASES)
def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, real_csv: DatasetFile
) -> Iterator[Prepared]:
    database = open_database(
        empty_database(request.param, request, tmp_path_factory.mktemp("database"))
    )
    raw_data, clean_data = SqlRawData(database), SqlCleanData(database)
    load_file(raw_data, real_csv)
    yield Prepared(database, raw_data, clean_data, preprocess(raw_data, clean_data))
    database.dispose()


def test_the_same_file_again_is_recognised_at_once(
    prepared: Prepared, real_csv: DatasetFile
) -> None:
    started_at = time.monotonic()
    assert load_file(prepared.raw_data, real_csv).status == "unchanged"
    assert time.monotonic() - started_at < 1


def test_no_patient_is_in_two_splits(prepared: Prepared) -> None:
    with prepared.database.connect() as connection:
        patients = [
            set(connection.scalars(select(t.c.patient_nbr)))
            for t in (TRAIN_DATA, VAL_DATA, TEST_DATA)
        ]
    assert len(set.union(*patients)) == sum(map(len, patients)) == PATIENTS_IN_THE_COHORT


def test_every_row_is_in_a_split_or_excluded(prepared: Prepared) -> None:
    counts = prepared.preparation
    assert counts.train_rows + counts.val_rows + counts.test_rows + counts.excluded_rows == ROWS
    assert (counts.excluded_rows, counts.batches) == (2_426, 6)


def test_batches_partition_the_training_rows(prepared: Prepared) -> None:
    version = prepared.preparation.data_version
    batches = [prepared.clean_data.read_batch(batch_id, version) for batch_id in range(1, 7)]
    assert [len(batch) for batch in batches[:5]] == [15_000] * 5
    assert pd.concat(batches)["encounter_id"].nunique() == prepared.preparation.train_rows


@pytest.mark.parametrize("column", ["max_glu_serum", "A1Cresult"])
def test_none_is_a_category_not_missing(prepared: Prepared, column: str) -> None:
    values = prepared.clean_data.read_val(prepared.preparation.data_version)[column]
    assert not values.isna().any()
    assert (values == "None").mean() > 0.8


def test_preparing_the_same_content_again_changes_nothing(prepared: Prepared) -> None:
    assert preprocess(prepared.raw_data, prepared.clean_data) == prepared.preparation


def test_five_hundred_faults_of_ten_kinds_are_rejected_each_with_its_line(
    database: Database, real_csv: DatasetFile, tmp_path: Path
) -> None:
    dataset, expected = spoiled(real_csv.path, tmp_path / "spoiled.csv", 500)
    load = load_file(SqlRawData(database), dataset)
    with database.connect() as connection:
        rejected = connection.execute(select(REJECTED_ROWS).filter_by(load_id=load.load_id)).all()
    assert {row.line for row in rejected} == expected.keys()
    assert [
        (row.line, row.reason) for row in rejected if expected[row.line] not in row.reason
    ] == []
    assert (load.rows, load.rejected) == (ROWS - 500, 500)


def test_more_faults_than_allowed_change_nothing(
    database: Database, real_csv: DatasetFile, tmp_path: Path
) -> None:
    raw_data = SqlRawData(database)
    first = load_file(raw_data, real_csv)
    dataset, _ = spoiled(real_csv.path, tmp_path / "spoiled.csv", 1_100)
    with pytest.raises(TooManyRejectedRowsError, match="MAX_REJECTED_FRACTION"):
        load_file(raw_data, dataset)
    assert raw_data.latest_load() == first
    assert sum(map(len, raw_data.read_initial_data(["encounter_id"]))) == ROWS


def test_a_merge_of_1000_changed_and_500_new_encounters_reports_that(
    database: Database, real_csv: DatasetFile, tmp_path: Path
) -> None:
    raw_data = SqlRawData(database)
    load_file(raw_data, real_csv)
    header, *lines = real_csv.path.read_text().splitlines()
    changed = [
        re.sub(r"[^,]+$", "NO" if line.endswith("<30") else "<30", line) for line in lines[:1000]
    ]
    new = [
        f"{2_000_000_000 + rank},{line.partition(',')[2]}"
        for rank, line in enumerate(lines[1000:1500])
    ]
    path = tmp_path / "more.csv"
    path.write_text("\n".join([header, *changed, *new, *lines[1500:1700], ""]))
    load = merge_file(raw_data, as_dataset(path))
    assert (load.added, load.changed, load.identical, load.rows) == (500, 1000, 200, ROWS + 500)
