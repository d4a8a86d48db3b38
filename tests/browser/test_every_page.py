"""What holds for every page: no barriers, a phone's width, an API that is down, no model yet."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import NOBODY
from tests.browser.site import CALCULATE, Site, predict

pytestmark = pytest.mark.browser

PAGES = {
    "": ("Predicción", "Prediction"),
    "many": ("Muchos pacientes", "Many patients"),
    "history": ("Historial", "History"),
    "model": ("Modelo", "Model"),
    "monitoring": ("Monitorización", "Monitoring"),
}
NEED_A_MODEL = ("", "many", "model", "monitoring")

OpenSite = Callable[..., Site]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_barrier(site: Site, path: str, language: str) -> None:
    site.go(path, language)
    site.sees(PAGES[path][language == "en"])
    if path == "":
        predict(site, language)
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
    predict(site)
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


@pytest.mark.parametrize("path", PAGES)
def test_page_asks_nobody_but_the_form(site: Site, path: str) -> None:
    site.go(path)
    site.page.wait_for_timeout(500)
    assert site.asked <= {"127.0.0.1", ""}


@pytest.mark.parametrize("path", NEED_A_MODEL)
def test_missing_model_is_said_where_one_is_needed(
    open_site: OpenSite, empty_api_url: str, path: str
) -> None:
    site = open_site(empty_api_url)
    site.go(path)
    site.sees("Todavía no hay modelo")
    site.sees("./run pipeline")
    assert site.barriers() == []
    if path == "":
        site.picture("form-no-model")


def test_history_works_before_the_first_model(open_site: OpenSite, empty_api_url: str) -> None:
    site = open_site(empty_api_url)
    site.go("history", "en")
    site.sees("There are no predictions yet.")
