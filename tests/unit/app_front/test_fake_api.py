"""The fake answers in the real API's own types, so it cannot lie about them."""

from typing import Any

import pytest
import requests
from pydantic import BaseModel

from app_back.routes import model as evidence
from app_back.web import responses as answers
from app_back.web.error_responses import Problem
from tests.fakes.api import FakeApi, application
from tests.fakes.http_server import served


@pytest.mark.parametrize(
    ("method", "path", "body", "answer"),
    [
        ("POST", "/predict", {"json": {"age": 70}}, answers.PredictResponse),
        ("POST", "/predict/batch", {"data": "age\n70\nold\n"}, answers.BatchResponse),
        ("GET", "/predictions?limit=5", {}, answers.PredictionsPage),
        ("POST", "/predictions/id-1/outcome", {"json": {"outcome": 1}}, answers.OutcomeResponse),
        ("POST", "/explain", {"json": {"age": 70}}, answers.ExplainResponse),
        ("GET", "/model", {}, answers.ModelResponse),
        ("GET", "/experiments", {}, answers.ExperimentsResponse),
        ("GET", "/model/report", {}, evidence.ReportResponse),
        ("GET", "/promotions", {}, evidence.PromotionsResponse),
        ("GET", "/monitoring", {}, evidence.MonitoringResponse),
    ],
)
def test_fake_answers_as_the_real_api(
    method: str, path: str, body: dict[str, Any], answer: type[BaseModel]
) -> None:
    fake = FakeApi()
    fake.predict({"age": 70})
    with served(application(fake)) as url:
        response = requests.request(method, url + path, timeout=10, **body)
    assert response.status_code == 200
    told = response.json()
    assert set(answer.model_validate(told).model_dump()) == set(told)


def test_fake_refuses_as_the_real_api() -> None:
    with served(application(FakeApi(has_model=False))) as url:
        response = requests.post(f"{url}/predict", json={}, timeout=10)
    assert response.status_code == 503
    Problem.model_validate(response.json())
