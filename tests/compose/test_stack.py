"""The whole product under Compose, through its own doors."""

import re
import subprocess

import pytest
from playwright.sync_api import Browser

from tests.compose.stack import HOST, Stack
from tests.conftest import ROOT

pytestmark = [pytest.mark.compose, pytest.mark.slow, pytest.mark.timeout(2400)]

HEALTHY_WITHIN_S = 300


def test_stack_is_healthy_in_under_five_minutes(built: Stack, seconds_until_healthy: float) -> None:
    assert seconds_until_healthy < HEALTHY_WITHIN_S
    assert built.health() == {"healthy"}


def test_api_without_a_champion_says_why_instead_of_predicting(built: Stack, seconds_until_healthy: float) -> None:
    if not built.champion():
        answer = built.api("POST", "/predict", json={})
        assert answer.status_code == 503
        assert answer.json()["detail"]


def test_one_trigger_leads_to_a_champion_whose_artifacts_are_in_s3(stack: Stack, chain: dict[str, str]) -> None:
    champion = stack.champion()
    assert int(champion["version"]) >= 1
    assert [key for key in stack.artifacts() if key.endswith("model.onnx") and champion["run_id"] in key]
    assert stack.count("raw_data.initial_data") == 101_766
    assert sum(state == "success" for name, state in chain.items() if name.startswith("train_batch")) == 6


def test_answer_stands_in_the_database(stack: Stack, chain: dict[str, str]) -> None:
    answer = stack.predict()
    with stack.database() as cursor:
        query = "SELECT prediction_proba, model_version FROM raw_data.predictions WHERE prediction_id = %s"
        cursor.execute(query, (answer["prediction_id"],))
        row = cursor.fetchone()
    assert row
    assert (pytest.approx(row[0]), row[1]) == (answer["probability"], answer["model_version"])


def test_form_reads_the_probability_that_the_api_answers(
    stack: Stack, chain: dict[str, str], chromium: Browser
) -> None:
    page = chromium.new_page()
    page.goto(f"http://{HOST}:8501/?lang=en")
    page.get_by_role("button", name="Calculate the risk", exact=True).click(timeout=60_000)
    gauge = page.locator(".gauge")
    gauge.wait_for(timeout=60_000)
    shown = re.search(r"(\d+(?:[.,]\d+)?)\s*%", gauge.inner_text())
    page.close()
    assert shown, gauge
    assert float(shown[1].replace(",", ".")) == pytest.approx(100 * stack.predict()["probability"], abs=0.06)


def test_placeholders_are_refused_by_name(built: Stack) -> None:
    bad = built.with_env(REDIS_PASSWORD="changeme", MYSQL_API_PASSWORD="changeme")
    output = bad.compose("run", "--rm", "--no-deps", "secrets-check", check=False)
    assert "Still at changeme in .env: MYSQL_API_PASSWORD REDIS_PASSWORD" in output
    assert built.compose("run", "--rm", "--no-deps", "secrets-check") is not None


def test_stack_does_not_start_without_its_secrets() -> None:
    command = ["docker", "compose", "--env-file", "/dev/null", "config", "--quiet"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "run ./run secrets" in refused.stderr
