from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown

Page = Callable[[str], AppTest]


def _calculate(page: AppTest, content: str) -> AppTest:
    page.run().file_uploader(key="patients").set_value(
        ("patients.csv", content.encode(), "text/csv")
    )
    return page.run().button(key="calculate_many").click().run()


def test_each_bad_row_is_named_by_line_field_and_value(fake: FakeApi, page: Page) -> None:
    ages = ["70"] * 1200
    ages[4] = ages[1100] = "old"
    app = _calculate(
        page("batch"), "record,age\n" + "".join(f"r{n},{age}\n" for n, age in enumerate(ages))
    )
    bad, good = (table.value for table in app.dataframe)
    assert bad["Línea"].tolist() == [6, 1102]
    assert bad["Campo"].tolist() == ["Edad (años)"] * 2
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


def test_missing_model_is_said_before_anything_is_uploaded(fake: FakeApi, page: Page) -> None:
    fake.has_model = False
    assert "./run pipeline" in shown(page("batch").run())
