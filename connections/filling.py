"""A file's lines on their way into a staging table: the right ones in, the wrong ones to the books."""

from sqlalchemy import Engine, Table

from connections.ahead import ahead
from connections.bulk import bulk_writer
from connections.dataset_file import count_rows, read_blocks
from connections.loads import append_rejected
from connections.rows import Rows
from readmission.errors import DatasetError, TooManyRejectedRowsError
from readmission.lines import LineChecker
from readmission.ports import Progress
from readmission.records import DatasetFile


def fill(
    engine: Engine, staged: Table, dataset: DatasetFile, load_id: str, max_rejected_fraction: float, progress: Progress
) -> tuple[int, int]:
    """Return how many rows were written and how many were set aside.

    Raises TooManyRejectedRowsError as soon as that is sure.
    """
    total = count_rows(dataset.path)
    checker, rows, rejected = LineChecker(), 0, 0
    with bulk_writer(engine, staged) as write:
        for checked in ahead(checker.check(block) for block in read_blocks(dataset)):
            write(Rows(checked.frame, checked.lines))
            append_rejected(engine, load_id, checked.rejected)
            rows, rejected = rows + len(checked.frame), rejected + len(checked.rejected)
            if rejected > max_rejected_fraction * total:
                first = checked.rejected[0]
                raise TooManyRejectedRowsError(
                    f"{dataset.source}: {rejected:,} of the first {rows + rejected:,} rows break the contract, "
                    f"MAX_REJECTED_FRACTION allows {max_rejected_fraction:.2%} of {total:,}; "
                    f"line {first.line}: {first.reason}"
                )
            progress("Loading rows", rows + rejected, total)
    if not rows:
        raise DatasetError(f"{dataset.source} has a header and no rows.")
    return rows, rejected
