"""All settings, typed; an entry point reads them once, from the environment or a ``.env`` file."""

import ipaddress
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from connections.proxies import LOOPBACK_HOSTS, bypass_proxies
from connections.setting_checks import (
    check_database_url,
    check_tracking_uri,
    expand_path,
)
from connections.sqlite_addresses import SQLITE_PREFIX, sqlite_url_for_mlflow
from readmission.data.batch_size import BATCH_SIZE
from readmission.errors import SettingError
from readmission.model.settings import ForestSettings

ROOT = Path(__file__).resolve().parent.parent
UCI_URL = (
    "https://archive.ics.uci.edu/static/public/296/"
    "diabetes+130-us+hospitals+for+years+1999-2008.zip"
)


class Settings(BaseSettings):
    """The settings a user can change; the defaults run everything on loopback without secrets."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    state_dir: Path = Field(ROOT / "var", description="Where all run-time state lives.")
    models_dir: Path = Field(ROOT / "models", description="Where the model files go.")
    data_dir: Path = Field(ROOT / "data" / "Diabetes", description="Where the downloaded CSV goes.")
    database_url: SecretStr = Field(
        SecretStr("sqlite:///var/"),
        description="The database server: sqlite:///FOLDER/ or "
        "mysql+pymysql://user:password@host:port",
    )
    dataset_url: str | None = Field(
        None,
        description="Where the dataset is (https or file; .csv, .xz, .gz or the UCI .zip); "
        "default the UCI archive.",
    )
    batch_size: int = Field(BATCH_SIZE, ge=100, description="Training rows in a batch.")
    forest_trees: int = Field(
        ForestSettings().trees,
        ge=1,
        description="Trees of each batch's forest; fewer train faster and predict worse.",
    )
    max_rejected_fraction: float = Field(
        0.01,
        ge=0,
        le=1,
        description="A load with more rejected rows than this fails and changes nothing.",
    )
    mlflow_tracking_uri: str | None = Field(
        None, description="The MLflow server; default a SQLite file in STATE_DIR."
    )
    api_host: str = Field(
        "127.0.0.1", description="Where the API listens; beyond loopback it needs API_KEYS."
    )
    api_port: int = Field(8000, ge=1, le=65535)
    api_workers: int = Field(
        1, ge=1, le=64, description="Serving processes of the API on this machine."
    )
    api_keys: SecretStr | None = Field(
        None,
        description="Keys the API accepts, comma-separated NAME:SCOPE+SCOPE:SHA256 "
        "(scopes predict, admin); `./run api-key NAME` generates one.",
    )
    rate_limit: str | None = Field(
        None, description="Requests that one key may make, such as 600/minute; per worker."
    )
    cors_origins: str = Field(
        "", description="Comma-separated origins whose pages may call the API; none by default."
    )
    max_body_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, description="The longest request body the API reads."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least severe messages in the API's log."
    )
    model_poll_s: float = Field(
        10, gt=0, description="How often the API asks the registry for a new champion."
    )
    prediction_log: Literal["database", "spool"] = Field(
        "database",
        description="Where a prediction is durable before it is answered: the database, or a local "
        "spool that drains into it and goes on while the database is down.",
    )
    prediction_queue: int = Field(
        1000, ge=1, description="Predictions that may wait for their commit; then 503."
    )
    predict_fast_path: bool = Field(
        True,
        description="on: POST /predict bypasses FastAPI's routing and validation, for throughput; "
        "off: it is an ordinary FastAPI route.",
    )
    form_port: int = Field(8501, ge=1, le=65535)
    mlflow_port: int = Field(8084, ge=1, le=65535)
    airflow_port: int = Field(8080, ge=1, le=65535)
    s3_port: int = Field(9000, ge=1, le=65535, description="Where ./run stack puts its S3 server.")
    alert_webhook_url: SecretStr | None = Field(
        None,
        description="Where a failed Airflow task posts its one line, as JSON with the key text.",
    )

    @field_validator("state_dir", "models_dir", "data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return expand_path(path, ROOT)

    @field_validator("database_url")
    @classmethod
    def _checked_database_url(cls, url: SecretStr) -> SecretStr:
        return SecretStr(check_database_url(url.get_secret_value()))

    @field_validator("mlflow_tracking_uri")
    @classmethod
    def _checked_tracking_uri(cls, uri: str | None) -> str | None:
        return check_tracking_uri(uri) if uri else None

    @field_validator("api_host")
    @classmethod
    def _without_brackets(cls, host: str) -> str:
        """Accept an IPv6 address as URLs have it."""
        return host.removeprefix("[").removesuffix("]")

    @cached_property
    def embedded(self) -> bool:
        """Whether the database is SQLite: one machine, no database server."""
        return self.database_url.get_secret_value().startswith(SQLITE_PREFIX)

    @cached_property
    def tracking_uri(self) -> str:
        """The MLflow tracking URI: MLFLOW_TRACKING_URI, else a SQLite file in STATE_DIR."""
        return self.mlflow_tracking_uri or sqlite_url_for_mlflow(self.state_dir / "mlflow.db")

    @cached_property
    def api_url(self) -> str:
        """The API's address for clients on this machine."""
        return f"http://{_host_to_call(self.api_host)}:{self.api_port}"


def load_settings() -> Settings:
    """Read the settings, and let no client call this machine through a proxy.

    Every entry point begins here. Raises SettingError that names each invalid setting and why.
    """
    settings = _read_settings()
    bypass_proxies([*LOOPBACK_HOSTS, settings.api_host])
    return settings


def _host_to_call(host: str) -> str:
    """Return the host of a URL for a server that listens on ``host``."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:  # it listens on all addresses
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"


def _read_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        problems = []
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"]).upper()
            reason = problem["msg"].removeprefix("Value error, ")
            problems.append(f"{name}: {reason}")
        raise SettingError(f"Invalid setting: {'; '.join(problems)}") from error
