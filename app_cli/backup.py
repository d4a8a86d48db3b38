"""Back the Compose stack up and restore it: the databases, and the bucket of the artifacts.

Nothing has to stop for a backup. The databases are read in one transaction, the bucket after them.
Artifacts never change, and they are written before a row names them: so every artifact that the
saved rows name is in the saved bucket.

A backup holds neither the secrets (``.env``) nor anything that can be generated again (model files,
logs, the API's cache).
"""

import gzip
import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

from connections.settings import ROOT
from readmission.errors import FatalError, InputError, SettingError

DATABASES = ("raw_data", "clean_data", "mlflow", "airflow")
ROWS = "databases.sql.gz"
ARTIFACTS = "artifacts.tar"
MANIFEST = "manifest.json"
STORES = {"mysql", "minio", "redis"}
BLOCK = 2**20

_AS_ROOT = 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec '
_DUMP = (
    "mysqldump -uroot --single-transaction --set-gtid-purged=OFF --triggers --routines "
    f"--add-drop-database --databases {' '.join(DATABASES)}"
)
_COMPLETE = b"-- Dump completed"
_LONGEST_LAST_LINE = 200


def backup(folder: Path) -> Path:
    """Write a checked backup into ``folder``, which must not exist; it appears when complete."""
    if folder.exists():
        raise InputError(f"{folder} exists already; name a new folder.")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    _dump_databases(partial / ROWS)
    _dump_artifacts(partial / ARTIFACTS)
    manifest = json.dumps(_manifest(partial), indent=1)
    (partial / MANIFEST).write_text(manifest)
    return partial.rename(folder)


def restore(folder: Path) -> None:
    """Replace the databases and the bucket by those of a backup.

    The stack must be up. Its services stop for the restore and are up again afterwards.
    """
    _require_intact(folder)
    running_services = _compose("ps", "--services", "--status", "running").split()
    clients = sorted(set(running_services) - STORES)
    _compose("stop", *clients)
    _restore_databases(folder / ROWS)
    _restore_artifacts(folder / ARTIFACTS)
    _compose("up", "--wait", "--no-build", *clients)


def _dump_databases(path: Path) -> None:
    command = ("exec", "-T", "mysql", "sh", "-c", _AS_ROOT + _DUMP)
    tail = b""
    with _running(*command) as dump, gzip.open(path, "wb", compresslevel=3) as file:
        while block := _stdout(dump).read(BLOCK):
            file.write(block)
            tail = (tail + block)[-_LONGEST_LAST_LINE:]
    if _COMPLETE not in tail:
        raise FatalError("mysqldump ended before its last line; there is no backup.")


def _dump_artifacts(path: Path) -> None:
    command = ("exec", "-T", "mlflow_server", "python", "mlflow/bucket.py", "dump")
    with _running(*command) as dump, path.open("wb") as file:
        source = _stdout(dump)
        shutil.copyfileobj(source, file, BLOCK)


def _restore_databases(path: Path) -> None:
    command = ("exec", "-T", "mysql", "sh", "-c", f"{_AS_ROOT}mysql -uroot")
    with gzip.open(path) as file:
        rows = cast(BinaryIO, file)
        _feed(rows, *command)


def _restore_artifacts(path: Path) -> None:
    container = ("run", "--rm", "-T", "--no-deps", "mlflow_server")
    command = (*container, "python", "mlflow/bucket.py", "load")
    with path.open("rb") as artifacts:
        _feed(artifacts, *command)


def _manifest(folder: Path) -> dict[str, object]:
    """Describe a backup: its time, the number of artifacts, and the checksum of each file."""
    with tarfile.open(folder / ARTIFACTS) as archive:
        artifacts = len(archive.getnames())
    checksums = {name: _sha256(folder / name) for name in (ROWS, ARTIFACTS)}
    now = datetime.now(UTC)
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "artifacts": artifacts,
        "sha256": checksums,
    }


def _require_intact(folder: Path) -> None:
    """Raise InputError, before anything is changed, if a file is missing or damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise InputError(f"{folder} holds no backup: {MANIFEST} is missing.") from None
    for name, sha256 in manifest["sha256"].items():
        path = folder / name
        if not path.is_file() or _sha256(path) != sha256:
            raise InputError(
                f"{path} differs from the file that was backed up; nothing was restored."
            )


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """Return the pipe that ``_running`` opened."""
    return cast(IO[bytes], process.stdout)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compose(*arguments: str) -> str:
    """Run a Compose command and return its output."""
    with _running(*arguments) as process:
        output = _stdout(process).read()
    return output.decode()


def _feed(source: BinaryIO, *arguments: str) -> None:
    """Run a Compose command with ``source`` as its standard input."""
    with _running(*arguments, stdin=subprocess.PIPE) as process:
        stdin = cast(IO[bytes], process.stdin)
        # A command that ends too early reports why itself, and fails by its exit code.
        with suppress(BrokenPipeError), stdin:
            shutil.copyfileobj(source, stdin, BLOCK)


@contextmanager
def _running(*arguments: str, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Compose command; raises FatalError if it fails. Its standard error goes to the user."""
    docker = shutil.which("docker")
    if docker is None:
        raise SettingError(
            "There is no docker on the PATH; backup and restore work on the Compose stack."
        )
    argv = [docker, "compose", *arguments]
    with subprocess.Popen(argv, cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE) as process:
        yield process
    if process.returncode != 0:
        command = " ".join(arguments[:3])
        raise FatalError(
            f"docker compose {command} ... failed with exit code {process.returncode}."
        )
