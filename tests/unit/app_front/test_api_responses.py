"""The keys that the form reads are in the responses of the fake, which are the real API's."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
import requests

from app_front import api_responses as responses
from tests.fakes.api import FakeApi, application
from tests.fakes.http_server import served


def _missing_keys(expected_type: Any, content: Any) -> Iterator[str]:
    """Yield the required keys of a type, and of the types within it, that are not in a response."""
    if get_origin(expected_type) is list:
        (item_type,) = get_args(expected_type)
        for item in content:
            yield from _missing_keys(item_type, item)
    elif is_typeddict(expected_type):
        yield from expected_type.__required_keys__ - set(content)
        for key, key_type in get_type_hints(expected_type).items():
            if key in content:
                yield from _missing_keys(key_type, content[key])


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "expected_type"),
    [
        ("POST", "/predict", {"json": {"age": 70}}, None, responses.Prediction),
        (
            "POST",
            "/predict/batch",
            {"json": {"patients": [{"age": 70}, {"age": "old"}]}},
            None,
            responses.BatchResponse,
        ),
        ("GET", "/predictions?limit=5", {}, None, responses.PredictionsPage),
        ("POST", "/explain", {"json": {}}, "contributions", list[responses.Contribution]),
        ("GET", "/model", {}, None, responses.Model),
        ("GET", "/experiments", {}, "experiments", list[responses.Experiment]),
        ("GET", "/model/report", {}, "report", responses.Report),
        ("GET", "/promotions", {}, "promotions", list[responses.Promotion]),
        ("GET", "/monitoring", {}, None, responses.Monitoring),
    ],
)
def test_response_has_every_key_that_the_form_reads(
    method: str, path: str, body: dict[str, Any], key: str | None, expected_type: Any
) -> None:
    fake = FakeApi()
    fake.predict({"age": 70})
    with served(application(fake)) as url:
        response = requests.request(method, url + path, timeout=10, **body)
    content = response.json()
    if key is not None:
        content = content[key]
    assert content
    assert list(_missing_keys(expected_type, content)) == []
