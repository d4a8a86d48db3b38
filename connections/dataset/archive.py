"""Open the dataset's CSV, which may be compressed or a member of a zip archive."""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple, cast

from connections.dataset.header import has_header
from readmission.errors import DatasetError

_CORRUPT = (
    lzma.LZMAError,
    zlib.error,
    EOFError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    NotImplementedError,  # zipfile: a compression method that it does not know
)
_ENCRYPTED_FLAG = 0x1


class _Member(NamedTuple):
    """A file in a zip archive."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo

    def open(self) -> IO[bytes]:
        return self.archive.open(self.info)


@contextmanager
def open_csv(path: Path, suffix: str, source: str) -> Iterator[IO[bytes]]:
    """Yield the CSV as a stream of bytes.

    Raises DatasetError, naming ``source``, for a file that is broken or holds no dataset.
    """
    try:
        with ExitStack() as open_files:
            stream = _open_stream(path, suffix, source, open_files)
            yield open_files.enter_context(stream)
    except _CORRUPT as error:
        raise DatasetError(
            f"{source} is a broken or incomplete {suffix} file: {error}. Fetch it again."
        ) from error


def _open_stream(path: Path, suffix: str, source: str, open_files: ExitStack) -> IO[bytes]:
    if suffix == ".xz":
        return lzma.open(path)
    if suffix == ".gz":
        return cast(IO[bytes], gzip.open(path))
    if suffix == ".zip":
        zip_file = zipfile.ZipFile(path)
        archive = open_files.enter_context(zip_file)
        member = _find_csv(archive, source, open_files)
        return member.open()
    return path.open("rb")


def _find_csv(archive: zipfile.ZipFile, source: str, open_files: ExitStack) -> _Member:
    """Return the CSV with the dataset's header, or the only CSV, whose header is checked later.

    Raises DatasetError, naming the candidates, when there is no CSV or more than one.
    """
    members = list(_csv_members(archive, source, open_files))
    matching = [member for member in members if _has_dataset_header(member)]
    candidates = matching or members

    if len(candidates) != 1:
        names = [member.info.filename for member in candidates]
        found = ", ".join(names) or "none"
        raise DatasetError(
            f"{source} must hold exactly one CSV with the dataset's header; it holds: {found}."
        )

    return candidates[0]


def _csv_members(
    archive: zipfile.ZipFile, source: str, open_files: ExitStack, *, nested: bool = True
) -> Iterator[_Member]:
    """Yield the CSV files of an archive and, if ``nested``, of the archives in it."""
    for info in archive.infolist():
        suffix = PurePosixPath(info.filename).suffix.lower()
        if suffix not in (".csv", ".zip"):
            continue
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise DatasetError(
                f"{source}: {info.filename} is encrypted; name an archive without a password."
            )

        if suffix == ".csv":
            yield _Member(archive, info)
        elif nested:
            inner_file = open_files.enter_context(archive.open(info))
            inner_archive = open_files.enter_context(zipfile.ZipFile(inner_file))
            yield from _csv_members(inner_archive, source, open_files, nested=False)


def _has_dataset_header(member: _Member) -> bool:
    with member.open() as stream:
        return has_header(stream)
