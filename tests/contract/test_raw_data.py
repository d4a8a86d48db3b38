"""Every ``raw_data`` behaves alike: in memory, on SQLite, on MySQL."""

from pathlib import Path

import pandas as pd
import pytest

from connections.dataset.blocks import DatasetFile
from readmission.errors import DatasetError, TooManyRejectedRowsError
from readmission.ports.data import RawData
from readmission.records import Load
from tests.fakes.data import load_file, merge_file
from tests.fakes.rows import INTEGERS, NAMES, make_line, make_lines, write_dataset


def load(raw_data: RawData, dataset: DatasetFile, *, force: bool = False) -> Load:
    return load_file(raw_data, dataset, force=force, max_rejected_fraction=0.5)


def merge(raw_data: RawData, dataset: DatasetFile) -> Load:
    return merge_file(raw_data, dataset, max_rejected_fraction=0.5)


def rows_of(raw_data: RawData, columns: list[str] | None = None) -> pd.DataFrame:
    return pd.concat(
        [chunk.astype(object) for chunk in raw_data.read_initial_data(columns)], ignore_index=True
    )


def ids_of(raw_data: RawData) -> list[int]:
    return [
        number
        for chunk in raw_data.read_initial_data(["encounter_id"])
        for number in chunk["encounter_id"]
    ]


def test_nothing_is_loaded_at_first(raw_data: RawData) -> None:
    assert raw_data.latest_load() is None
    assert list(raw_data.read_initial_data()) == []


def test_rows_come_back_as_the_file_has_them(raw_data: RawData, tmp_path: Path) -> None:
    line = make_line(
        weight="?",
        max_glu_serum="None",
        diag_1="V57",
        payer_code="MC",
        medical_specialty="Pediatrics",
    )
    load(raw_data, write_dataset(tmp_path / "a.csv", [line]))
    rows = rows_of(raw_data)
    assert list(rows.columns) == NAMES
    assert ",".join(map(str, rows.iloc[0])) == line
    assert all(isinstance(rows[name].iloc[0], int) for name in INTEGERS)


def test_rows_come_back_by_encounter_id(raw_data: RawData, tmp_path: Path) -> None:
    load(raw_data, write_dataset(tmp_path / "a.csv", make_lines([30, 9, 200, 1])))
    assert ids_of(raw_data) == [1, 9, 30, 200]


def test_only_the_requested_columns_are_read_in_their_order(
    raw_data: RawData, tmp_path: Path
) -> None:
    load(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1], gender="Male")))
    chunk = next(raw_data.read_initial_data(["gender", "encounter_id"]))
    assert [list(chunk.columns), chunk["gender"].tolist()] == [["gender", "encounter_id"], ["Male"]]


def test_a_load_replaces_all_rows(raw_data: RawData, tmp_path: Path) -> None:
    load(raw_data, write_dataset(tmp_path / "a.csv", make_lines(range(1, 6))))
    report = load(raw_data, write_dataset(tmp_path / "b.csv", make_lines([7, 8])))
    assert ids_of(raw_data) == [7, 8]
    assert (report.rows, report.rejected, report.status) == (2, 0, "loaded")
    assert raw_data.latest_load() == report


def test_the_same_file_again_changes_nothing(raw_data: RawData, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "a.csv", make_lines([1, 2]))
    first = load(raw_data, dataset)
    assert load(raw_data, dataset).status == "unchanged"
    assert raw_data.latest_load() == first


def test_force_loads_the_same_file_again(raw_data: RawData, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "a.csv", make_lines([1, 2]))
    first, second = load(raw_data, dataset), load(raw_data, dataset, force=True)
    assert second.status == "loaded"
    assert second.load_id != first.load_id
    assert second.content == first.content


def test_invalid_rows_are_rejected_and_counted(raw_data: RawData, tmp_path: Path) -> None:
    report = load(
        raw_data,
        write_dataset(tmp_path / "a.csv", [*make_lines([1, 2]), *make_lines([3], age="old")]),
    )
    assert (report.rows, report.rejected) == (2, 1)
    assert ids_of(raw_data) == [1, 2]


def test_icd10_codes_are_stored_as_icd9_and_counted(raw_data: RawData, tmp_path: Path) -> None:
    lines = [
        make_line(encounter_id=5, diag_1="E11.9", diag_2="25000", time_in_hospital="6.0"),
        make_line(encounter_id=6, diag_1="Z99999"),
    ]
    loaded = load(raw_data, write_dataset(tmp_path / "a.csv", lines))
    assert (loaded.rows, loaded.rejected, loaded.converted_codes) == (1, 1, 1)
    assert raw_data.latest_load() == loaded
    columns = ["diag_1", "diag_2", "time_in_hospital"]
    assert rows_of(raw_data, columns).iloc[0].tolist() == ["250.00", "250.00", 6]


def test_too_many_invalid_rows_change_nothing(raw_data: RawData, tmp_path: Path) -> None:
    first = load(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    bad = write_dataset(tmp_path / "b.csv", [*make_lines([3]), *make_lines([4, 5, 6], age="old")])
    with pytest.raises(TooManyRejectedRowsError, match="line 3: age is 'old', not one of "):
        load(raw_data, bad)
    assert ids_of(raw_data) == [1, 2]
    assert raw_data.latest_load() == first


def test_a_byte_order_mark_windows_line_ends_and_quotes_are_no_part_of_the_rows(
    raw_data: RawData, tmp_path: Path
) -> None:
    header, line = b"\xef\xbb\xbf" + ",".join(NAMES).encode(), make_line(encounter_id=7)
    quoted = line.replace("Caucasian", '"Caucasian"')
    load(raw_data, write_dataset(tmp_path / "a.csv", [quoted], header=header, end=b"\r\n"))
    assert ",".join(map(str, rows_of(raw_data).iloc[0])) == line


def test_a_file_that_changed_after_it_was_verified_changes_nothing(
    raw_data: RawData, tmp_path: Path
) -> None:
    first = load(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    verified = write_dataset(tmp_path / "b.csv", make_lines([3]))
    write_dataset(verified.path, make_lines([4]))
    with pytest.raises(DatasetError, match="changed after it was verified"):
        load(raw_data, verified)
    assert ids_of(raw_data) == [1, 2]
    assert raw_data.latest_load() == first


def test_a_wrong_file_changes_nothing(raw_data: RawData, tmp_path: Path) -> None:
    load(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    with pytest.raises(DatasetError, match="'race'"):
        load(
            raw_data,
            write_dataset(
                tmp_path / "b.csv",
                make_lines([3]),
                header=",".join(NAMES).replace("race,", "").encode(),
            ),
        )
    assert ids_of(raw_data) == [1, 2]


def test_a_merge_adds_changes_and_leaves(raw_data: RawData, tmp_path: Path) -> None:
    load(raw_data, write_dataset(tmp_path / "a.csv", make_lines(range(1, 6))))
    more = [*make_lines([1]), *make_lines([2, 3], gender="Male"), *make_lines([8, 9, 10])]
    report = merge(raw_data, write_dataset(tmp_path / "b.csv", more))
    assert (report.added, report.changed, report.identical, report.rows) == (3, 2, 1, 8)
    rows = rows_of(raw_data, ["encounter_id", "gender"])
    assert rows["encounter_id"].tolist() == [1, 2, 3, 4, 5, 8, 9, 10]
    assert rows["gender"].tolist() == ["Female", "Male", "Male", *["Female"] * 5]
    assert raw_data.latest_load() is not None
    assert raw_data.latest_load().load_id == report.load_id


def test_a_merge_takes_the_first_line_of_an_id_that_the_file_repeats(
    raw_data: RawData, tmp_path: Path
) -> None:
    load(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    twice = [*make_lines([2, 3], gender="Male"), *make_lines([2])]
    report = merge(raw_data, write_dataset(tmp_path / "b.csv", twice))
    assert (report.added, report.changed, report.identical, report.rejected) == (1, 1, 0, 1)
    assert rows_of(raw_data, ["gender"])["gender"].tolist() == ["Female", "Male", "Male"]


def test_a_merge_of_known_rows_changes_nothing(raw_data: RawData, tmp_path: Path) -> None:
    first = load(raw_data, write_dataset(tmp_path / "a.csv", make_lines(range(1, 6))))
    report = merge(raw_data, write_dataset(tmp_path / "b.csv", make_lines([2, 3])))
    assert (report.status, report.added, report.changed, report.identical) == ("unchanged", 0, 0, 2)
    assert raw_data.latest_load() == first


def test_a_merge_makes_other_content(raw_data: RawData, tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "a.csv", make_lines([1]))
    load(raw_data, dataset)
    merge(raw_data, write_dataset(tmp_path / "b.csv", make_lines([2])))
    assert load(raw_data, dataset).status == "loaded"
    assert ids_of(raw_data) == [1]


def test_a_merge_into_nothing_adds_all(raw_data: RawData, tmp_path: Path) -> None:
    report = merge(raw_data, write_dataset(tmp_path / "a.csv", make_lines([1, 2])))
    assert (report.added, report.rows) == (2, 2)


def test_progress_ends_at_the_total(raw_data: RawData, tmp_path: Path) -> None:
    reports: list[tuple[str, int, int | None]] = []
    load_file(
        raw_data,
        write_dataset(tmp_path / "a.csv", make_lines([1, 2, 3])),
        progress=lambda step, done, total=None: reports.append((step, done, total)),
    )
    assert reports[-1] == ("Loading rows", 3, 3)
