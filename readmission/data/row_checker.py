"""The dataset's CSV, checked block by block: which rows are valid, and why the others are rejected.

A block without quotes and other encodings is parsed by pyarrow at once; another one is first read
line by line, in ``malformed_lines``.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from readmission.data.malformed_lines import as_rejected, explain_line, separate
from readmission.data.row_rules import NormalizedRows, normalize_rows
from readmission.records import RejectedRow
from readmission.schema import COLUMNS

_NAMES = [column.name for column in COLUMNS]
_INTEGERS = [column.name for column in COLUMNS if column.domain.kind == "integer"]
_LARGER_THAN_IDS = np.iinfo(np.int64).max
_SPECIAL_BYTES = (b'"', b"\r", b"\0")
_TEXT = pa.dictionary(pa.int32(), pa.string())
_SIMPLE_CSV = arrow_csv.ParseOptions(quote_char=False, ignore_empty_lines=False)
_VERBATIM = arrow_csv.ConvertOptions(
    column_types=dict.fromkeys(_NAMES, _TEXT),
    null_values=[],
    strings_can_be_null=False,
)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file; ``cut``: the file ends without the last line's newline."""

    first_line: int
    data: bytes
    cut: bool = False


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """The valid rows, as a frame and as the lines of the file, and the rejected ones.

    ``lines`` is None where the file writes a value otherwise than the dataset: 6.0, or an ICD-10
    code. ``converted_codes`` counts the ICD-10 codes in the valid rows.
    """

    frame: pd.DataFrame
    lines: bytes | None
    rejected: list[RejectedRow]
    converted_codes: int = 0


@dataclass(frozen=True, slots=True)
class _ParsedBlock:
    """The well-formed lines: their values as text, their bytes and their numbers in the file."""

    frame: pd.DataFrame
    data: bytes
    line_numbers: NDArray[np.int64]
    malformed: list[RejectedRow]


class RowChecker:
    """Check the blocks of one file in their order, remembering the ids of accepted rows."""

    def __init__(self) -> None:
        # Sorted; the last entry is larger than any id, so that every look-up ends at an entry.
        self._accepted_ids: NDArray[np.int64] = np.array([_LARGER_THAN_IDS])

    def check(self, block: Block) -> CheckedBlock:
        """Return the valid rows, with typed integers, and the rejected rows with their reasons."""
        parsed = _parse_block(block)
        normalized = normalize_rows(parsed.frame)
        parsed = replace(parsed, frame=normalized.frame)
        reasons = self._reasons_to_reject(parsed, normalized.invalid)
        rejected = parsed.malformed + _rejected_rows(parsed, reasons)
        rejected.sort(key=lambda row: row.line)
        if block.cut:
            rejected = _mark_cut(rejected, block)

        valid = _drop_rows(parsed, reasons)
        return CheckedBlock(
            frame=_with_integers(valid.frame),
            lines=None if normalized.changed else valid.data,
            rejected=rejected,
            converted_codes=_count_converted(normalized, reasons),
        )

    def _reasons_to_reject(self, parsed: _ParsedBlock, invalid: set[int]) -> dict[int, str]:
        """Return the reason against each invalid or repeated row, by the row's position."""
        reasons = _explain_rows(parsed, invalid)

        # Only a valid row's id is remembered, so that a corrected line may follow.
        all_rows = np.arange(len(parsed.frame))
        valid_rows = np.setdiff1d(all_rows, list(invalid))
        id_column = parsed.frame["encounter_id"]
        ids = _integers(id_column.iloc[valid_rows])

        for index in self._repeated(ids):
            row = int(valid_rows[index])
            repeated_id = ids[index]
            reasons[row] = f"encounter_id {repeated_id} is on an earlier line already"

        return reasons

    def _repeated(self, ids: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the positions of ids that were accepted before, and remember the others."""
        positions = np.searchsorted(self._accepted_ids, ids)
        accepted_before = self._accepted_ids[positions] == ids
        repeated = accepted_before | _repeated_within(ids)

        # The stable sort merges two sorted arrays in linear time.
        new_ids = np.sort(ids[~repeated])
        all_ids = np.concatenate([self._accepted_ids, new_ids])
        self._accepted_ids = np.sort(all_ids, kind="stable")

        return np.flatnonzero(repeated)


def _repeated_within(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each id whether it is in the array before."""
    duplicated = pd.Series(ids).duplicated()
    return duplicated.to_numpy()


def _parse_block(block: Block) -> _ParsedBlock:
    """Read the block at once if its lines are simple, else line by line."""
    data = block.data.replace(b"\r\n", b"\n")
    end_line = block.first_line + data.count(b"\n")
    line_numbers = np.arange(block.first_line, end_line)

    if _is_simple(data):
        # If a line has another number of values, the lines are read one by one below.
        with suppress(pa.ArrowInvalid):
            return _ParsedBlock(
                frame=_parse_simple(data),
                data=data,
                line_numbers=line_numbers,
                malformed=[],
            )

    data, line_numbers, malformed = separate(data, line_numbers)
    return _ParsedBlock(
        frame=_parse_simple(data),
        data=data,
        line_numbers=line_numbers,
        malformed=malformed,
    )


def _is_simple(data: bytes) -> bool:
    """Return whether each line is just values joined by commas, in ASCII and without quotes."""
    if not data.isascii():
        return False
    return not any(special in data for special in _SPECIAL_BYTES)


def _parse_simple(data: bytes) -> pd.DataFrame:
    """Return all values as text categories.

    Raises pyarrow's ArrowInvalid if a line has another number of values.
    """
    if not data:
        no_values = pd.Categorical([])
        return pd.DataFrame(dict.fromkeys(_NAMES, no_values))

    whole_block = arrow_csv.ReadOptions(
        column_names=_NAMES,
        use_threads=False,
        block_size=len(data) + 1,
    )
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=whole_block,
        parse_options=_SIMPLE_CSV,
        convert_options=_VERBATIM,
    )
    return cast(pd.DataFrame, table.to_pandas())


def _explain_rows(parsed: _ParsedBlock, invalid: set[int]) -> dict[int, str]:
    """Return the reason against each invalid row."""
    if not invalid:
        return {}
    reasons = {}
    lines = parsed.data.split(b"\n")
    for row in invalid:
        reasons[row] = explain_line(lines[row])
    return reasons


def _rejected_rows(parsed: _ParsedBlock, reasons: Mapping[int, str]) -> list[RejectedRow]:
    """Return the records of the rows that have a reason against them."""
    if not reasons:
        return []
    lines = parsed.data.split(b"\n")
    rejected = []
    for row, reason in reasons.items():
        rejected_row = as_rejected(
            line_number=int(parsed.line_numbers[row]),
            reason=reason,
            line=lines[row],
        )
        rejected.append(rejected_row)
    return rejected


def _count_converted(normalized: NormalizedRows, reasons: Mapping[int, str]) -> int:
    """Return the number of ICD-10 codes in the rows that have no reason against them."""
    rejected = np.array(list(reasons), dtype=np.intp)
    in_valid_rows = np.delete(normalized.converted, rejected)
    return int(in_valid_rows.sum())


def _drop_rows(parsed: _ParsedBlock, reasons: Mapping[int, str]) -> _ParsedBlock:
    """Remove the rows that have a reason against them from the frame and from the lines."""
    if not reasons:
        return parsed
    lines = parsed.data.split(b"\n")
    valid_lines = [line for row, line in enumerate(lines) if row not in reasons]
    return replace(
        parsed,
        frame=parsed.frame.drop(index=list(reasons)),
        data=b"\n".join(valid_lines),
    )


def _mark_cut(rejected: list[RejectedRow], block: Block) -> list[RejectedRow]:
    """Add to the reason against the file's last line that the file ends within it."""
    if not rejected:
        return rejected

    *others, last = rejected
    end_line = block.first_line + block.data.count(b"\n")
    if last.line != end_line - 1:
        return rejected

    reason = f"the file ends within this line: {last.reason}"
    return [*others, replace(last, reason=reason)]


def _with_integers(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert the columns of whole numbers from text categories to int64."""
    integer_columns = {}
    for name in _INTEGERS:
        integer_columns[name] = _integers(frame[name])
    return frame.assign(**integer_columns)


def _integers(column: "pd.Series[str]") -> NDArray[np.int64]:
    """Convert each category that a row has; unused categories may be invalid."""
    used = column.cat.remove_unused_categories().cat
    categories = used.categories.to_numpy(dtype=object)
    numbers = categories.astype(np.int64)

    # From one number for each category to one for each row.
    return numbers[used.codes]
