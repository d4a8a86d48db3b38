from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown

Page = Callable[[str], AppTest]


def _ids(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["prediction_id"])


def test_history_turns_its_pages_there_and_back(fake: FakeApi, page: Page) -> None:
    for _ in range(30):
        fake.predict({"age": 70})
    app = page("history").run()
    assert _ids(app) == [f"id-{number}" for number in range(30, 5, -1)]
    assert _ids(app.button(key="older").click().run()) == [
        f"id-{number}" for number in range(5, 0, -1)
    ]
    assert app.button(key="older").disabled
    assert _ids(app.button(key="newer").click().run())[0] == "id-30"


def test_another_filter_begins_at_the_first_page(fake: FakeApi, page: Page) -> None:
    for number in range(60):
        fake.predict({"number_inpatient": 5 if number < 30 else 0})
    app = page("history").run()
    app.button(key="older").click().run()
    app.selectbox(key="filter_result").set_value("above").run()
    assert _ids(app)[0] == "id-30"
    assert app.button(key="newer").disabled


def test_categories_are_shown_in_the_visitors_language(fake: FakeApi, page: Page) -> None:
    fake.predict({"gender": "Female"})
    assert page("history").run().dataframe[0].value["gender"].tolist() == ["Mujer"]


def test_outcome_is_recorded_by_id(fake: FakeApi, page: Page) -> None:
    fake.predict({})
    app = page("history")
    app.query_params["prediction_id"] = "id-1"
    app.run().radio(key="outcome").set_value(1)
    app.button(key="save_outcome").click().run()
    assert fake.predictions[0]["outcome"] == 1
    assert app.dataframe[0].value["outcome"].tolist() == ["Readmitido antes de 30 días"]


def test_outcome_of_an_unknown_prediction_is_refused(fake: FakeApi, page: Page) -> None:
    app = page("history")
    app.query_params["prediction_id"] = "id-9"
    app.run().radio(key="outcome").set_value(0)
    assert "no prediction id-9" in shown(app.button(key="save_outcome").click().run())


def test_outcome_needs_an_id_and_an_answer(fake: FakeApi, page: Page) -> None:
    app = page("history").run()
    assert "Indique el identificador" in shown(app.button(key="save_outcome").click().run())


def test_empty_history_says_how_to_begin(fake: FakeApi, page: Page) -> None:
    assert "Aún no hay predicciones" in shown(page("history").run())


def test_no_match_for_the_filters_is_not_an_empty_history(fake: FakeApi, page: Page) -> None:
    fake.predict({})
    app = page("history").run()
    app.selectbox(key="filter_result").set_value("above")
    assert "Ninguna predicción cumple" in shown(app.run())
