"""Recording outcomes in Debian's Chromium: never for another patient than the one on screen."""

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Locator, expect

from app_front import translations as texts
from tests.browser.site import PATIENCE_MS, Site, predict

pytestmark = pytest.mark.browser

HEADER_PX, ROW_PX = 35, 35
MARKER_X = 18
"""Where a table's tick boxes stand; the table is one canvas, so rows are clicked by position."""
AGES = tuple(range(20, 50))


@pytest.fixture(scope="module")
def ids(api_url: str) -> list[str]:
    """Return the predictions of thirty men of different ages, newest first."""
    patients = [{"gender": "Male", "age": age} for age in AGES]
    answer = requests.post(f"{api_url}/predict/batch", json={"patients": patients}, timeout=60)
    by_age = [made["prediction_id"] for made in answer.json()["predictions"]]
    return sorted(by_age, reverse=True)


@pytest.fixture
def outcome_of(api_url: str) -> Callable[[str], int | None]:
    """Return a function that asks the API for the outcome of a prediction."""

    def ask(prediction_id: str) -> int | None:
        answer = requests.get(f"{api_url}/predictions/{prediction_id}", timeout=10).json()
        outcome: int | None = answer["prediction"]["outcome"]
        return outcome

    return ask


def test_answer_for_one_patient_never_passes_to_another(
    site: Site, ids: list[str], outcome_of: Callable[[str], int | None]
) -> None:
    site.go("history")
    _select_row(site, 0)
    form = _form(site)
    expect(form).to_contain_text("Hombre")
    expect(form.get_by_role("radio", checked=True)).to_have_count(0)
    form.get_by_text(texts.READMITTED.es, exact=True).click()
    site.press(texts.SAVE.es)
    site.sees("Desenlace registrado")
    expect(_form(site)).to_have_count(0)
    assert outcome_of(ids[0]) == 1

    site.press(texts.OLDER.es)
    site.sees("Página 2")
    expect(_form(site)).to_have_count(0)
    _select_row(site, 0)
    expect(_form(site).get_by_role("radio", checked=True)).to_have_count(0)
    site.press(texts.SAVE.es)
    site.sees(texts.OUTCOME_MISSING.es)
    assert [outcome_of(one) for one in ids[1:]] == [None] * (len(ids) - 1)


def test_saved_outcome_is_undone(
    site: Site, ids: list[str], outcome_of: Callable[[str], int | None]
) -> None:
    site.go("history")
    _select_row(site, 1)
    _form(site).get_by_text(texts.NOT_READMITTED.es, exact=True).click()
    site.press(texts.SAVE.es)
    site.sees("Desenlace registrado")
    assert outcome_of(ids[1]) == 0
    site.press(texts.UNDO.es)
    site.sees(texts.UNDONE.es)
    assert outcome_of(ids[1]) is None


def test_link_opens_the_form_of_its_patient_ahead_of_all_else(site: Site) -> None:
    site.go()
    predict(site)
    site.page.get_by_role("link", name=texts.REPORT_OUTCOME.es).click()
    site.sees("¿Qué ocurrió?")
    form = _form(site)
    expect(form).to_contain_text("Mujer, 65 años")
    save = form.get_by_role("button", name=texts.SAVE.es)
    expect(save).to_be_in_viewport(timeout=PATIENCE_MS)


def _form(site: Site) -> Locator:
    return site.page.get_by_test_id("stForm")


def _select_row(site: Site, row: int) -> None:
    table = site.page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible(timeout=PATIENCE_MS)
    site.settle()
    middle = HEADER_PX + row * ROW_PX + ROW_PX // 2
    table.click(position={"x": MARKER_X, "y": middle})
    site.sees("¿Qué ocurrió?")
    site.settle()
