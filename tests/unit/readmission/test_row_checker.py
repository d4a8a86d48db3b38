"""Lines of the CSV: valid ones pass, each invalid one is rejected with its number and reason."""

import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from readmission.data.malformed_lines import MAX_LINE_BYTES
from readmission.data.row_checker import Block, CheckedBlock, RowChecker
from tests.fakes.rows import NAMES, make_line, make_lines


def check(*lines: str | bytes, end: bytes = b"\n", cut: bool = False) -> CheckedBlock:
    data = b"".join((line if isinstance(line, bytes) else line.encode()) + end for line in lines)
    return RowChecker().check(Block(2, data, cut=cut))


def test_valid_lines_pass_unchanged() -> None:
    lines = make_lines([5, 6, 7])
    checked = check(*lines)
    assert checked.lines.decode().splitlines() == lines
    assert checked.frame["encounter_id"].tolist() == [5, 6, 7]
    assert checked.rejected == []


def test_windows_line_ends_are_dropped() -> None:
    assert check(*make_lines([5, 6]), end=b"\r\n").lines == check(*make_lines([5, 6])).lines


def test_quotes_around_valid_values_are_dropped() -> None:
    quoted = ",".join(f'"{value}"' for value in make_line().split(","))
    assert check(quoted).lines.decode() == make_line() + "\n"


FAULTS: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "a count that is not a number": (
        lambda line: line.replace(",59,", ",many,"),
        "num_lab_procedures is 'many', not a",
    ),
    "an unknown category": (
        lambda line: line.replace("Female", "Unicorn"),
        "gender is 'Unicorn', not one of Female",
    ),
    "a value out of range": (
        lambda line: line.replace(",3,", ",99,"),
        "time_in_hospital is '99', not a whole",
    ),
    "too few values": (lambda line: line.rpartition(",")[0], "49 values where 50 are expected"),
    "too many values": (lambda line: line + ",x", "51 values where 50 are expected"),
    "an empty line": (lambda line: "", "the line is empty"),
    "Latin-1": (
        lambda line: line.replace("Caucasian", "Española").encode("latin-1"),
        "byte 0xf1 at position 9",
    ),
    "a quoted comma": (
        lambda line: line.replace("Caucasian", '"a,b"'),
        "race is 'a,b', not one of",
    ),
    "an open quote": (
        lambda line: line.replace("Caucasian", '"Caucasian'),
        "the quotes do not match",
    ),
    "a malformed ICD code": (
        lambda line: line.replace(",276,", ",27X,"),
        "diag_1: 27X is neither an ICD-9 nor an ICD-10 code; did you mean 27",
    ),
    "a foreign script": (
        lambda line: line.replace("Caucasian", "Кавказ"),
        "race is 'Кавказ', not one of",
    ),
    "a NUL byte": (
        lambda line: line.replace("Female", "Fem\0ale"),
        "gender is 'Fem\\x00ale', not one of",
    ),
    "an endless line": (
        lambda line: line + "x" * MAX_LINE_BYTES,
        "the line is longer than 65,536 bytes",
    ),
    "a lone carriage return": (
        lambda line: line.replace("Female", "Fe\rmale"),
        "the quotes do not match|gender is",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_invalid_line_is_rejected_with_its_reason(fault: str) -> None:
    spoil, reason = FAULTS[fault]
    first, second, third = make_lines([5, 6, 7])
    checked = check(first, spoil(second), third)
    assert checked.frame["encounter_id"].tolist() == [5, 7]
    assert checked.lines.decode().splitlines() == [first, third]
    (rejected,) = checked.rejected
    assert rejected.line == 3
    assert any(part in rejected.reason for part in reason.split("|"))
    assert len(rejected.text) <= 500


def test_a_repeated_id_is_rejected_within_a_block_and_across_blocks() -> None:
    checker = RowChecker()
    first = checker.check(Block(2, "".join(f"{line}\n" for line in make_lines([5, 6, 5])).encode()))
    second = checker.check(Block(5, "".join(f"{line}\n" for line in make_lines([7, 6])).encode()))
    assert [(row.line, row.reason) for row in first.rejected] == [
        (4, "encounter_id 5 is on an earlier line already")
    ]
    assert [(row.line, row.reason) for row in second.rejected] == [
        (6, "encounter_id 6 is on an earlier line already")
    ]
    assert second.frame["encounter_id"].tolist() == [7]


def test_the_id_of_an_invalid_line_stays_free() -> None:
    checked = check(*make_lines([5], gender="X"), *make_lines([5]))
    assert [row.line for row in checked.rejected] == [2]
    assert checked.frame["encounter_id"].tolist() == [5]


def test_a_cut_last_line_says_so() -> None:
    line = make_line()
    checked = check(*make_lines([5]), line[: len(line) // 2], cut=True)
    assert checked.rejected[0].reason.startswith("the file ends within this line: ")


def test_a_whole_last_line_without_its_newline_is_valid() -> None:
    assert check(*make_lines([5]), cut=True).rejected == []


def test_a_block_of_invalid_lines_alone_leaves_an_empty_frame() -> None:
    checked = check("", "x")
    assert (len(checked.frame), checked.lines, len(checked.rejected)) == (0, b"", 2)
    assert list(checked.frame.columns) == NAMES


def test_icd10_codes_become_icd9_and_are_counted() -> None:
    converted, unchanged, repeated = make_lines([5, 6, 6])
    converted = converted.replace(",276,250.01,255,", ",E11.9,i50.9,25000,")
    checked = check(converted, unchanged, repeated.replace(",276,", ",I10,"))
    assert checked.frame[["diag_1", "diag_2", "diag_3"]].astype(str).to_numpy().tolist() == [
        ["250.00", "428.9", "250.00"],
        ["276", "250.01", "255"],
    ]
    assert checked.converted_codes == 2
    assert checked.lines is None


def test_a_diagnosis_may_have_a_decimal_comma() -> None:
    checked = check(make_line().replace(",276,", ',"250,01",'))
    assert (checked.rejected, checked.frame["diag_1"].tolist()) == ([], ["250.01"])


def test_whole_floats_are_whole_numbers() -> None:
    line = make_line(encounter_id="5.0", time_in_hospital="6.0", admission_type_id="1.00")
    checked = check(line, make_line(encounter_id="5"))
    assert [row.reason for row in checked.rejected] == [
        "encounter_id 5 is on an earlier line already"
    ]
    columns = ["encounter_id", "time_in_hospital", "admission_type_id"]
    assert checked.frame[columns].to_numpy().tolist() == [[5, 6, 1]]


def test_thousands_of_whole_floats_are_whole_numbers() -> None:
    checked = check(*(make_line(encounter_id=f"{number}.0") for number in range(1, 1500)))
    assert checked.rejected == []
    assert checked.frame["encounter_id"].tolist() == list(range(1, 1500))


def test_the_real_file_passes_unchanged(real_dataset: Path) -> None:
    with lzma.open(real_dataset, "rb") as file:
        file.readline()
        data = file.read()
    checked = RowChecker().check(Block(2, data))
    assert (checked.lines, checked.rejected) == (data, [])
    assert checked.converted_codes == 0
