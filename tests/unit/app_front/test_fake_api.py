"""The fake answers in the real API's own types, so it cannot lie about them."""

from typing import Any

import pytest
import requests
from pydantic import TypeAdapter

from app_back.web import responses
from app_back.web.error_responses import Problem
from tests.fakes.api import FakeApi, application
from tests.fakes.http_server import served


@pytest.mark.parametrize(
    ("method", "path", "body", "response_type"),
    [
        ("POST", "/predict", {"json": {"age": 70}}, responses.PredictResponse),
        (
            "POST",
            "/predict/batch",
            {"json": {"patients": [{"age": 70}, {"age": "old"}]}},
            responses.BatchResponse,
        ),
        ("GET", "/predictions?limit=5", {}, responses.PredictionsPage),
        ("POST", "/predictions/id-1/outcome", {"json": {"outcome": 1}}, responses.OutcomeResponse),
        ("POST", "/explain", {"json": {"age": 70}}, responses.ExplainResponse),
        ("GET", "/model", {}, responses.ModelResponse),
        ("GET", "/experiments", {}, responses.ExperimentsResponse),
        ("GET", "/model/report", {}, responses.ReportResponse),
        ("GET", "/promotions", {}, responses.PromotionsResponse),
        ("GET", "/monitoring", {}, responses.MonitoringResponse),
    ],
)
def test_fake_answers_as_the_real_api(
    method: str, path: str, body: dict[str, Any], response_type: type
) -> None:
    fake = FakeApi()
    fake.predict({"age": 70})
    with served(application(fake)) as url:
        response = requests.request(method, url + path, timeout=10, **body)
    assert response.status_code == 200
    content = response.json()
    adapter = TypeAdapter(response_type)
    validated = adapter.dump_python(adapter.validate_python(content))
    assert set(validated) == set(content)


def test_fake_refuses_as_the_real_api() -> None:
    with served(application(FakeApi(has_model=False))) as url:
        response = requests.post(f"{url}/predict", json={}, timeout=10)
    assert response.status_code == 503
    Problem.model_validate(response.json())
