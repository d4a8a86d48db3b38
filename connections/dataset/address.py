"""The address of the dataset: https, http or file, with a suffix that says how it is packed."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from readmission.errors import SettingError

SCHEMES = ("https", "http", "file")
SUFFIXES = (".csv", ".xz", ".gz", ".zip")


@dataclass(frozen=True, slots=True)
class Address:
    """The value of DATASET_URL; raises SettingError for one that cannot work."""

    url: str

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
        except ValueError as error:
            raise SettingError(f"DATASET_URL is not an address: {error}.") from error

        if parts.scheme not in SCHEMES:
            raise self._error("must start with https://, http:// or file:///")

        is_local = parts.netloc in ("", "localhost")
        if parts.scheme == "file" and not is_local:
            raise self._error("must be absolute, with three slashes: file:///folder/file.csv")

        if self.suffix not in SUFFIXES:
            suffixes = ", ".join(SUFFIXES)
            raise self._error(f"must end in one of {suffixes}")

    @property
    def public(self) -> str:
        """The address without user, password and query, which may be secrets."""
        parts = urlsplit(self.url)
        _, _, host = parts.netloc.rpartition("@")
        public_parts = parts._replace(
            netloc=host,
            query="",
            fragment="",
        )
        return public_parts.geturl()

    @property
    def suffix(self) -> str:
        """The file's suffix in lower case, which says how it is packed."""
        parts = urlsplit(self.url)
        path = PurePosixPath(parts.path)
        return path.suffix.lower()

    @property
    def local_path(self) -> Path | None:
        """The path of a file on this machine, None for an address on the network.

        Raises SettingError if the file cannot be read.
        """
        parts = urlsplit(self.url)
        if parts.scheme != "file":
            return None

        path = Path(url2pathname(parts.path))
        is_readable = path.is_file() and os.access(path, os.R_OK)
        if not is_readable:
            raise self._error("names no file that can be read")
        return path

    def key(self) -> str:
        """Return a hash of the address, and of a local file's size and modification time.

        The key of a local file changes when the file does.
        """
        file_state: tuple[int, ...] = ()
        path = self.local_path
        if path is not None:
            status = path.stat()
            file_state = (status.st_size, status.st_mtime_ns)

        text = f"{self.url} {file_state}"
        digest = sha256(text.encode())
        return digest.hexdigest()

    def _error(self, problem: str) -> SettingError:
        return SettingError(f"DATASET_URL: {self.public!r} {problem}.")
