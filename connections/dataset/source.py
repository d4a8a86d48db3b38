"""The dataset's CSV, fetched once from an address, verified, and cached on local disk."""

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
from connections.dataset.local_copy import (
    Receipt,
    exclusive_folder,
    file_sha256,
    publish_file,
    read_receipt,
)
from readmission.errors import DatasetError
from readmission.ports.data import Progress, silent

logger = logging.getLogger(__name__)

FILE_NAME = "Diabetes.csv"
_LEGACY_SHA256 = "da21942c25a10a51a8842907ab01a8530b06232616b17d317441d592a20c4359"
"""The file of the legacy project, whose lines end in LF."""
_UCI_SHA256 = "0689e7ec031237dc63031b938805c48377748761a3b26acab621567afa24df97"
"""The file of the UCI archive, whose lines end in CRLF."""
KNOWN_SHA256 = frozenset({_LEGACY_SHA256, _UCI_SHA256})


@dataclass(frozen=True, slots=True)
class UrlDatasetSource:
    """Fetch the dataset from an https, http or file address into ``target_folder``.

    ``keep_any`` is for a caller who set no address: a dataset that is in the folder already is
    used wherever it came from, even if it was put there by hand.
    """

    address: Address
    target_folder: Path
    keep_any: bool = False
    limits: Limits = field(default_factory=Limits)
    progress: Progress = silent

    def fetch(self, *, force: bool = False) -> DatasetFile:
        """Return the verified file, downloaded once unless ``force``."""
        dataset = None if force else self.find_cached()
        if dataset is None:
            dataset = self._fetch_alone(force=force)
        if dataset.sha256 not in KNOWN_SHA256:
            logger.warning(
                "%s has an unknown checksum (SHA-256 %s): not the published dataset",
                dataset.source,
                dataset.sha256,
            )
        return dataset

    def find_cached(self) -> DatasetFile | None:
        """Return the file of an earlier fetch from this address, None if it has to be fetched."""
        path = self._path
        if not path.is_file():
            return None
        sha256 = file_sha256(path)
        receipt = read_receipt(path)
        if receipt is not None and self._matches(receipt, sha256):
            return DatasetFile(path, receipt.source, sha256)
        if self.keep_any:
            return self._accept_foreign(sha256)
        return None

    @property
    def _path(self) -> Path:
        return self.target_folder / FILE_NAME

    def _matches(self, receipt: Receipt, sha256: str) -> bool:
        """Return whether the receipt is of this file and, unless any will do, this address."""
        if receipt.sha256 != sha256:
            return False
        if self.keep_any:
            return True
        return receipt.key == self.address.key()

    def _accept_foreign(self, sha256: str) -> DatasetFile:
        """Return a file that was put there by hand; raises DatasetError if it is no dataset."""
        path = self._path
        source = str(path)
        refuse_other_content(path, source)
        with path.open("rb") as stream:
            read_header(stream, source)
        return DatasetFile(path, path.as_uri(), sha256)

    def _fetch_alone(self, *, force: bool) -> DatasetFile:
        """Fetch while no other process does, unless one has done so just before."""
        folder = self.target_folder
        timeout_s = self.limits.total_timeout_s
        with exclusive_folder(folder, setting="DATA_DIR", timeout_s=timeout_s):
            if not force:
                cached = self.find_cached()
                if cached is not None:
                    return cached
            return self._fetch()

    def _fetch(self) -> DatasetFile:
        """Download and unpack next to the target, then replace it."""
        key = self.address.key()  # before reading: a change meanwhile is noticed the next time
        source = self.address.public
        local_path = self.address.local_path
        downloaded = self._staging_path(".download")
        unpacked = self._staging_path(".part")
        try:
            packed = local_path
            if packed is None:
                download(self.address, downloaded, self.limits, self.progress)
                packed = downloaded

            sha256 = self._unpack(packed, unpacked)
            receipt = Receipt(source, key, sha256)
            publish_file(unpacked, self._path, receipt)
        finally:
            downloaded.unlink(missing_ok=True)
            unpacked.unlink(missing_ok=True)

        return DatasetFile(self._path, source, sha256)

    def _staging_path(self, suffix: str) -> Path:
        return self.target_folder / f".{FILE_NAME}{suffix}"

    def _unpack(self, packed: Path, target: Path) -> str:
        """Write the CSV to ``target`` and return its checksum."""
        source = self.address.public
        refuse_other_content(packed, source)
        unpacking = open_csv(packed, self.address.suffix, source)
        with unpacking as stream, target.open("wb") as file:
            header = read_header(stream, source)
            file.write(header)
            digest = hashlib.sha256(header)

            for chunk in self._read_rows(stream):
                file.write(chunk)
                digest.update(chunk)
        return digest.hexdigest()

    def _read_rows(self, stream: IO[bytes]) -> Iterator[bytes]:
        """Yield the bytes after the header; raises DatasetError for none or too many."""
        done = 0
        max_bytes = self.limits.max_bytes
        while chunk := stream.read(CHUNK_BYTES):
            done += len(chunk)
            if done > max_bytes:
                raise DatasetError(
                    f"{self.address.public} unpacks to more than {max_bytes:,} bytes."
                )
            self.progress("unpack", done)
            yield chunk
        if done == 0:
            raise DatasetError(f"{self.address.public} has a header and no rows.")
