"""A real MySQL 9.7 server for tests, with the settings of Compose.

It has its own data folder and a free port on the loopback interface.
"""

import fcntl
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from app_cli.local_stack.supervisor import free_port

_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "readmission-stack"
ROOTFS = Path(os.environ.get("MYSQL_ROOTFS", _CACHE / "mysql-rootfs"))
_TEMPLATE = "/var/lib/template"


def why_missing() -> str | None:
    """Say why no server can be started here, None when it can."""
    if os.geteuid() != 0:
        return "only root can chroot into MySQL's root filesystem"
    if not (ROOTFS / "usr/sbin/mysqld").exists():
        return "run tests/servers/install_mysql.sh as root"
    return None


class MySqlServer:
    """One server; ``start``, ``stop`` and ``kill`` it as often as a test needs.

    ``disk_mib`` gives it a disk of its own, which can be filled.
    """

    def __init__(self, disk_mib: int | None = None) -> None:
        self.port = free_port()
        self.password = secrets.token_urlsafe(12)
        self.url = f"mysql+pymysql://root:{self.password}@127.0.0.1:{self.port}"
        self._folder = f"/srv/mysql-{self.port}-{os.getpid()}"
        self._process: subprocess.Popen[bytes] | None = None
        self._data = ROOTFS / self._folder.lstrip("/") / "data"
        self._data.mkdir(parents=True)
        if disk_mib:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={disk_mib}m", "tmpfs", self._data], check=True
            )
        _initialise_template()
        shutil.copytree(
            ROOTFS / _TEMPLATE.lstrip("/"), self._data, symlinks=True, dirs_exist_ok=True
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self._process:
            self._process.wait(timeout=60)
        folder = ROOTFS / self._folder.lstrip("/")
        (folder / "init.sql").write_text(
            f"ALTER USER root@localhost IDENTIFIED BY '{self.password}';\n"
        )
        self._process = subprocess.Popen(
            _mysqld(
                f"--datadir={self._folder}/data",
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                f"--socket={self._folder}/s",
                f"--pid-file={self._folder}/pid",
                f"--init-file={self._folder}/init.sql",
                "--local-infile=ON",
                "--innodb-buffer-pool-size=512M",
                "--innodb-redo-log-capacity=512M",
                "--skip-log-bin",
                "--performance-schema-instrument=%=OFF",
                "--innodb-log-writer-threads=OFF",
                f"--log-error={self._folder}/error.log",
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait_until_up(folder / "error.log")

    def stop(self) -> None:
        """Shut the server down in order."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=60)

    def kill(self) -> None:
        """Kill the server as a power cut would."""
        if process := self._process:
            process.kill()
            process.wait()

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        if self._data.is_mount():
            subprocess.run(["umount", self._data], check=True)
        shutil.rmtree(self._data.parent)

    @contextmanager
    def full_disk(self, left_bytes: int) -> Iterator[None]:
        """Fill the disk but for a few bytes, for the length of a ``with`` block."""
        ballast = self._data / "ballast"
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self._data).free - left_bytes)
        yield
        ballast.unlink()

    def _wait_until_up(self, log: Path, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                pymysql.connect(
                    host="127.0.0.1", port=self.port, user="root", password=self.password
                ).close()
            except pymysql.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(f"MySQL did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def running_mysql(disk_mib: int | None = None) -> Iterator[MySqlServer]:
    """Run a server for the length of a ``with`` block; its ``url`` has no database in it."""
    server = MySqlServer(disk_mib)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def _mysqld(*options: str) -> list[str]:
    common = ("--no-defaults", "--user=root", "--secure-file-priv=", "--mysqlx=OFF")
    return ["chroot", str(ROOTFS), "/usr/sbin/mysqld", *common, *options]


def _initialise_template() -> None:
    """Make the empty data folder once; each server starts from a copy."""
    target = ROOTFS / _TEMPLATE.lstrip("/")
    with (ROOTFS / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests beside these may be making it
        if not target.exists():
            partial = f"{_TEMPLATE}-{os.getpid()}"
            subprocess.run(
                _mysqld("--initialize-insecure", f"--datadir={partial}"),
                check=True,
                capture_output=True,
            )
            (ROOTFS / partial.lstrip("/")).rename(target)
