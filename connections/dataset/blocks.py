"""The dataset's CSV on local disk, read in blocks of whole lines with constant memory."""

import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from connections.dataset.header import read_header, refuse_other_content
from readmission.data.malformed_lines import MAX_LINE_BYTES
from readmission.data.row_checker import Block
from readmission.errors import DatasetError

BLOCK_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """A verified CSV on local disk."""

    path: Path
    source: str
    sha256: str
    synthetic: bool = False

    def count_rows(self) -> int:
        """Return how many lines follow the header."""
        return count_rows(self.path)

    def blocks(self) -> Generator[Block, None, None]:
        """Yield the lines after the header; raises DatasetError if the file has changed."""
        return read_blocks(self)


def count_rows(path: Path) -> int:
    """Return how many lines follow the header; the last one may lack its newline."""
    lines = 0
    last_byte = b"\n"
    with _open(path) as file:
        while piece := file.read(BLOCK_BYTES):
            lines += piece.count(b"\n")
            last_byte = piece[-1:]
    if last_byte != b"\n":
        lines += 1
    return max(0, lines - 1)


def read_blocks(
    dataset: DatasetFile, block_bytes: int = BLOCK_BYTES
) -> Generator[Block, None, None]:
    """Yield the lines after the header.

    Raises DatasetError, at the end too, if the file is not the one that was verified.
    """
    with _open(dataset.path) as file:
        refuse_other_content(dataset.path, dataset.source)
        header = read_header(file, dataset.source)
        digest = hashlib.sha256(header)
        pieces = _read_pieces(file, block_bytes, digest.update)
        yield from _split_at_newlines(pieces)

    if digest.hexdigest() != dataset.sha256:
        raise DatasetError(
            f"{dataset.path} changed after it was verified, maybe while it was read: "
            "fetch it again."
        )


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def _read_pieces(
    file: IO[bytes], size: int, update_digest: Callable[[bytes], None]
) -> Iterator[bytes]:
    while piece := file.read(size):
        update_digest(piece)
        yield piece


def _split_at_newlines(pieces: Iterator[bytes]) -> Iterator[Block]:
    """Yield blocks of whole lines; of a line that never ends, only the start is kept."""
    line_number = 2
    rest = b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            whole_lines = rest + piece[:end]
            yield Block(line_number, whole_lines)
            line_number += piece.count(b"\n")
            rest = b""

        rest += piece[end:]
        rest = rest[: MAX_LINE_BYTES + 1]

    if rest:
        yield Block(line_number, rest + b"\n", cut=True)
