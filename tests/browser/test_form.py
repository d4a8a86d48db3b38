"""Every page in Debian's Chromium, in front of the real API."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from readmission.schema import ORIGINAL_FIELDS
from tests.browser.conftest import NOBODY
from tests.browser.site import PATIENCE_MS, Site

pytestmark = pytest.mark.browser

PAGES = {
    "": "Predicción",
    "many": "Muchos pacientes",
    "history": "Historial",
    "model": "Modelo",
    "monitoring": "Monitorización",
}
PAGES_EN = {
    "": "Prediction",
    "many": "Many patients",
    "history": "History",
    "model": "Model",
    "monitoring": "Monitoring",
}
CALCULATE = {"es": "Calcular el riesgo", "en": "Calculate the risk"}
ANSWER_S, MANY_S = 1.0, 10.0

OpenSite = Callable[..., Site]


def _predict(site: Site, language: str = "es") -> float:
    """Press the button and return the seconds until the gauge stands there."""
    started = time.perf_counter()
    site.press(CALCULATE[language])
    site.page.wait_for_selector(".gauge", timeout=PATIENCE_MS)
    return time.perf_counter() - started


def test_prediction_shows_the_risk_its_scale_its_reasons_and_its_id(site: Site) -> None:
    site.go()
    _fill_in_a_risky_patient(site)
    _predict(site)
    expect(site.page.locator(".gauge")).to_contain_text("riesgo estimado")
    site.page.locator("h1").scroll_into_view_if_needed()
    for text in ("Umbral", "Lo que más pesa", "mejor_modelo_diabetes", "Registrar el desenlace"):
        site.sees(text)
    site.picture("form-prediction")


def test_prediction_speaks_english(site: Site) -> None:
    site.go(language="en")
    site.sees("Days in hospital")
    _predict(site, "en")
    site.sees("estimated 30-day risk")
    site.page.locator("h1").scroll_into_view_if_needed()
    assert site.page.evaluate("document.documentElement.lang") == "en"
    site.picture("form-prediction-en")


def test_language_switch_keeps_the_answer_and_the_fields(site: Site) -> None:
    site.go()
    site.number("Días en el hospital").fill("9")
    _predict(site)
    site.page.get_by_role("radio", name="en").click()
    site.sees("estimated 30-day risk")
    assert site.number("Days in hospital").input_value() == "9"
    assert "lang=en" in site.page.url


def test_prediction_answers_within_a_second_of_the_click(site: Site, tell: Callable[[str], None]) -> None:
    site.go()
    seconds = []
    for days in range(1, 6):
        site.number("Días en el hospital").fill(str(days))
        before = site.page.locator(".st-key-result [data-testid=stCode]").all_inner_texts()
        started = time.perf_counter()
        site.press(CALCULATE["es"])
        _wait_for_another_id(site, before)
        seconds.append(time.perf_counter() - started)
    tell(f"click to answer: {', '.join(f'{one:.2f}' for one in seconds)} s")
    assert sorted(seconds)[len(seconds) // 2] < ANSWER_S


def _wait_for_another_id(site: Site, before: list[str]) -> None:
    expect(site.page.locator(".st-key-result [data-testid=stCode]")).not_to_have_text(
        before or ["-"], timeout=PATIENCE_MS
    )
    expect(site.page.locator(".st-key-result [data-testid=stCode]")).to_have_count(1)


def _fill_in_a_risky_patient(site: Site) -> None:
    for label, value in (("Edad (años)", "81"), ("Días en el hospital", "9"), ("Hospitalizaciones, año previo", "4")):
        site.number(label).fill(value)


def test_keyboard_alone_fills_in_and_calculates(site: Site) -> None:
    site.go()
    site.number("Edad (años)").focus()
    for key in ("ControlOrMeta+a", "7", "7"):
        site.page.keyboard.press(key)
    _tab_to(site, CALCULATE["es"])
    site.page.keyboard.press("Enter")
    site.page.wait_for_selector(".gauge", timeout=PATIENCE_MS)
    assert site.number("Edad (años)").input_value() == "77"


def _tab_to(site: Site, name: str) -> None:
    """Press Tab until the button has the focus."""
    button = site.page.get_by_role("button", name=name)
    for _ in range(150):
        if button.evaluate("one => one === document.activeElement"):
            return
        site.page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {name}.")


def _patients(path: Path, rows: int, bad: dict[int, tuple[str, str]]) -> Path:
    """Write a CSV in which some rows have one wrong value."""
    names = [field.name for field in ORIGINAL_FIELDS]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for number in range(1, rows + 1):
            row = {field.name: field.default for field in ORIGINAL_FIELDS}
            row |= {"age": 30 + number % 60, "number_inpatient": number % 5, "time_in_hospital": 1 + number % 14}
            writer.writerow(row | dict([bad[number]] if number in bad else []))
    return path


def test_thousand_rows_with_three_bad_ones_answer_the_others_and_name_the_three(site: Site, tmp_path: Path) -> None:
    bad = {17: ("age", "old"), 400: ("gender", "Hombre"), 999: ("time_in_hospital", "15")}
    site.go("many")
    site.page.set_input_files("input[type=file]", _patients(tmp_path / "pacientes.csv", 1000, bad))
    site.press("Calcular 1\N{NO-BREAK SPACE}000 pacientes")
    site.sees("Filas con errores")
    expect(site.page.get_by_test_id("stMetricValue").first).to_have_text("997", timeout=PATIENCE_MS)
    site.picture("form-many")
    with site.page.expect_download() as download:
        site.press("Descargar los resultados")
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert {int(row["line"]) - 1 for row in rows} == set(range(1, 1001)) - set(bad)


def test_template_can_be_taken_away(site: Site) -> None:
    site.go("many")
    with site.page.expect_download() as download:
        site.press("Descargar la plantilla")
    assert download.value.suggested_filename == "plantilla_pacientes.csv"


def test_ten_thousand_rows_take_seconds_and_show_how_far_they_are(
    site: Site, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    site.go("many")
    site.page.set_input_files("input[type=file]", _patients(tmp_path / "pacientes.csv", 10_000, {}))
    button = site.page.get_by_role("button", name="Calcular 10\N{NO-BREAK SPACE}000 pacientes")
    button.wait_for(timeout=PATIENCE_MS)
    started = time.perf_counter()
    button.click()
    site.sees("de 10\N{NO-BREAK SPACE}000 filas")
    site.page.get_by_role("button", name="Descargar los resultados").wait_for(timeout=60_000)
    seconds = time.perf_counter() - started
    tell(f"10,000 rows: {seconds:.1f} s")
    assert seconds < MANY_S


def test_history_lists_the_prediction_and_records_its_outcome(site: Site) -> None:
    site.go()
    _predict(site)
    site.page.get_by_role("link", name="Registrar el desenlace").click()
    site.settle()
    expect(site.page.get_by_label("Identificador de la predicción")).not_to_have_value("", timeout=PATIENCE_MS)
    site.page.get_by_text("Readmitido antes de 30 días").last.click()
    site.press("Guardar")
    site.sees("Desenlace registrado")
    site.page.keyboard.press("Escape")
    site.picture("form-history")


@pytest.mark.parametrize("language", ["es", "en"])
def test_model_page_shows_candidates_curves_and_decisions(site: Site, language: str) -> None:
    site.page.set_viewport_size({"width": 1280, "height": 1700})
    site.go("model", language)
    for text in {"es": ("Los candidatos", "Curva ROC", "Promovido"), "en": ("The candidates", "ROC curve", "Promoted")}[
        language
    ]:
        site.sees(text)
    expect(site.page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")).to_have_count(
        3
    )
    site.picture("form-model" if language == "es" else "form-model-en")


def test_monitoring_page_shows_volume_scores_and_drift(site: Site) -> None:
    site.go()
    _predict(site)
    site.page.set_viewport_size({"width": 1280, "height": 1700})
    site.go("monitoring")
    site.sees("Monitorización")
    site.picture("form-monitoring")


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_barrier(site: Site, path: str, language: str) -> None:
    site.go(path, language)
    site.sees((PAGES if language == "es" else PAGES_EN)[path])
    if path == "":
        _predict(site, language)
        site.settle()
    assert site.barriers() == []


@pytest.mark.parametrize("path", PAGES)
def test_page_fits_a_phone(open_site: OpenSite, api_url: str, path: str) -> None:
    site = open_site(api_url, phone=True)
    site.go(path)
    assert not site.overflows()
    assert site.barriers() == []
    site.picture(f"form-phone-{path or 'prediction'}")


def test_phone_shows_the_result_below_the_button(open_site: OpenSite, api_url: str) -> None:
    site = open_site(api_url, phone=True)
    site.go()
    _predict(site)
    button = site.page.get_by_role("button", name=CALCULATE["es"]).bounding_box()
    gauge = site.page.locator(".gauge").bounding_box()
    assert button
    assert gauge
    assert gauge["y"] > button["y"]
    site.page.locator(".st-key-result").scroll_into_view_if_needed()
    site.picture("form-phone-result")


@pytest.mark.parametrize("path", PAGES)
def test_api_that_is_down_is_said_on_every_page(open_site: OpenSite, path: str) -> None:
    site = open_site(NOBODY)
    site.go(path)
    site.sees("La API no responde")
    site.sees("./run serve")
    assert site.barriers() == []
    site.picture(f"form-no-api-{path or 'prediction'}") if path in ("", "model") else None
