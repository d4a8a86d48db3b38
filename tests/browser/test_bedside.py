"""One patient at the bedside in Debian's Chromium: no result of other data, no dead end."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, expect

from app_front import translations as texts
from readmission.schema import FIELD_BY_NAME
from tests.browser.site import CALCULATE, PATIENCE_MS, Site, predict

pytestmark = pytest.mark.browser

AGE = "Edad (años)"
NUMBER = texts.PATIENT_LABEL.es
COUNTS = (
    "num_lab_procedures",
    "num_procedures",
    "num_medications",
    "number_outpatient",
    "number_emergency",
    "number_inpatient",
    "number_diagnoses",
)
SHOWN = 6
ENGLISH = re.compile(r"\b(Error|Please|enter|outside|should|match|pattern|Press)\b")


def test_changed_field_greys_the_result_out_until_it_is_calculated_again(site: Site) -> None:
    site.go()
    predict(site)
    _type(site, AGE, "20")
    site.sees("vuelva a calcular")
    outdated = site.page.locator(".st-key-outdated_result")
    expect(outdated).to_contain_text("Mujer, 65 años")
    site.settle()
    assert outdated.evaluate("one => getComputedStyle(one).filter") == "grayscale(1)"
    assert site.barriers() == []
    predict(site)
    expect(outdated).to_have_count(0, timeout=PATIENCE_MS)
    expect(site.page.locator(".head")).to_contain_text("Mujer, 20 años")


@pytest.mark.parametrize("typed", ["300", ""])
def test_impossible_number_is_said_at_the_button_in_spanish_and_leaves_no_result(
    site: Site, typed: str
) -> None:
    site.go()
    predict(site)
    _type(site, AGE, typed)
    site.press(CALCULATE["es"])
    problem = site.page.locator(".st-key-actions").get_by_role("alert")
    expect(problem).to_contain_text("Edad (años): Debe ser un número entero de 0 a 120")
    expect(problem).to_be_in_viewport()
    expect(site.page.locator(".gauge")).to_have_count(0)
    assert site.number(AGE).input_value() == typed
    assert not ENGLISH.search(site.page.get_by_test_id("stMain").inner_text())


def test_text_that_was_deleted_again_does_not_block(site: Site) -> None:
    site.go()
    field = site.page.get_by_role("textbox", name="Diagnóstico principal (CIE-9)")
    field.fill("428")
    field.press("Tab")
    site.settle()
    field.fill("")
    predict(site)
    expect(site.page.locator(".st-key-actions").get_by_role("alert")).to_have_count(0)


def test_reload_keeps_what_was_typed_and_the_address_does_not_tell_it(site: Site) -> None:
    site.go()
    _type(site, AGE, "83")
    field = site.page.get_by_role("textbox", name=NUMBER)
    field.fill("NHC 4711")
    field.press("Tab")
    site.settle()
    _wait_until_kept(site, "NHC 4711")
    assert urlsplit(site.page.url).query == ""
    site.page.reload()
    site.settle()
    expect(site.number(AGE)).to_have_value("83", timeout=PATIENCE_MS)
    expect(site.page.get_by_role("textbox", name=NUMBER)).to_have_value("NHC 4711")

    site.press(texts.NEW_PATIENT.es)
    expect(site.number(AGE)).to_have_value("65", timeout=PATIENCE_MS)
    _wait_until_kept(site, 'patient_label\\": null')
    site.page.reload()
    site.settle()
    expect(site.number(AGE)).to_have_value("65")
    expect(site.page.get_by_role("textbox", name=NUMBER)).to_have_value("")


def test_result_prints_on_one_page_with_patient_date_and_model(site: Site) -> None:
    site.go()
    site.page.get_by_role("textbox", name=NUMBER).fill("NHC 4711")
    predict(site)
    site.page.emulate_media(media="print")
    for text in ("Mujer, 65 años", "NHC 4711", "versión", "riesgo estimado"):
        site.sees(text)
    expect(site.number(AGE)).not_to_be_visible()
    pdf = site.page.pdf(format="A4", print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_reasons_name_only_what_was_entered(site: Site) -> None:
    site.go()
    _type(site, AGE, "85")
    _type(site, FIELD_BY_NAME["number_inpatient"].label.es, "6")
    predict(site)
    reasons = site.page.locator("ul.reasons")
    expect(reasons).to_contain_text("85")
    assert reasons.locator("li").count() == 2
    expect(reasons).not_to_contain_text(texts.NO_DATA.es)
    site.sees("Lo no rellenado, en conjunto")


def test_fields_that_matter_most_stand_open_and_unused_drugs_do_not(site: Site) -> None:
    site.go()
    for name in ("insulin", "metformin", "discharge_disposition_code"):
        expect(_choice(site, name)).to_be_visible()
    expect(_choice(site, "examide")).not_to_be_visible()
    expect(_choice(site, "citoglipton")).not_to_be_visible()


def test_diagnosis_is_found_by_words_and_an_icd10_code_is_read(site: Site) -> None:
    site.go()
    field = site.page.get_by_role("textbox", name=FIELD_BY_NAME["diag_1"].label.es)
    field.fill("insuficiencia cardiaca")
    field.press("Enter")
    choice = site.page.get_by_role("button", name=re.compile("^428 ·"))
    choice.click()
    expect(field).to_have_value("428", timeout=PATIENCE_MS)
    field.fill("E11.9")
    field.press("Enter")
    site.sees("E11.9 (CIE-10) leído como 250.00")
    predict(site)
    expect(site.page.locator("ul.reasons")).to_contain_text(FIELD_BY_NAME["diag_1"].label.es)


def test_whole_result_and_its_link_fit_a_laptop(site: Site) -> None:
    site.go()
    for name in COUNTS:
        _type(site, FIELD_BY_NAME[name].label.es, "3")
    predict(site)
    assert site.page.locator("ul.reasons li").count() == SHOWN
    link = site.page.get_by_role("link", name=texts.REPORT_OUTCOME.es)
    expect(link).to_be_in_viewport(ratio=1)
    column = site.page.locator("[data-testid=stColumn]:has(.st-key-result)")
    assert column.evaluate("one => one.scrollHeight <= one.clientHeight")


def _choice(site: Site, name: str) -> Locator:
    return site.page.locator(f".st-key-field_{name}")


def _wait_until_kept(site: Site, text: str) -> None:
    """Wait until the tab's storage has the text."""
    kept = "text => (sessionStorage.getItem('readmission-form') || '').includes(text)"
    site.page.wait_for_function(kept, arg=text, timeout=PATIENCE_MS)


def _type(site: Site, label: str, text: str) -> None:
    """Type into a number field, and leave it."""
    field: Locator = site.number(label)
    field.fill(text)
    field.press("Tab")
    site.settle()
