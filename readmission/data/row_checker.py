"""The dataset's CSV, checked block by block: which rows are valid, and why the others are rejected."""

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from readmission.data.malformed_lines import as_rejected, reason, separate
from readmission.data.row_rules import invalid_rows
from readmission.records import RejectedRow
from readmission.schema import COLUMNS

_NAMES = [column.name for column in COLUMNS]
_INTEGERS = [column.name for column in COLUMNS if column.domain.kind == "integer"]
_SPECIAL_BYTES = (b'"', b"\r", b"\0")
_TEXT = pa.dictionary(pa.int32(), pa.string())
_SIMPLE_CSV = arrow_csv.ParseOptions(quote_char=False, ignore_empty_lines=False)
_VERBATIM = arrow_csv.ConvertOptions(
    column_types=dict.fromkeys(_NAMES, _TEXT), null_values=[], strings_can_be_null=False
)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file; ``cut``: the file ends without the last line's newline."""

    first_line: int
    data: bytes
    cut: bool = False


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """The valid rows, as a frame and as the lines of the file, and the rejected ones."""

    frame: pd.DataFrame
    lines: bytes
    rejected: list[RejectedRow]


class LineChecker:
    """Checks the blocks of one file in their order, and remembers the ids of the rows it accepted."""

    def __init__(self) -> None:
        self._accepted_ids: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def check(self, block: Block) -> CheckedBlock:
        """Return the valid rows with typed integers, and the others with the reasons against them."""
        data = block.data.replace(b"\r\n", b"\n")
        line_numbers = np.arange(block.first_line, block.first_line + data.count(b"\n"))
        rejected: list[RejectedRow] = []
        frame = _parse(data) if _is_simple(data) else None
        if frame is None:
            data, line_numbers, rejected = separate(data, line_numbers)
            frame = _parse(data)
        assert frame is not None  # noqa: S101 - every line has the right number of values now
        reasons = self._reasons(frame, data)
        if reasons:
            frame, data, invalid = _reject(frame, data, line_numbers, reasons)
            rejected = sorted(rejected + invalid, key=lambda row: row.line)
        return CheckedBlock(_typed(frame), data, _mark_cut(rejected, block))

    def _reasons(self, frame: pd.DataFrame, data: bytes) -> dict[int, str]:
        """Return the position of each row to reject, with the reason."""
        invalid = invalid_rows(frame)
        lines = data.split(b"\n") if invalid else []
        reasons = {row: reason(lines[row]) for row in invalid}
        valid = np.setdiff1d(np.arange(len(frame)), list(invalid))
        ids = _integers(frame["encounter_id"].iloc[valid])
        for index in self._repeated(ids):
            reasons[valid[index]] = f"encounter_id {ids[index]} is on an earlier line already"
        return reasons

    def _repeated(self, ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the positions of ids that were accepted before, and remember the others."""
        positions = np.searchsorted(self._accepted_ids, ids)
        accepted_before = np.append(self._accepted_ids, -1)[positions] == ids
        repeated = accepted_before | pd.Series(ids).duplicated().to_numpy()
        new_ids = np.sort(ids[~repeated])
        # Two sorted runs: the stable sort merges them.
        both = np.concatenate([self._accepted_ids, new_ids])
        self._accepted_ids = np.sort(both, kind="stable")
        return np.flatnonzero(repeated)


def _is_simple(data: bytes) -> bool:
    """Tell whether the lines can be read without looking for quotes, stray returns or other encodings."""
    return data.isascii() and not any(special in data for special in _SPECIAL_BYTES)


def _parse(data: bytes) -> pd.DataFrame | None:
    """Return all values as categories of text, None when a line has another number of values."""
    if not data:
        return pd.DataFrame({name: pd.Categorical([]) for name in _NAMES})
    reading = arrow_csv.ReadOptions(
        column_names=_NAMES, use_threads=False, block_size=len(data) + 1
    )
    try:
        table = arrow_csv.read_csv(pa.BufferReader(data), reading, _SIMPLE_CSV, _VERBATIM)
    except pa.ArrowInvalid:
        return None
    return cast(pd.DataFrame, table.to_pandas())


def _reject(
    frame: pd.DataFrame, data: bytes, line_numbers: NDArray[np.int64], reasons: dict[int, str]
) -> tuple[pd.DataFrame, bytes, list[RejectedRow]]:
    """Take the rows with a reason out of the frame and of the lines."""
    lines = data.split(b"\n")
    remaining = [line for row, line in enumerate(lines) if row not in reasons]
    rejected = [
        as_rejected(int(line_numbers[row]), why, lines[row]) for row, why in reasons.items()
    ]
    return frame.drop(index=list(reasons)), b"\n".join(remaining), rejected


def _mark_cut(rejected: list[RejectedRow], block: Block) -> list[RejectedRow]:
    """Say of a rejected last line without its newline that the file is cut there."""
    last_line = block.first_line + block.data.count(b"\n") - 1
    if not (block.cut and rejected and rejected[-1].line == last_line):
        return rejected
    *others, last = rejected
    return [*others, replace(last, reason=f"the file ends within this line: {last.reason}")]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{name: _integers(frame[name]) for name in _INTEGERS})


def _integers(column: "pd.Series[str]") -> NDArray[np.int64]:
    used = column.cat.remove_unused_categories().cat
    numbers = np.asarray(used.categories, dtype=object).astype(np.int64)
    return numbers[used.codes]
