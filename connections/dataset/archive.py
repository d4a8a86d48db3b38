"""Open the dataset's CSV inside whatever it came packed in."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from connections.dataset.header import _MAX_HEADER_BYTES, HEADER, _names
from readmission.errors import DatasetError

_CORRUPT = (
    lzma.LZMAError,
    zlib.error,
    EOFError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    NotImplementedError,  # zipfile: a compression method that it does not know
)
_Member = tuple[zipfile.ZipFile, zipfile.ZipInfo]


@contextmanager
def open_csv(path: Path, suffix: str, source: str) -> Iterator[IO[bytes]]:
    """Yield the CSV as a stream; raises DatasetError, naming ``source``, for a broken or foreign file."""
    try:
        with ExitStack() as stack:
            yield stack.enter_context(_open(path, suffix, source, stack))
    except _CORRUPT as error:
        raise DatasetError(
            f"{source} is a broken or incomplete {suffix} file: {error}. Fetch it anew."
        ) from error


def _open(path: Path, suffix: str, source: str, stack: ExitStack) -> IO[bytes]:
    if suffix == ".xz":
        return lzma.open(path)
    if suffix == ".gz":
        return cast(IO[bytes], gzip.open(path))
    if suffix == ".zip":
        archive, member = _find_csv(stack.enter_context(zipfile.ZipFile(path)), source, stack)
        return archive.open(member)
    return path.open("rb")


def _find_csv(archive: zipfile.ZipFile, source: str, stack: ExitStack) -> _Member:
    members = list(_csv_members(archive, source, stack))
    ours = [member for member in members if _has_header(*member)] or members
    if len(ours) != 1:
        names = ", ".join(info.filename for _, info in ours) or "none"
        raise DatasetError(
            f"{source} must hold exactly one CSV with the dataset's header; it holds: {names}."
        )
    return ours[0]


def _csv_members(
    archive: zipfile.ZipFile, source: str, stack: ExitStack, *, nested: bool = True
) -> Iterator[_Member]:
    for info in archive.infolist():
        suffix = PurePosixPath(info.filename).suffix.lower()
        if info.flag_bits & 0x1 and suffix in (".csv", ".zip"):
            raise DatasetError(
                f"{source}: {info.filename} is encrypted; name an archive without a password."
            )
        if suffix == ".csv":
            yield archive, info
        elif suffix == ".zip" and nested:
            inner = stack.enter_context(zipfile.ZipFile(stack.enter_context(archive.open(info))))
            yield from _csv_members(inner, source, stack, nested=False)


def _has_header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    with archive.open(info) as stream:
        return _names(stream.readline(_MAX_HEADER_BYTES)) == HEADER
