"""The dataset's CSV on local disk, read in blocks of whole lines at constant memory."""

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
    """Return how many lines follow the header."""
    with _opened(path) as file:
        newlines, last = 0, b"\n"
        while piece := file.read(BLOCK_BYTES):
            newlines, last = newlines + piece.count(b"\n"), piece[-1:]
    return max(0, newlines + (last != b"\n") - 1)


def read_blocks(
    dataset: DatasetFile, block_bytes: int = BLOCK_BYTES
) -> Generator[Block, None, None]:
    """Yield the lines after the header; raises DatasetError when the file is not what was verified."""
    with _opened(dataset.path) as file:
        refuse_other_content(dataset.path, dataset.source)
        header = read_header(file, dataset.source)
        digest = hashlib.sha256(header)
        yield from _blocks(_pieces(file, digest.update, block_bytes))
    if digest.hexdigest() != dataset.sha256:
        raise DatasetError(
            f"{dataset.path} changed after it was verified, maybe while it was read: fetch it again."
        )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def _pieces(file: IO[bytes], note: Callable[[bytes], None], size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        note(piece)
        yield piece


def _blocks(pieces: Iterator[bytes]) -> Iterator[Block]:
    """Cut the pieces at newlines; of an endless line only the start is kept."""
    line, rest = 2, b""
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if end:
            yield Block(line, rest + piece[:end])
            line, rest = line + piece.count(b"\n"), b""
        rest = (rest + piece[end:])[: MAX_LINE_BYTES + 1]
    if rest:
        yield Block(line, rest + b"\n", cut=True)
