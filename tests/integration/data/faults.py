"""Ten ways in which a line of the dataset can be invalid, with what the reason says."""

import random
from collections.abc import Callable
from pathlib import Path

from connections.dataset.blocks import DatasetFile
from tests.fakes.rows import as_dataset

Spoil = Callable[[list[str]], bytes]


def _with(column: int, value: str) -> Spoil:
    return lambda values: ",".join([*values[:column], value, *values[column + 1 :]]).encode()


KINDS: list[tuple[str, Spoil]] = [
    ("race is 'Martian'", _with(2, "Martian")),
    ("time_in_hospital is 'three'", _with(9, "three")),
    ("num_medications is '-4'", _with(14, "-4")),
    ("49 values where 50", lambda values: ",".join(values[:-1]).encode()),
    ("51 values where 50", lambda values: ",".join([*values, "x"]).encode()),
    ("the line is empty", lambda values: b""),
    (
        "is not UTF-8",
        lambda values: ",".join([*values[:2], "Española", *values[3:]]).encode("latin-1"),
    ),
    ("race is 'a,b'", _with(2, '"a,b"')),
    ("the quotes do not match", _with(2, '"Asian')),
    ("encounter_id 2278392 is on an earlier line", _with(0, "2278392")),
]


def spoiled(source: Path, target: Path, count: int) -> tuple[DatasetFile, dict[int, str]]:
    """Write a copy with ``count`` invalid lines; return it with the reason by line number."""
    lines = source.read_bytes().split(b"\n")
    expected = {}
    chosen = random.Random(5).sample(range(2, len(lines) - 1), count)  # noqa: S311
    for rank, line in enumerate(sorted(chosen)):
        reason, spoil = KINDS[rank % len(KINDS)]
        lines[line] = spoil(lines[line].decode().split(","))
        expected[line + 1] = reason
    target.write_bytes(b"\n".join(lines))
    return as_dataset(target), expected
