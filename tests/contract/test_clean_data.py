"""Every ``clean_data`` behaves alike: in memory, on SQLite, on MySQL."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from readmission.data.cleaning import CLEAN_COLUMNS, clean
from readmission.errors import UnknownVersionError
from readmission.ports.data import CleanData
from readmission.records import Experiment, Preparation, Promotion
from readmission.use_cases.clean import replace_splits
from tests.fakes.rows import make_raw

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
PREPARATION = Preparation(
    "v1", "load", False, 0, 0, 0, excluded_rows=10, batches=0, batch_size=2, prepared_at=NOW
)
EXPERIMENT = Experiment("t1", 1, "run", "v1", 15_000, 2.5, 0.42, 0.6, 0.2, 0.5, 0.28, 0.66, 0.21)


def split_rows(splits: Iterable[tuple[str, int]], **values: int | str) -> pd.DataFrame:
    names, batches = zip(*splits, strict=True)
    return clean(make_raw(len(names), **values)).assign(split=list(names), batch_id=list(batches))


def version(name: str, days: int = 0) -> Preparation:
    return replace(PREPARATION, data_version=name, prepared_at=NOW + timedelta(days=days))


def test_nothing_is_prepared_at_first(clean_data: CleanData) -> None:
    assert clean_data.latest_preparation() is None
    with pytest.raises(UnknownVersionError, match="v1"):
        clean_data.read_val("v1")


def test_rows_go_to_their_splits_and_are_counted(clean_data: CleanData) -> None:
    chunks = [
        split_rows([("train", 1), ("train", 2), ("val", 0)]),
        split_rows([("test", 0), ("train", 1)], encounter_id=9),
    ]
    prepared = replace_splits(clean_data, chunks, PREPARATION)
    counts = (
        prepared.train_rows,
        prepared.val_rows,
        prepared.test_rows,
        prepared.excluded_rows,
        prepared.batches,
    )
    assert counts == (3, 1, 1, 5, 2)
    assert clean_data.latest_preparation() == prepared
    assert clean_data.read_batch(1, "v1")["encounter_id"].tolist() == [10, 149190]
    assert clean_data.read_batch(2, "v1")["encounter_id"].tolist() == [149191]
    assert clean_data.read_val("v1")["encounter_id"].tolist() == [149192]
    assert clean_data.read_test("v1")["encounter_id"].tolist() == [9]


def test_values_come_back_with_their_types(clean_data: CleanData) -> None:
    replace_splits(
        clean_data,
        [split_rows([("train", 1)], race="?", readmitted="<30", admission_type_id=5)],
        PREPARATION,
    )
    rows = clean_data.read_batch(1, "v1")
    assert list(rows.columns) == list(CLEAN_COLUMNS)
    row = rows.iloc[0]
    assert (row["age"], row["readmitted"], row["max_glu_serum"], row["admission_type_code"]) == (
        15,
        1,
        "None",
        "5",
    )
    assert rows[["race", "admission_type_id", "payer_code"]].isna().to_numpy().all()
    assert rows["age"].dtype == "int64"


def test_the_previous_version_stays_readable(clean_data: CleanData) -> None:
    for days, name in enumerate(("v1", "v2")):
        replace_splits(
            clean_data,
            [split_rows([("train", 1), ("val", 0)], num_medications=days)],
            version(name, days),
        )
    assert clean_data.read_batch(1, "v1")["num_medications"].tolist() == [0]
    assert clean_data.read_val("v1")["num_medications"].tolist() == [0]
    assert clean_data.read_batch(1, "v2")["num_medications"].tolist() == [1]


def test_a_version_is_known_by_its_latest_preparation(clean_data: CleanData) -> None:
    for days, name in enumerate(("v1", "v2", "v1", "v2")):
        replace_splits(clean_data, [split_rows([("train", 1)])], version(name, days))
    found = [clean_data.latest_preparation(name) for name in ("v1", "v2", None)]
    assert [preparation and preparation.prepared_at for preparation in found] == [
        NOW + timedelta(days=days) for days in (2, 3, 3)
    ]
    assert clean_data.latest_preparation("v9") is None


def test_the_version_before_the_previous_one_is_gone(clean_data: CleanData) -> None:
    for days, name in enumerate(("v1", "v2", "v3")):
        replace_splits(clean_data, [split_rows([("train", 1)])], version(name, days))
    with pytest.raises(UnknownVersionError, match="v1"):
        clean_data.read_batch(1, "v1")


def test_a_batch_that_is_not_there_is_named(clean_data: CleanData) -> None:
    replace_splits(clean_data, [split_rows([("train", 1)])], PREPARATION)
    with pytest.raises(UnknownVersionError, match="batch 9"):
        clean_data.read_batch(9, "v1")


def test_an_empty_split_of_a_known_version_is_empty(clean_data: CleanData) -> None:
    replace_splits(clean_data, [split_rows([("train", 1)])], PREPARATION)
    assert len(clean_data.read_test("v1")) == 0


def test_a_failure_while_writing_changes_nothing(clean_data: CleanData) -> None:
    prepared = replace_splits(clean_data, [split_rows([("train", 1)])], PREPARATION)

    def broken() -> Iterable[pd.DataFrame]:
        yield split_rows([("train", 1)], num_medications=77)
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        replace_splits(clean_data, broken(), version("v2", 1))
    assert clean_data.latest_preparation() == prepared
    assert clean_data.read_batch(1, "v1")["num_medications"].tolist() == [18]
    assert (
        replace_splits(clean_data, [split_rows([("train", 1)])], version("v2", 1)).train_rows == 1
    )


def test_experiments_are_replaced_by_training_and_batch(clean_data: CleanData) -> None:
    clean_data.save_experiments([EXPERIMENT, replace(EXPERIMENT, batch_id=0)])
    better = replace(EXPERIMENT, val_f1=0.31, test_f1=0.3, model_version=4)
    clean_data.save_experiments([better])
    assert clean_data.read_experiments("t1") == [replace(EXPERIMENT, batch_id=0), better]


def test_the_newest_training_comes_first(clean_data: CleanData) -> None:
    clean_data.save_experiments([EXPERIMENT])
    clean_data.save_experiments([replace(EXPERIMENT, training_id="a later one", batch_id=2)])
    assert [row.training_id for row in clean_data.read_experiments()] == ["a later one", "t1"]
    assert clean_data.read_experiments("never") == []


def test_the_newest_promotion_comes_first(clean_data: CleanData) -> None:
    first = Promotion(NOW, "t1", 3, None, "promoted", "no champion yet: él ganó ✓")
    second = Promotion(NOW, None, 2, 3, "rolled back", "asked for")
    clean_data.append_promotion(first)
    clean_data.append_promotion(second)
    assert clean_data.read_promotions() == [second, first]
