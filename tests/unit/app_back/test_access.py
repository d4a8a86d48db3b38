"""Access control, and what every response has in common."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app_back.logs import JsonFormatter
from app_back.main import create_app
from connections.api_keys import digest_of, parse_keys
from connections.exposure import check_exposure
from connections.settings import Settings
from readmission.errors import SettingError
from tests.conftest import ROOT
from tests.unit.app_back.conftest import ApiHarness

PREDICT, ADMIN = "p" * 43, "a" * 43
ENTRIES = f"form:predict:{digest_of(PREDICT)}, ops:predict+admin:{digest_of(ADMIN)}"
OPEN = {"/health/live", "/health/ready", "/metrics", "/model"}
ADMINS = {"/download", "/clean", "/train", "/jobs/{job_id}"}


@pytest.fixture
def guarded_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"api_keys": SecretStr(ENTRIES)})


@pytest.fixture
def guarded(api: ApiHarness, guarded_settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(guarded_settings, api.adapters)) as client:
        client.app.state.predictor.follower.refresh()
        yield client


def test_every_endpoint_needs_a_key_except_health_metrics_and_model(guarded: TestClient) -> None:
    for path, method in _endpoints(guarded):
        for headers in ({}, {"X-API-Key": "wrong"}):
            status = guarded.request(method, path, headers=headers).status_code
            assert (status == 401) == (path not in OPEN), (method, path, status)


def test_a_key_without_the_scope_is_forbidden(guarded: TestClient) -> None:
    for path, method in _endpoints(guarded):
        if path in ADMINS:
            assert (
                guarded.request(method, path, headers={"X-API-Key": PREDICT}).status_code == 403
            ), path


def test_an_outcome_is_recorded_with_the_name_of_the_key(
    api: ApiHarness, guarded: TestClient
) -> None:
    headers = {"X-API-Key": PREDICT}
    prediction_id = guarded.post("/predict", json={}, headers=headers).json()["prediction_id"]
    url = f"/predictions/{prediction_id}/outcome"
    guarded.post(url, json={"outcome": 1}, headers=headers)
    guarded.delete(url, headers={"X-API-Key": ADMIN})
    assert [report.actor for report in api.log.reports] == ["form", "ops"]


def test_a_key_with_the_scope_is_accepted(guarded: TestClient) -> None:
    assert guarded.post("/predict", json={}, headers={"X-API-Key": PREDICT}).status_code == 200
    assert guarded.post("/train", headers={"X-API-Key": ADMIN}).status_code == 202


def test_a_missing_and_a_wrong_key_get_the_same_response(guarded: TestClient) -> None:
    answers = [
        guarded.post("/predict", json={}, headers=h).json()
        for h in ({}, {"X-API-Key": PREDICT[:-1] + "q"})
    ]
    assert answers[0]["detail"] == answers[1]["detail"]


def test_only_digests_of_keys_are_stored(guarded: TestClient, guarded_settings: Settings) -> None:
    ring = guarded.app.state.access.keys
    assert PREDICT not in repr([vars(ring), guarded_settings])
    assert ring.find(PREDICT).scopes == {"predict"}


@pytest.mark.parametrize(
    "entry", ["x", "me:predict:abc", f"me:root:{'0' * 64}", f":predict:{'0' * 64}"]
)
def test_a_malformed_entry_is_refused_by_name_without_its_digest(entry: str) -> None:
    with pytest.raises(SettingError, match="API_KEYS") as refused:
        parse_keys(entry)
    assert "0" * 64 not in str(refused.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org"])  # noqa: S104 - refused, not bound
def test_the_api_does_not_listen_beyond_loopback_without_keys(host: str) -> None:
    with pytest.raises(SettingError, match=r"API_HOST=.*needs API_KEYS"):
        check_exposure(Settings(api_host=host))
    check_exposure(Settings(api_host=host, api_keys=SecretStr(ENTRIES)))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    check_exposure(Settings(api_host=host))


def test_a_refused_start_is_one_line_on_stderr(tmp_path: Path) -> None:
    env = {"API_HOST": "0.0.0.0", "STATE_DIR": str(tmp_path), "PATH": ""}  # noqa: S104 - refused, not bound
    refused = subprocess.run(
        [sys.executable, "-m", "app_back"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert (refused.returncode, refused.stderr.count("\n"), "API_KEYS" in refused.stderr) == (
        1,
        1,
        True,
    )


def test_a_client_over_its_rate_limit_must_wait(api: ApiHarness, settings: Settings) -> None:
    changed = settings.model_copy(update={"rate_limit": "2/minute"})
    with TestClient(create_app(changed, api.adapters)) as client:
        answers = [client.get("/experiments") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60


def test_a_body_over_the_limit_is_refused_with_and_without_content_length(
    api: ApiHarness, settings: Settings
) -> None:
    changed = settings.model_copy(update={"max_body_bytes": 1024})
    headers = {"content-type": "application/json"}
    with TestClient(create_app(changed, api.adapters)) as client:
        for path in (
            "/predict",
            "/predict/batch",
            "/predictions/01890000-0000-7000-8000-000000000000/outcome",
        ):
            for content in (b" " * 1025, iter([b" " * 600] * 2)):
                assert client.post(path, content=content, headers=headers).status_code == 413, path


def test_every_response_has_security_headers_and_a_request_id(api: ApiHarness) -> None:
    for answer in (api.predict(), api.predict(age=500), api.client.get("/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
    given = api.client.get("/health/live", headers={"X-Request-ID": "from-the-proxy-1"})
    assert given.headers["x-request-id"] == "from-the-proxy-1"
    replaced = api.client.get("/health/live", headers={"X-Request-ID": "x\ty"})
    assert replaced.headers["x-request-id"] != "x\ty"


def test_an_unexpected_error_shows_its_request_id_and_nothing_else(
    api: ApiHarness, caplog: pytest.LogCaptureFixture
) -> None:
    log = api.adapters.log
    log.read = log.append = lambda *_: 1 / 0
    for answer in (api.client.get("/predictions"), api.predict()):
        problem = answer.json()
        assert (answer.status_code, "ZeroDivision" in answer.text) == (500, False)
        assert answer.headers["x-request-id"] == problem["request_id"]
        assert problem["request_id"] in problem["detail"][0]["message"]
        assert problem["request_id"] in [
            getattr(record, "request_id", None) for record in caplog.records
        ]


def test_other_origins_are_allowed_only_when_configured(
    api: ApiHarness, settings: Settings
) -> None:
    asked = {"Origin": "https://ward.example", "Access-Control-Request-Method": "POST"}
    assert (
        "access-control-allow-origin" not in api.client.options("/predict", headers=asked).headers
    )
    changed = settings.model_copy(update={"cors_origins": "https://ward.example"})
    with TestClient(create_app(changed, api.adapters)) as client:
        answers = (
            client.options("/predict", headers=asked),
            client.post("/predict", headers=asked, json={}),
        )
    assert [answer.headers["access-control-allow-origin"] for answer in answers] == [
        "https://ward.example"
    ] * 2


def test_the_log_shows_the_request_and_nothing_about_the_patient(
    api: ApiHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = api.predict(medical_specialty="Osteopathy", race="AfricanAmerican")
        api.predict(race="Klingon")
    lines = [JsonFormatter().format(record) for record in caplog.records]
    lines_logged = [json.loads(line) for line in lines if "app_back.access" in line]
    assert [(line["path"], line["status"]) for line in lines_logged] == [
        ("/predict", 200),
        ("/predict", 422),
    ]
    assert lines_logged[0]["request_id"] == answer.headers["x-request-id"]
    assert not any(
        word in line for line in lines for word in ("Osteopathy", "AfricanAmerican", "Klingon")
    )


def test_metrics_count_requests_and_predictions(api: ApiHarness) -> None:
    api.predict(age=0)
    api.predict(age=100)
    metrics = api.client.get("/metrics").text
    assert 'predictions_total{model_version="1",prediction="1"} 1.0' in metrics
    assert 'http_requests_total{method="POST",path="/predict",status="200"} 2.0' in metrics
    assert "prediction_score_count 2.0" in metrics


def _endpoints(client: TestClient) -> list[tuple[str, str]]:
    paths = client.app.openapi()["paths"]
    return [(path, method.upper()) for path, methods in paths.items() for method in methods]
