"""The registered model's versions, read and promoted in MLflow's SQLite file without MLflow.

Importing MLflow takes longer than everything else that ``./run status``, ``models``, ``promote``
and ``rollback`` do. This module can be deleted: MlflowRegistry does the same, and one contract
suite holds both.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from typing_extensions import override

from connections.tracking.moved_artifacts import correct_addresses
from readmission.errors import BrokenModelError, FatalError, UnknownVersionError, UnreachableError
from readmission.ports.data import ModelRegistry
from readmission.records import ModelVersion

REGISTERED_MODEL = "mejor_modelo_diabetes"
CHAMPION = "champion"
PREVIOUS = "previous"
ONNX_FILE = "model.onnx"

_TIMEOUT_S = 30
_VERSIONS = "SELECT version, run_id FROM model_versions WHERE name = ? ORDER BY version DESC"
_SOURCE = "SELECT source FROM model_versions WHERE name = ? AND version = ?"
_TAGS = "SELECT key, value FROM model_version_tags WHERE name = ? AND version = ?"
_ALIAS = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"
_DELETE_ALIAS = "DELETE FROM registered_model_aliases WHERE name = ? AND alias = ?"
_INSERT_ALIAS = "INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)"


class SqliteRegistry(ModelRegistry):
    """The registry in MLflow's SQLite file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @override
    def champion(self) -> ModelVersion | None:
        return self._version_of_alias(CHAMPION)

    @override
    def previous(self) -> ModelVersion | None:
        return self._version_of_alias(PREVIOUS)

    @override
    def version(self, version: int) -> ModelVersion:
        for candidate in self.versions():
            if candidate.version == version:
                return candidate
        raise unknown_version(version)

    @override
    def versions(self) -> list[ModelVersion]:
        if not self._has_tables():
            return []
        with self._connect() as connection:
            found = []
            for version, run_id in connection.execute(_VERSIONS, (REGISTERED_MODEL,)).fetchall():
                tags = dict(connection.execute(_TAGS, (REGISTERED_MODEL, version)).fetchall())
                found.append(to_record(version, run_id, tags))
        return found

    @override
    def promote(self, version: int) -> None:
        """Move the aliases; raises BrokenModelError if the version's files are lost."""
        with self._connect() as connection:
            correct_addresses(self._file)
            _require_onnx_file(connection, version)
        with self._connect() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            replaced = _version_behind(connection, CHAMPION)
            if replaced not in (None, version):
                _set_alias(connection, PREVIOUS, replaced)
            _set_alias(connection, CHAMPION, version)

    def _version_of_alias(self, alias: str) -> ModelVersion | None:
        if not self._has_tables():
            return None
        with self._connect() as connection:
            version = _version_behind(connection, alias)
        return None if version is None else self.version(version)

    def _has_tables(self) -> bool:
        """Return whether MLflow has created its tables."""
        if not self._file.exists():
            return False
        with self._connect() as connection:
            query = "SELECT 1 FROM sqlite_master WHERE name = 'registered_model_aliases'"
            return connection.execute(query).fetchone() is not None

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=_TIMEOUT_S)) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise UnreachableError(f"MLflow's file {self._file}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise FatalError(f"MLflow's file {self._file} is damaged: {error}") from error


def unknown_version(version: int) -> UnknownVersionError:
    """Return the error for a version that the registered model does not have."""
    return UnknownVersionError(f"{REGISTERED_MODEL} has no version {version}: see ./run models.")


def to_record(version: int, run_id: str, tags: Mapping[str, str]) -> ModelVersion:
    """Return the version that a training has registered with these tags.

    Raises UnknownVersionError for one that somebody registered by hand.
    """
    try:
        return ModelVersion(
            name=REGISTERED_MODEL,
            version=version,
            run_id=run_id,
            data_version=tags["data_version"],
            threshold=float(tags["threshold"]),
            synthetic=tags["dataset"] == "synthetic",
            metrics=json.loads(tags["metrics"]),
        )
    except KeyError as error:
        raise UnknownVersionError(
            f"Version {version} of {REGISTERED_MODEL} was not registered by a training of this "
            f"project: it has no tag {error}. Delete it in MLflow."
        ) from error


def _require_onnx_file(connection: sqlite3.Connection, version: int) -> None:
    """Raise BrokenModelError if the file that the API would serve is not on this machine's disk."""
    (source,) = connection.execute(_SOURCE, (REGISTERED_MODEL, version)).fetchone()
    address = urlsplit(source)
    if address.scheme != "file":
        return
    file = Path(unquote(address.path)) / ONNX_FILE
    if not file.is_file():
        raise BrokenModelError(
            f"Version {version} cannot be served: {file} is missing. "
            "Restore mlartifacts from a backup, or train again."
        )


def _version_behind(connection: sqlite3.Connection, alias: str) -> int | None:
    found = connection.execute(_ALIAS, (REGISTERED_MODEL, alias))
    row = found.fetchone()
    if row is None:
        return None
    return int(row[0])


def _set_alias(connection: sqlite3.Connection, alias: str, version: int | None) -> None:
    key = (REGISTERED_MODEL, alias)
    connection.execute(_DELETE_ALIAS, key)
    connection.execute(_INSERT_ALIAS, (*key, version))
