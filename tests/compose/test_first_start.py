"""The whole product under Compose, through its own doors."""

import re
import subprocess

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site, predict
from tests.compose.stack import HOST, Stack
from tests.conftest import ROOT

pytestmark = [pytest.mark.compose, pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(2400)]

HEALTHY_WITHIN_S = 300


def test_stack_is_healthy_in_under_five_minutes(built: Stack, seconds_until_healthy: float) -> None:
    assert seconds_until_healthy < HEALTHY_WITHIN_S
    assert built.health() == {"healthy"}


def test_api_without_a_champion_says_why_instead_of_predicting(
    built: Stack, seconds_until_healthy: float
) -> None:
    answer = built.api("POST", "/predict", json={})
    assert answer.status_code == 503
    assert answer.json()["detail"]


def test_one_trigger_leads_to_a_champion_whose_artifacts_are_in_s3(
    stack: Stack, chain: dict[str, str]
) -> None:
    champion = stack.champion()
    assert int(champion["version"]) >= 1
    assert [
        key for key in stack.artifacts() if key.endswith("model.onnx") and champion["run_id"] in key
    ]
    assert stack.count("raw_data.initial_data") == 101_766
    assert (
        sum(state == "success" for name, state in chain.items() if name.startswith("train_batch"))
        == 6
    )


def test_answer_stands_in_the_database(stack: Stack, chain: dict[str, str]) -> None:
    answer = stack.predict()
    assert stored(stack, answer["prediction_id"]) == (
        pytest.approx(answer["probability"]),
        answer["model_version"],
    )


def test_form_filled_in_a_browser_reads_the_probability_that_the_api_answers(
    stack: Stack, chain: dict[str, str], chromium: Browser
) -> None:
    site = Site(chromium.new_page(), f"http://{HOST}:8501")
    site.go(language="en")
    for label, value in (
        ("Age (years)", 81),
        ("Days in hospital", 9),
        ("Inpatient stays, year before", 4),
    ):
        site.number(label).fill(str(value))
    predict(site, "en")
    shown = re.match(r"[\d.]+", site.page.locator(".gauge .risk").inner_text())
    prediction_id = site.page.locator(".st-key-result [data-testid=stCode]").inner_text()
    asked, default = stack.predict(age=81, time_in_hospital=9, number_inpatient=4), stack.predict()
    assert stored(stack, prediction_id) == (
        pytest.approx(asked["probability"]),
        asked["model_version"],
    )
    assert shown
    assert float(shown[0]) == pytest.approx(100 * asked["probability"], abs=0.51)
    assert asked["probability"] > default["probability"], "what was typed counts"


def stored(stack: Stack, prediction_id: str) -> tuple[float, str]:
    with stack.database() as cursor:
        query = (
            "SELECT prediction_proba, model_version FROM raw_data.predictions"
            " WHERE prediction_id = %s"
        )
        cursor.execute(query, (prediction_id,))
        (row,) = cursor.fetchall()
    return row[0], row[1]


def test_placeholders_are_refused_by_name(built: Stack) -> None:
    bad = built.with_env(REDIS_PASSWORD="changeme", MYSQL_API_PASSWORD="changeme")
    output = bad.compose("run", "--rm", "--no-deps", "secrets-check", check=False)
    assert "Still at changeme in .env: MYSQL_API_PASSWORD REDIS_PASSWORD" in output
    with pytest.raises(AssertionError, match="secrets-check"):
        bad.compose("run", "--rm", "--no-deps", "secrets-check")
    assert built.compose("run", "--rm", "--no-deps", "secrets-check") is not None


def test_stack_does_not_start_without_its_secrets() -> None:
    command = ["docker", "compose", "--env-file", "/dev/null", "config", "--quiet"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "run ./run secrets" in refused.stderr


def test_stack_of_minio_is_well_formed(built: Stack) -> None:
    images = (
        built.with_env(COMPOSE_FILE="docker-compose.yml")
        .compose("--profile", "*", "config", "--images")
        .split()
    )
    assert {"readmission-test/minio:latest", "grafana/grafana:12.3.0"} <= set(images)
