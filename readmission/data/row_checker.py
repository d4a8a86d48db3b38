"""Lines of the dataset's CSV, checked block by block: the right rows, and why the others are wrong."""

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from readmission.data.malformed_lines import as_rejected, reason, separate
from readmission.data.row_rules import wrong_rows
from readmission.records import RejectedRow
from readmission.schema import COLUMNS

_NAMES = [column.name for column in COLUMNS]
_INTEGERS = [column.name for column in COLUMNS if column.domain.kind == "integer"]
_ODD = (b'"', b"\r", b"\0")
_TEXT = pa.dictionary(pa.int32(), pa.string())
_PLAIN = arrow_csv.ParseOptions(quote_char=False, ignore_empty_lines=False)
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
    """The right rows, as a frame and as the lines that they are, and the wrong ones."""

    frame: pd.DataFrame
    lines: bytes
    rejected: list[RejectedRow]


class LineChecker:
    """Checks the blocks of one file in their order, and remembers the ids of the rows it let through."""

    def __init__(self) -> None:
        self._seen: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def check(self, block: Block) -> CheckedBlock:
        """Return the right rows with integers typed, and the reasons against the others."""
        data = block.data.replace(b"\r\n", b"\n")
        numbers = np.arange(block.first_line, block.first_line + data.count(b"\n"))
        frame = _parse(data) if _is_plain(data) else None
        rejected: list[RejectedRow] = []
        if frame is None:
            data, numbers, rejected = separate(data, numbers)
            frame = _parse(data)
        assert frame is not None  # noqa: S101 - every line has the right shape now
        reasons = self._reasons(frame, data)
        if reasons:
            frame, data, wrong = _set_aside(frame, data, numbers, reasons)
            rejected = sorted(rejected + wrong, key=lambda row: row.line)
        return CheckedBlock(_typed(frame), data, _mark_cut(rejected, block))

    def _reasons(self, frame: pd.DataFrame, data: bytes) -> dict[int, str]:
        """Return the position of each wrong row, with the reason."""
        wrong = wrong_rows(frame)
        lines = data.split(b"\n") if wrong else []
        reasons = {row: reason(lines[row]) for row in wrong}
        right = np.setdiff1d(np.arange(len(frame)), list(wrong))
        ids = _integers(frame["encounter_id"].iloc[right])
        return reasons | {
            right[i]: f"encounter_id {ids[i]} is on an earlier line already"
            for i in self._repeated(ids)
        }

    def _repeated(self, ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the positions of ids that were let through before, and remember the others."""
        places = np.searchsorted(self._seen, ids)
        before = np.append(self._seen, -1)[places] == ids
        repeated = before | pd.Series(ids).duplicated().to_numpy()
        # Two sorted runs: the stable sort merges them.
        self._seen = np.sort(np.concatenate([self._seen, np.sort(ids[~repeated])]), kind="stable")
        return np.flatnonzero(repeated)


def _is_plain(data: bytes) -> bool:
    return data.isascii() and not any(odd in data for odd in _ODD)


def _parse(data: bytes) -> pd.DataFrame | None:
    """Return all values as categories of text, None when a line has not the right number of values."""
    reading = arrow_csv.ReadOptions(
        column_names=_NAMES, use_threads=False, block_size=len(data) + 1
    )
    if not data:
        return pd.DataFrame({name: pd.Categorical([]) for name in _NAMES})
    try:
        table = arrow_csv.read_csv(pa.BufferReader(data), reading, _PLAIN, _VERBATIM)
    except pa.ArrowInvalid:
        return None
    return cast(pd.DataFrame, table.to_pandas())


def _set_aside(
    frame: pd.DataFrame, data: bytes, numbers: NDArray[np.int64], reasons: dict[int, str]
) -> tuple[pd.DataFrame, bytes, list[RejectedRow]]:
    lines = data.split(b"\n")
    kept = b"\n".join(line for row, line in enumerate(lines) if row not in reasons)
    rejected = [as_rejected(int(numbers[row]), why, lines[row]) for row, why in reasons.items()]
    return frame.drop(index=list(reasons)), kept, rejected


def _mark_cut(rejected: list[RejectedRow], block: Block) -> list[RejectedRow]:
    """Say of a wrong last line without its newline that the file is cut there."""
    last_line = block.first_line + block.data.count(b"\n") - 1
    if not (block.cut and rejected and rejected[-1].line == last_line):
        return rejected
    return [
        *rejected[:-1],
        replace(rejected[-1], reason=f"the file ends within this line: {rejected[-1].reason}"),
    ]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{name: _integers(frame[name]) for name in _INTEGERS})


def _integers(column: "pd.Series[str]") -> NDArray[np.int64]:
    used = column.cat.remove_unused_categories().cat
    return np.asarray(used.categories, dtype=object).astype(np.int64)[used.codes]
