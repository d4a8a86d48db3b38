"""The use cases load, merge and preprocess, over stores in memory."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from readmission.errors import BusyError, FatalError, NotReadyError
from readmission.records import Load
from readmission.use_cases.clean import data_version, preprocess
from tests.fakes.data import InMemoryCleanData, InMemoryRawData, load_file, merge_file
from tests.fakes.rows import make_lines, make_raw, write_dataset


def test_load_fills_raw_data_from_the_source(tmp_path: Path) -> None:
    raw_data = InMemoryRawData()
    done = load_file(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    assert (done.rows, done.status) == (2, "loaded")


def test_merge_adds_to_raw_data(tmp_path: Path) -> None:
    raw_data = InMemoryRawData(make_raw(2))
    assert merge_file(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1]))).added == 1


def test_preprocess_stores_model_ready_rows() -> None:
    clean_data = InMemoryCleanData()
    preprocess(InMemoryRawData(make_raw(age="[70-80)")), clean_data)
    assert clean_data.train_data["age"].tolist() == [75]


def test_preprocess_counts_what_is_not_in_the_cohort() -> None:
    raw = pd.concat([make_raw(50), make_raw(3, encounter_id=5, discharge_disposition_id=11)])
    prepared = preprocess(InMemoryRawData(raw), InMemoryCleanData(), batch_size=10)
    assert prepared.excluded_rows == 3
    assert prepared.train_rows + prepared.val_rows + prepared.test_rows == 50
    assert prepared.batches == -(-prepared.train_rows // 10)


def test_preprocess_marks_synthetic_data() -> None:
    raw_data = InMemoryRawData(make_raw(5))
    raw_data.loads = [replace(raw_data.loads[0], synthetic=True)]
    assert preprocess(raw_data, InMemoryCleanData()).synthetic


def test_preprocess_needs_a_load() -> None:
    with pytest.raises(NotReadyError, match=r"cargar_datos or \./run load"):
        preprocess(InMemoryRawData(), InMemoryCleanData())


def test_preprocess_of_the_same_content_is_done_once() -> None:
    raw_data, clean_data = InMemoryRawData(make_raw(5)), InMemoryCleanData()
    first = preprocess(raw_data, clean_data)
    assert preprocess(raw_data, clean_data) is first
    assert preprocess(raw_data, clean_data, force=True) is not first
    assert preprocess(raw_data, clean_data, batch_size=2).data_version != first.data_version


def test_the_version_follows_the_content_and_the_batch_size_alone() -> None:
    one, other = InMemoryRawData(make_raw()).loads[0], InMemoryRawData(make_raw()).loads[0]
    assert data_version(one, 10) == data_version(other, 10)
    assert data_version(replace(one, content="other"), 10) != data_version(one, 10)
    assert data_version(one, 11) != data_version(one, 10)


def test_preprocess_refuses_rows_that_break_the_clean_contract() -> None:
    with pytest.raises(FatalError, match="num_procedures"):
        preprocess(InMemoryRawData(make_raw(num_procedures=51)), InMemoryCleanData())


class ReloadedMeanwhile(InMemoryRawData):
    def latest_load(self) -> Load | None:
        latest = super().latest_load()
        self.loads.append(replace(self.loads[-1], load_id=f"{self.loads[-1].load_id}x"))
        return latest


def test_preprocess_refuses_a_table_that_was_loaded_meanwhile() -> None:
    with pytest.raises(BusyError, match="loaded again"):
        preprocess(ReloadedMeanwhile(make_raw()), InMemoryCleanData())


def test_progress_counts_raw_rows_to_the_end() -> None:
    seen: list[tuple[str, int, int | None]] = []
    preprocess(
        InMemoryRawData(make_raw(5)),
        InMemoryCleanData(),
        progress=lambda step, done, total=None: seen.append((step, done, total)),
    )
    assert seen == [("Cleaning rows", 5, 5)]
