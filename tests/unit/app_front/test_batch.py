from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app_front import translations
from app_front.field_messages import explain_invalid_value
from tests.fakes.api import FakeApi, refuse
from tests.unit.app_front.conftest import shown

Page = Callable[[str], AppTest]


def _calculate(page: AppTest, content: str) -> AppTest:
    page.run().file_uploader(key="patients").set_value(
        ("patients.csv", content.encode(), "text/csv")
    )
    return page.run().button(key="calculate_many").click().run()


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the content of each download button by its key: AppTest keeps only an address."""
    contents: dict[str, str] = {}
    draw_button = st.download_button

    def record(label: str, data: str, *args: Any, key: str, **options: Any) -> bool:
        contents[key] = data
        return draw_button(label, data, *args, key=key, **options)

    monkeypatch.setattr(st, "download_button", record)
    return contents


def test_each_bad_row_is_named_by_line_field_and_value(fake: FakeApi, page: Page) -> None:
    ages = ["70"] * 1200
    ages[4] = ages[1100] = "old"
    app = _calculate(
        page("batch"), "record,age\n" + "".join(f"r{n},{age}\n" for n, age in enumerate(ages))
    )
    bad, good = (table.value for table in app.dataframe)
    assert bad["Línea"].tolist() == [6, 1102]
    assert bad["Dato"].tolist() == ["Edad (años)"] * 2
    assert bad["Valor"].tolist() == ["old"] * 2
    assert bad["Qué está mal"].tolist() == ["Debe ser un número entero de 0 a 120"] * 2
    assert len(good) == len(fake.predictions) == 1198
    assert [metric.value for metric in app.metric] == [
        "1\N{NO-BREAK SPACE}198",
        "0",
        "8,0\N{NO-BREAK SPACE}%",
        "2",
    ]


def test_predictions_are_shown_with_their_own_rows(fake: FakeApi, page: Page) -> None:
    app = _calculate(page("batch"), "record,age\na,70\nb,old\nc,71\n")
    good = app.dataframe[1].value
    assert good[["line", "in:record", "in:age", "prediction_id"]].to_numpy().tolist() == [
        [2, "a", "70", "id-1"],
        [4, "c", "71", "id-2"],
    ]


def test_nothing_is_calculated_before_the_click(fake: FakeApi, page: Page) -> None:
    app = page("batch").run()
    app.file_uploader(key="patients").set_value(("patients.csv", b"age\n70\n", "text/csv"))
    app.run()
    assert fake.predictions == []


def test_file_that_is_no_table_is_refused_with_the_way_out(fake: FakeApi, page: Page) -> None:
    app = page("batch").run()
    app.file_uploader(key="patients").set_value(("patients.csv", b"<html></html>", "text/csv"))
    assert "Use la plantilla" in shown(app.run())


def test_results_survive_leaving_the_page_and_can_be_cleared(fake: FakeApi, page: Page) -> None:
    app = _calculate(page("batch"), "nhc,age\n7,70\n8,71\n")
    app.file_uploader(key="patients").set_value([])
    app.run()
    assert "Resultados de patients.csv" in shown(app)
    assert app.dataframe[0].value["in:nhc"].tolist() == ["7", "8"]
    app.button(key="clear_results").click().run()
    assert len(app.dataframe) == 0


def test_what_was_answered_stays_when_the_rest_fails(
    fake: FakeApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = fake.predict_rows
    chunk_sizes: list[int] = []

    def fail_after_the_first(rows: list[dict[str, Any]]) -> Any:
        chunk_sizes.append(len(rows))
        return answer(rows) if len(chunk_sizes) == 1 else refuse(503, None, "full")

    monkeypatch.setattr(fake, "predict_rows", fail_after_the_first)
    app = _calculate(page("batch"), "age\n" + "70\n" * 1500)
    assert app.metric[0].value == "1\N{NO-BREAK SPACE}000"
    assert app.warning


def test_bad_rows_download_as_the_file_has_them(
    fake: FakeApi, page: Page, downloads: dict[str, str]
) -> None:
    app = _calculate(page("batch"), "NHC;Edad (años)\n7;70\n8;vieja\n9;71\n")
    assert app.dataframe[0].value["NHC"].tolist() == ["8"]
    assert downloads["download_bad_rows"].splitlines() == [
        "\ufeffNHC;Edad (años);Línea;Qué está mal",
        "8;vieja;3;Edad (años): Debe ser un número entero de 0 a 120",
    ]


def test_bad_rows_file_can_be_uploaded_again_as_it_is(
    fake: FakeApi, page: Page, downloads: dict[str, str]
) -> None:
    _calculate(page("batch"), "NHC;Edad (años)\n8;vieja\n")
    _calculate(page("batch"), downloads["download_bad_rows"])
    assert downloads["download_bad_rows"].count("Línea") == 1


def test_results_download_opens_in_the_languages_excel(
    fake: FakeApi, page: Page, downloads: dict[str, str]
) -> None:
    _calculate(page("batch"), "NHC;Edad (años)\n7;70\n")
    assert downloads["download_results"].splitlines() == [
        "\ufeffLínea;Riesgo;Aviso;Identificador;NHC;Edad (años)",
        "2;0,0800;No;id-1;7;70",
    ]


def test_wrong_column_is_said_once_and_nothing_is_sent(fake: FakeApi, page: Page) -> None:
    app = page("batch").run()
    content = "edad,sexo\n" + "mayor,Mujer\n" * 50
    app.file_uploader(key="patients").set_value(("p.csv", content.encode(), "text/csv"))
    app.run()
    (message,) = app.error
    assert "«edad» no tiene ningún valor válido en 50 filas" in message.value
    assert not app.button
    assert fake.predictions == []


def test_value_that_the_dataset_drops_is_explained(fake: FakeApi, page: Page) -> None:
    explained = explain_invalid_value("discharge_disposition_code", "11", "English")
    assert explained == translations.NEVER_READMITTED.es


def test_missing_model_is_said_before_anything_is_uploaded(fake: FakeApi, page: Page) -> None:
    fake.has_model = False
    assert "./run pipeline" in shown(page("batch").run())
