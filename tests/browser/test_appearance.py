"""How the pages look and speak whatever the screen: dark mode, a phone, Streamlit's own words."""

import pytest
from playwright.sync_api import expect

from tests.browser.site import PATIENCE_MS, Site

pytestmark = pytest.mark.browser

COLOR_SCHEME = "getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme"
WORD_OF_THE_MENU = """
getComputedStyle(document.querySelector('[data-testid=stExpandSidebarButton]'), '::after').content
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system(site: Site, scheme: str) -> None:
    site.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    site.go("model")
    assert site.page.evaluate(COLOR_SCHEME) == scheme


@pytest.mark.parametrize(("language", "word"), [("es", '"Menú"'), ("en", '"Menu"')])
def test_navigation_of_a_phone_has_a_word(site: Site, language: str, word: str) -> None:
    site.page.set_viewport_size({"width": 390, "height": 844})
    site.go("model", language)
    assert site.page.evaluate(WORD_OF_THE_MENU) == word


def test_streamlits_own_words_are_in_the_language_of_the_page(site: Site) -> None:
    site.go("many", "es")
    dropzone = site.page.get_by_test_id("stFileUploaderDropzone")
    expect(dropzone).to_contain_text("Elegir archivo", timeout=PATIENCE_MS)
    expect(dropzone).to_contain_text("Hasta 50 MB por archivo")
    site.page.get_by_role("radio", name="en").click()
    expect(dropzone).to_contain_text("Upload", timeout=PATIENCE_MS)
