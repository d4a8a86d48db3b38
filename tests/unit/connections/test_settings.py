"""Settings are checked before any work, and the message says what would be right."""

import re
from pathlib import Path

import pytest

from app_cli import pipeline
from app_cli.local_stack import airflow, stack
from connections.database.engine import open_database
from connections.settings import ROOT, Settings, load_settings
from connections.tracking.health import check_tracking_server
from readmission.errors import SettingError, UnreachableError
from tests.servers.web import answer, running_web

SECRET_PARTS = ("s3cret", "ssw0rd", "hunter")


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    """Return the one line with which the settings are refused."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as refused:
        load_settings()
    message = str(refused.value)
    assert refused.value.exit_code == 2
    assert "\n" not in message
    assert not any(part in message for part in SECRET_PARTS)
    return message


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql+pymysql://root:s3cretP@ssw0rd@127.0.0.1", "must be written %40"),
        ("mysql+pymysql://root:s3cret@ssw0rd/x@127.0.0.1:3306", "must be written %40"),
        ("mysql+pymysql://root:s3cret@x?ssw0rd@127.0.0.1", "must be written %40"),
        ("mysql+pymysql://root:s3cret@127.0.0.1:port", "a port number from 1 to 65535"),
        ("mysql+pymysql://root:s3cret@127.0.0.1:", "a port number from 1 to 65535"),
        ("mysql+pymysql://root:s3cret@127.0.0.1:0", "a port number from 1 to 65535"),
        ("mysql+pymysql://root:s3cret@127.0.0.1:70000", "a port number from 1 to 65535"),
        ("mysql+pymysql://root:s3cret@[::1:3306", "a port number from 1 to 65535"),
        ("mysql+pymysql://root:s3cret", "it names no user"),
        ("mysql+pymysql://127.0.0.1:3306", "it names no user"),
        ("mysql+pymysql://root:s3cret@", "it names no host"),
        ("mysql+pymysql://root:s3cret@/db", "it names no host"),
        ("mysql+pymysql://root:s3cret@h?ssl_mode=REQUIRED", "unknown option ssl_mode; ssl_ca=FILE"),
        ("mysql+pymysql://root:s3cret@h?b=1&a=2", "unknown option a, b;"),
        ("mysql+pymysql://root:s3cret@h?ssl_disabled=false", "ssl_disabled can only be true"),
        ("postgresql://u:s3cret@localhost/other", "not postgresql://..."),
        ("mysql://root:s3cret@localhost", "it must be sqlite:///FOLDER/ or mysql+pymysql://"),
        ("mysql+mysqldb://root:s3cret@localhost", "not mysql+mysqldb://..."),
        ("root:s3cret@localhost", "it must be sqlite:///FOLDER/ or mysql+pymysql://"),
        ("s3cret", "it must be sqlite:///FOLDER/ or mysql+pymysql://"),
        ("sqlite://", "not sqlite://..."),
        ("sqlite:///", "it names no folder"),
        ("sqlite:////", "it names no folder"),
        ("sqlite:///:memory:", "lost with each command; name a folder"),
        ("sqlite:///file::memory:?cache=shared", "lost with each command; name a folder"),
        ("sqlite:///var/?timeout=3", "takes no options"),
        ("sqlite:///~no-such-user/x/", "no such user"),
    ],
)
def test_a_database_url_that_cannot_work_is_refused_without_its_password(
    url: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refusal(monkeypatch, DATABASE_URL=url)
    assert message.startswith("Invalid setting: DATABASE_URL: ")
    assert reason in message


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql://root@127.0.0.1",
        "mysql+pymysql://root:@127.0.0.1:3306",
        "mysql+pymysql://root:pa?ss/w#rd@127.0.0.1:3306/",
        "mysql+pymysql://root:s3cretP%40ssw0rd@db.example:3306?ssl_ca=/etc/ca.pem",
        "mysql+pymysql://root:x@[::1]:3306?ssl_disabled=true",
        "mysql+pymysql://root:x@?unix_socket=/run/mysqld/mysqld.sock",
        "sqlite:///var/",
        "sqlite:////srv/a folder#1/",
    ],
)
def test_a_database_url_that_works_is_left_as_it_is(url: str) -> None:
    settings = Settings(database_url=url)
    assert settings.database_url.get_secret_value() == url
    engine = open_database(settings).engine
    assert "s3cretP%40ssw0rd" not in url or engine.url.password == "s3cretP@ssw0rd"


def test_the_home_folder_is_expanded_in_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    settings = Settings(
        state_dir="~/state",
        models_dir="~",
        data_dir="relative/data",
        database_url="sqlite:///~/rows/",
        mlflow_tracking_uri="sqlite:///~/mlflow.db",
    )
    assert settings.state_dir == Path("/home/ana/state")
    assert settings.models_dir == Path("/home/ana")
    assert settings.data_dir == ROOT / "relative" / "data"
    assert settings.database_url.get_secret_value() == "sqlite:////home/ana/rows/"
    assert settings.tracking_uri == "sqlite:////home/ana/mlflow.db"


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("mlruns", "it must be http://HOST:PORT, https://HOST or sqlite:///FILE"),
        ("./mlruns", "it must be http://HOST:PORT"),
        ("localhost:5000", "it must be http://HOST:PORT"),
        ("file:///tmp/mlruns", "not file://..."),
        ("postgresql://u:s3cret@h/mlflow", "not postgresql://..."),
        ("databricks", "it must be http://HOST:PORT"),
        ("sqlite:mlflow.db", "it must be http://HOST:PORT"),
        ("sqlite:///", "it names no file"),
        ("sqlite:///:memory:", "it names no file"),
        ("http://", "it names no host"),
        ("http://:5000", "it names no host"),
        ("http://localhost:port", "a port number from 1 to 65535"),
    ],
)
def test_a_tracking_uri_that_cannot_work_is_refused(
    uri: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refusal(monkeypatch, MLFLOW_TRACKING_URI=uri)
    assert message.startswith("Invalid setting: MLFLOW_TRACKING_URI: ")
    assert reason in message


def test_a_tracking_server_that_does_not_answer_is_named_before_anything_is_loaded(
    tmp_path: Path,
) -> None:
    settings = Settings(
        state_dir=tmp_path,
        data_dir=tmp_path / "data",
        database_url=f"sqlite:///{tmp_path}/db/",
        mlflow_tracking_uri="http://127.0.0.1:9",
    )
    for run in (pipeline.run_pipeline, pipeline.run_train):
        with pytest.raises(UnreachableError, match="MLFLOW_TRACKING_URI: no MLflow server answers"):
            run(settings)
    assert list(tmp_path.iterdir()) == []


def test_another_program_behind_the_tracking_uri_is_named() -> None:
    with running_web() as web:
        with pytest.raises(SettingError, match="is not an MLflow server"):
            check_tracking_server(web.url)
        web.put("/health", answer(200, b"OK"))
        check_tracking_server(web.url)


@pytest.mark.parametrize(
    "name",
    [
        "AIRFLOW_HOME",
        "AIRFLOW_CONFIG",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN",
    ],
)
def test_another_airflows_place_is_refused_and_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "sqlite:////elsewhere/s3cret.db")
    settings = Settings(state_dir=tmp_path / "var")
    for run in (airflow.run_airflow, stack.run_stack):
        with pytest.raises(SettingError, match=re.escape(f"unset {name}")) as refused:
            run(settings)
        assert "s3cret" not in str(refused.value)
    assert not (tmp_path / "var").exists()


def test_other_airflow_settings_are_taken_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "7")
    airflow.check_environment()
    assert capsys.readouterr().out == "Taken from the environment: AIRFLOW__CORE__PARALLELISM\n"
