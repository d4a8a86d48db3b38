"""Many patients, history, model and monitoring in Debian's Chromium, in front of the real API."""

import csv
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app_front import translations as texts
from readmission.schema import FIELDS
from tests.browser.site import PATIENCE_MS, Site, predict

pytestmark = pytest.mark.browser

MANY_S = 10.0


def test_thousand_rows_with_three_bad_ones_answer_the_others_and_name_the_three(
    site: Site, tmp_path: Path, patients: list[dict[str, Any]]
) -> None:
    bad = {17: ("age", "old"), 400: ("gender", "Marciano"), 999: ("time_in_hospital", "15")}
    site.page.set_viewport_size({"width": 1280, "height": 1420})
    site.go("many")
    site.page.set_input_files(
        "input[type=file]", _file(tmp_path / "pacientes.csv", patients, 1000, bad)
    )
    site.press("Calcular 1\N{NO-BREAK SPACE}000 pacientes")
    site.sees("Filas con errores")
    expect(site.page.get_by_test_id("stMetricValue").first).to_have_text("997", timeout=PATIENCE_MS)
    site.picture("form-many")
    with site.page.expect_download() as download:
        site.press("Descargar los resultados")
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    rows = list(csv.DictReader(lines, delimiter=";"))
    assert {int(row["Línea"]) - 1 for row in rows} == set(range(1, 1001)) - set(bad)


def test_template_can_be_taken_away(site: Site) -> None:
    site.go("many")
    with site.page.expect_download() as download:
        site.press("Descargar la plantilla")
    assert download.value.suggested_filename == "plantilla_pacientes.csv"


def test_ten_thousand_rows_take_seconds_and_show_how_far_they_are(
    site: Site, tmp_path: Path, tell: Callable[[str], None], patients: list[dict[str, Any]]
) -> None:
    site.go("many")
    site.page.set_input_files(
        "input[type=file]", _file(tmp_path / "pacientes.csv", patients, 10_000, {})
    )
    button = site.page.get_by_role("button", name="Calcular 10\N{NO-BREAK SPACE}000 pacientes")
    button.wait_for(timeout=PATIENCE_MS)
    started = time.perf_counter()
    button.click()
    site.sees("de 10\N{NO-BREAK SPACE}000 filas")
    site.page.get_by_role("button", name="Descargar los resultados").wait_for(timeout=60_000)
    seconds = time.perf_counter() - started
    tell(f"10,000 rows: {seconds:.1f} s")
    assert seconds < MANY_S


@pytest.mark.usefixtures("followed_up")
def test_history_lists_the_prediction_and_records_its_outcome(site: Site) -> None:
    site.page.set_viewport_size({"width": 1280, "height": 1120})
    site.go()
    predict(site)
    site.page.get_by_role("link", name="Registrar el desenlace").click()
    site.settle()
    site.sees("¿Qué ocurrió?")
    site.page.get_by_test_id("stForm").get_by_text(texts.READMITTED.es, exact=True).click()
    site.press("Guardar")
    site.sees("Desenlace registrado")
    site.page.locator("h1").scroll_into_view_if_needed()
    site.picture("form-history")


@pytest.mark.parametrize("language", ["es", "en"])
def test_model_page_shows_candidates_curves_and_decisions(site: Site, language: str) -> None:
    site.page.set_viewport_size({"width": 1280, "height": 1160})
    site.go("model", language)
    for text in {
        "es": ("Los candidatos", "Curva ROC", "Promovido"),
        "en": ("The candidates", "ROC curve", "Promoted"),
    }[language]:
        site.sees(text)
    expect(
        site.page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
    ).to_have_count(3)
    site.picture("form-model" if language == "es" else "form-model-en")
    if language == "es":
        site.unroll()
        site.sees("Decisiones sobre el campeón")
        site.picture("form-model-whole")


@pytest.mark.usefixtures("followed_up")
def test_monitoring_page_shows_volume_scores_and_drift(site: Site) -> None:
    site.go("monitoring")
    site.sees("Desenlaces conocidos")
    site.unroll()
    site.picture("form-monitoring")


def _file(
    path: Path, patients: list[dict[str, Any]], rows: int, bad: dict[int, tuple[str, str]]
) -> Path:
    """Write patients to a CSV, repeated to fill it; some rows have an invalid value."""
    names = [field.name for field in FIELDS]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for number, patient in enumerate(islice(cycle(patients), rows), 1):
            writer.writerow(
                {name: patient[name] for name in names}
                | dict([bad[number]] if number in bad else [])
            )
    return path
