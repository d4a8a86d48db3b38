"""The dataset's CSV, fetched once from an address, verified, and kept on local disk."""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from connections.dataset.address import Address
from connections.dataset.archive import open_csv
from connections.dataset.blocks import DatasetFile
from connections.dataset.download import CHUNK_BYTES, Limits, download
from connections.dataset.header import read_header, refuse_other_content
from connections.dataset.local_copy import Receipt, alone_in, file_sha256, place, read_receipt
from readmission.errors import DatasetError
from readmission.ports.data import Progress, silent

logger = logging.getLogger(__name__)

FILE_NAME = "Diabetes.csv"
KNOWN_SHA256 = frozenset(
    {
        "da21942c25a10a51a8842907ab01a8530b06232616b17d317441d592a20c4359",  # the original project's, LF
        "0689e7ec031237dc63031b938805c48377748761a3b26acab621567afa24df97",  # UCI's, CRLF
    }
)


@dataclass(frozen=True, slots=True)
class UrlDatasetSource:
    """Fetch the dataset from an https, http or file address into ``target_folder``.

    ``keep_any``: nobody asked for a certain address, so a dataset that already lies in the folder
    is kept wherever it came from, even when it was put there by hand.
    """

    address: Address
    target_folder: Path
    keep_any: bool = False
    limits: Limits = field(default_factory=Limits)
    progress: Progress = silent

    def fetch(self, *, force: bool = False) -> DatasetFile:
        """Return the verified file, downloaded once unless ``force``."""
        kept = None if force else self.kept()
        if kept is None:
            with alone_in(
                self.target_folder, setting="DATA_DIR", timeout_s=self.limits.total_timeout_s
            ):
                kept = None if force else self.kept()  # another process may just have fetched it
                kept = kept or self._fetch()
        if kept.sha256 not in KNOWN_SHA256:
            logger.warning(
                "%s has an unknown checksum (SHA-256 %s): not the published dataset",
                kept.source,
                kept.sha256,
            )
        return kept

    def kept(self) -> DatasetFile | None:
        """Return the file of an earlier fetch from this address, None when it has to be fetched."""
        if not self._path.is_file():
            return None
        sha256, receipt = file_sha256(self._path), read_receipt(self._path)
        if (
            receipt
            and receipt.sha256 == sha256
            and (self.keep_any or receipt.key == self.address.key())
        ):
            return DatasetFile(self._path, receipt.source, sha256)
        return self._found(sha256) if self.keep_any else None

    def _found(self, sha256: str) -> DatasetFile:
        """Accept a file that was put there by hand, if it is the dataset."""
        refuse_other_content(self._path, str(self._path))
        with self._path.open("rb") as stream:
            read_header(stream, str(self._path))
        return DatasetFile(self._path, self._path.as_uri(), sha256)

    @property
    def _path(self) -> Path:
        return self.target_folder / FILE_NAME

    def _fetch(self) -> DatasetFile:
        """Download beside the target, verify, then take its place."""
        key = (
            self.address.key()
        )  # before reading, so that a change meanwhile is noticed the next time
        packed, part = self._part(".download"), self._part(".part")
        try:
            if self.address.local is None:
                download(self.address, packed, self.limits, self.progress)
            sha256 = self._unpack(self.address.local or packed, part)
            place(part, self._path, Receipt(self.address.public, key, sha256))
        finally:
            packed.unlink(missing_ok=True)
            part.unlink(missing_ok=True)
        return DatasetFile(self._path, self.address.public, sha256)

    def _unpack(self, packed: Path, part: Path) -> str:
        """Write the CSV to ``part`` and return its checksum."""
        source = self.address.public
        refuse_other_content(packed, source)
        with open_csv(packed, self.address.suffix, source) as stream, part.open("wb") as target:
            header = read_header(stream, source)
            target.write(header)
            digest = hashlib.sha256(header)
            for chunk in self._rows(stream):
                target.write(chunk)
                digest.update(chunk)
        return digest.hexdigest()

    def _rows(self, stream: IO[bytes]) -> Iterator[bytes]:
        """Yield what follows the header, at least something and not without end."""
        done = 0
        for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""):
            done += len(chunk)
            if done > self.limits.max_bytes:
                raise DatasetError(
                    f"{self.address.public} unpacks to more than {self.limits.max_bytes:,} bytes."
                )
            self.progress("unpack", done)
            yield chunk
        if not done:
            raise DatasetError(f"{self.address.public} has a header and no rows.")

    def _part(self, suffix: str) -> Path:
        return self.target_folder / f".{FILE_NAME}{suffix}"
