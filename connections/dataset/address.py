"""Where the dataset is: an https, http or file address whose end says how the file is packed."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit, urlunsplit
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
            raise self._wrong("must start with https://, http:// or file:///")
        if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
            raise self._wrong("must be absolute, with three slashes: file:///folder/file.csv")
        if self.suffix not in SUFFIXES:
            raise self._wrong(f"must end in one of {', '.join(SUFFIXES)}")

    @property
    def public(self) -> str:
        """The address without user, password and query, which may be secrets."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def suffix(self) -> str:
        """How the file is packed."""
        return PurePosixPath(urlsplit(self.url).path).suffix.lower()

    @property
    def local(self) -> Path | None:
        """The path of a file on this machine, None for another address."""
        parts = urlsplit(self.url)
        if parts.scheme != "file":
            return None
        path = Path(url2pathname(parts.path))
        if not path.is_file() or not os.access(path, os.R_OK):
            raise self._wrong("names no file that can be read")
        return path

    def key(self) -> str:
        """Return a hash of the address, and of a local file's size and time: it changes when the file does."""
        status = self.local.stat() if self.local else None
        stamp = (status.st_size, status.st_mtime_ns) if status else ()
        return sha256(f"{self.url} {stamp}".encode()).hexdigest()

    def _wrong(self, what: str) -> SettingError:
        return SettingError(f"DATASET_URL: {self.public!r} {what}.")
