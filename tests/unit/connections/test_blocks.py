"""The file in blocks of whole lines, at constant memory."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from connections.dataset.blocks import DatasetFile, count_rows, read_blocks
from readmission.errors import DatasetError
from tests.fakes.rows import NAMES, make_lines, write_dataset


@pytest.mark.parametrize("size", [1, 7, 150, 151, 1000, 4 * 2**20])
def test_blocks_are_whole_lines_whatever_their_size(tmp_path: Path, size: int) -> None:
    lines = make_lines(range(1, 20))
    blocks = list(read_blocks(write_dataset(tmp_path / "a.csv", lines), size))
    assert b"".join(block.data for block in blocks).decode().splitlines() == lines
    assert blocks[0].first_line == 2
    for block, following in pairwise(blocks):
        assert following.first_line == block.first_line + block.data.count(b"\n")


def test_a_byte_order_mark_is_not_part_of_the_header(tmp_path: Path) -> None:
    header = b"\xef\xbb\xbf" + ",".join(NAMES).encode()
    blocks = list(read_blocks(write_dataset(tmp_path / "a.csv", make_lines([1]), header=header)))
    assert len(blocks) == 1


def test_the_last_line_may_lack_its_newline(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_dataset(path, make_lines([1, 2]))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    dataset = DatasetFile(path, "here", hashlib.sha256(path.read_bytes()).hexdigest())
    assert [block.cut for block in read_blocks(dataset, 100)][-1]
    assert count_rows(path) == 2


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "a.csv", make_lines(range(1, 500)))

    def read_while_it_changes() -> Iterator[None]:
        for _ in read_blocks(dataset, 4096):
            with dataset.path.open("r+b") as file:
                file.seek(-10, 2)
                file.write(b"5")
            yield

    with pytest.raises(DatasetError, match="changed"):
        list(read_while_it_changes())


def test_a_file_that_is_not_the_verified_one_is_refused(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "a.csv", make_lines([1]))
    with pytest.raises(DatasetError, match="changed"):
        list(read_blocks(replace(dataset, sha256="0" * 64)))


WRONG_FILES = {
    "a missing column": (",".join(NAMES).replace("race,", ""), "'race'"),
    "an extra column": (",".join(NAMES) + ",income", "'income'"),
    "a renamed column": (",".join(NAMES).replace("gender", "sex"), "'gender'.*'sex'"),
    "other order": (",".join(reversed(NAMES)), "order"),
    "a web page": ("<!DOCTYPE html><html>", "web page"),
    "other separators": (";".join(NAMES), "header"),
}


@pytest.mark.parametrize("fault", WRONG_FILES)
def test_a_wrong_file_is_named(tmp_path: Path, fault: str) -> None:
    header, reason = WRONG_FILES[fault]
    with pytest.raises(DatasetError, match=reason):
        list(
            read_blocks(write_dataset(tmp_path / "a.csv", make_lines([1]), header=header.encode()))
        )


@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 1000, bytes(range(256)) * 10])
def test_a_file_without_a_header_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError):
        list(read_blocks(DatasetFile(path, "here", hashlib.sha256(content).hexdigest())))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.csv cannot be read: No such file"):
        list(read_blocks(DatasetFile(tmp_path / "gone.csv", "here", "0" * 64)))
