"""Back the Compose stack up and restore it: the databases, and the bucket of the artifacts.

The databases are read in one transaction, the bucket after them: artifacts are never changed and are written before a
row names them, so that every artifact that the saved rows name is in the saved bucket. Nothing has to stop. The
secrets (.env) are not in it, nor what can be made again (model files, logs, the API's cache).
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
ROWS, ARTIFACTS, MANIFEST = "databases.sql.gz", "artifacts.tar", "manifest.json"
STORES = {"mysql", "minio", "redis"}
BLOCK = 2**20

_AS_ROOT = 'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec '
_DUMP = (
    "mysqldump -uroot --single-transaction --set-gtid-purged=OFF --triggers --routines --add-drop-database "
    f"--databases {' '.join(DATABASES)}"
)
_COMPLETE = b"-- Dump completed"


def backup(folder: Path) -> Path:
    """Write a checked copy into ``folder``, which must not be there yet; it appears when it is whole."""
    if folder.exists():
        raise InputError(f"{folder} is there already; name a new folder.")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    _dump_rows(partial / ROWS)
    _dump_artifacts(partial / ARTIFACTS)
    (partial / MANIFEST).write_text(json.dumps(_manifest(partial), indent=1))
    return partial.rename(folder)


def restore(folder: Path) -> None:
    """Make databases and bucket what ``folder`` holds; the stack must be up, and is up again afterwards."""
    _check(folder)
    stopped = sorted(set(_compose("ps", "--services", "--status", "running").split()) - STORES)
    _compose("stop", *stopped)
    with gzip.open(folder / ROWS) as rows:
        _feed(cast(BinaryIO, rows), "exec", "-T", "mysql", "sh", "-c", f"{_AS_ROOT}mysql -uroot")
    with (folder / ARTIFACTS).open("rb") as artifacts:
        _feed(
            artifacts,
            "run",
            "--rm",
            "-T",
            "--no-deps",
            "mlflow_server",
            "python",
            "mlflow/bucket.py",
            "load",
        )
    _compose("up", "--wait", "--no-build", *stopped)


def _dump_rows(path: Path) -> None:
    tail = b""
    with (
        _running("exec", "-T", "mysql", "sh", "-c", _AS_ROOT + _DUMP) as dump,
        gzip.open(path, "wb", 3) as file,
    ):
        for block in iter(lambda: cast(IO[bytes], dump.stdout).read(BLOCK), b""):
            file.write(block)
            tail = (tail + block)[-200:]
    if _COMPLETE not in tail:
        raise FatalError("mysqldump ended before its last line; there is no backup.")


def _dump_artifacts(path: Path) -> None:
    command = ("exec", "-T", "mlflow_server", "python", "mlflow/bucket.py", "dump")
    with _running(*command) as dump, path.open("wb") as file:
        shutil.copyfileobj(cast(IO[bytes], dump.stdout), file, BLOCK)


def _manifest(folder: Path) -> dict[str, object]:
    """Describe the copy: when, which files with which checksums, how many artifacts."""
    with tarfile.open(folder / ARTIFACTS) as archive:
        artifacts = len(archive.getnames())
    files = {name: _sha256(folder / name) for name in (ROWS, ARTIFACTS)}
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "artifacts": artifacts,
        "sha256": files,
    }


def _check(folder: Path) -> None:
    """Refuse a copy that is not whole, before anything is touched."""
    try:
        expected = json.loads((folder / MANIFEST).read_text())["sha256"]
    except FileNotFoundError:
        raise InputError(f"{folder} holds no backup: {MANIFEST} is missing.") from None
    for name, sha256 in expected.items():
        if not (folder / name).is_file() or _sha256(folder / name) != sha256:
            raise InputError(f"{folder / name} is not what was backed up; nothing was restored.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compose(*arguments: str) -> str:
    with _running(*arguments) as process:
        return cast(IO[bytes], process.stdout).read().decode()


def _feed(source: BinaryIO, *arguments: str) -> None:
    """Run a Compose command with ``source`` as its standard input."""
    running = _running(*arguments, stdin=subprocess.PIPE)
    # a command that ends too early says why by itself, and by its exit code
    with running as process, suppress(BrokenPipeError), cast(IO[bytes], process.stdin) as pipe:
        shutil.copyfileobj(source, pipe, BLOCK)


@contextmanager
def _running(*arguments: str, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Compose command to its good end; what it says on standard error is the user's to read."""
    docker = shutil.which("docker")
    if docker is None:
        raise SettingError("There is no docker on the PATH; the backup is the Compose stack's.")
    argv = [docker, "compose", *arguments]
    with subprocess.Popen(argv, cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE) as process:
        yield process
    if process.returncode:
        raise FatalError(
            f"docker compose {' '.join(arguments[:3])} ... failed with exit code {process.returncode}."
        )
