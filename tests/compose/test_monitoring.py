"""Prometheus on the running stack: targets, every query of the dashboard, every alert."""

import json
import time
from typing import Any

import pytest
import requests

from tests.compose.conftest import wait_for_model
from tests.compose.stack import HOST, Stack
from tests.conftest import ROOT

pytestmark = [pytest.mark.compose, pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(2400)]

DASHBOARD = json.loads((ROOT / "monitoring/grafana/dashboards/readmission.json").read_text())
QUERIES = {target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]}
ALERT_WITHIN_S = 90
SCRAPED_WITHIN_S = 8


def ask(path: str, **query: str) -> Any:
    answer = requests.get(f"http://{HOST}:9090/api/v1/{path}", params=query, timeout=10).json()
    assert answer["status"] == "success", answer
    return answer["data"]


def test_each_alert_fires_on_what_it_is_for_and_not_before(engine: None, built: Stack) -> None:
    tests = ["test", "rules", "/etc/prometheus/alerts_test.yml"]
    output = built.compose(
        "run", "--rm", "--no-deps", "--entrypoint", "promtool", "prometheus", *tests
    )
    assert "SUCCESS" in output


def test_every_alert_has_a_test() -> None:
    folder = ROOT / "monitoring/prometheus"
    named = {
        line.split()[-1]
        for line in (folder / "alerts.yml").read_text().splitlines()
        if "- alert:" in line
    }
    assert all(f"alertname: {name}" in (folder / "alerts_test.yml").read_text() for name in named)


@pytest.fixture(scope="module")
def prometheus(stack: Stack) -> None:
    stack.up("prometheus")
    time.sleep(SCRAPED_WITHIN_S)


def test_prometheus_scrapes_the_api(prometheus: None, stack: Stack) -> None:
    targets = {
        target["labels"]["job"]: target["health"] for target in ask("targets")["activeTargets"]
    }
    assert targets == {"api": "up", "prometheus": "up"}


@pytest.fixture(scope="module")
def some_traffic(prometheus: None, stack: Stack, chain: dict[str, str]) -> None:
    wait_for_model(stack)
    for _ in range(4):
        answer = stack.predict()
        stack.api(
            "POST",
            f"/predictions/{answer['prediction_id']}/outcome",
            key="ADMIN_API_KEY",
            json={"outcome": "NO"},
        )
        time.sleep(6)


@pytest.mark.parametrize("query", sorted(QUERIES))
def test_query_of_the_dashboard_has_an_answer(some_traffic: None, query: str) -> None:
    result = ask("query", query=query)["result"]
    assert result or query == "live_quality", "the query finds nothing"


@pytest.mark.soak  # promtool has tested each alert by then; this one waits for real minutes
def test_alert_fires_when_the_api_stops_and_ends_when_it_is_back(
    prometheus: None, stack: Stack
) -> None:
    stack.compose("stop", "apibackend")
    try:
        wait_for_alert("firing")
    finally:
        stack.compose("up", "--wait", "--no-build", "apibackend")
    deadline = time.monotonic() + ALERT_WITHIN_S
    while api_alerts():
        assert time.monotonic() < deadline, "the alert goes on"
        time.sleep(1)


def wait_for_alert(state: str) -> None:
    deadline = time.monotonic() + ALERT_WITHIN_S
    while state not in api_alerts():
        assert time.monotonic() < deadline, f"ApiDown is {api_alerts()}"
        time.sleep(1)


def api_alerts() -> list[str]:
    return [
        alert["state"]
        for alert in ask("alerts")["alerts"]
        if alert["labels"]["alertname"] == "ApiDown"
    ]
