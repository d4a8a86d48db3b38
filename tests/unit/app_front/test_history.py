from collections.abc import Callable
from typing import Any

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from app_front import translations as texts
from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown

Page = Callable[[str], AppTest]


def _ids(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["prediction_id"])


def _listing(fake: FakeApi, page: Page, count: int) -> AppTest:
    for _ in range(count):
        fake.predict({"gender": "Female", "age": 65})
    return page("history").run()


def _with_row(app: AppTest, row: int) -> AppTest:
    """Select a row of the table."""
    key = app.dataframe[0].key
    app.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def _answer(app: AppTest) -> Any:
    (radio,) = app.radio
    return radio


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


def test_days_and_times_are_those_of_the_visitor(
    fake: FakeApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContextProxy, "timezone", "Europe/Madrid")
    fake.predict({"gender": "Female", "age": 65})
    app = page("history").run()
    assert str(app.dataframe[0].value["made_at"][0]) == "2026-01-02 04:04:05"
    assert "02/01/2026 04:04" in shown(_with_row(app, 0))


def test_categories_are_shown_in_the_visitors_language(fake: FakeApi, page: Page) -> None:
    fake.predict({"gender": "Female"})
    assert page("history").run().dataframe[0].value["gender"].tolist() == ["Mujer"]


def test_outcome_of_a_link_stands_first_and_names_the_patient(fake: FakeApi, page: Page) -> None:
    fake.predict({"gender": "Male", "age": 86})
    app = page("history")
    app.query_params["prediction_id"] = "id-1"
    app.run()
    assert "**Hombre, 86 años** · 02/01/2026 03:04 · riesgo 8,0" in shown(app)
    assert app.subheader[0].value == texts.RECORD_OUTCOME.es
    assert _answer(app).value is None
    _answer(app).set_value(1)
    app.button(key="save_outcome").click().run()
    assert fake.predictions[0]["outcome"] == 1
    assert app.dataframe[0].value["outcome"].tolist() == [texts.READMITTED.es]


def test_outcome_of_an_unknown_prediction_is_refused(fake: FakeApi, page: Page) -> None:
    app = page("history")
    app.query_params["prediction_id"] = "id-9"
    assert "No hay nada con ese identificador" in shown(app.run())
    assert not app.radio


def test_patient_is_found_and_named_by_the_hospitals_own_number(fake: FakeApi, page: Page) -> None:
    for number in (1, 2, 3):
        fake.predict({"patient_label": f"NHC_{number}*", "gender": "Male", "age": 70})
    app = page("history").run()
    app.text_input(key="filter_label").set_value(" NHC_2* ").run()
    assert _ids(app) == ["id-2"]
    assert app.dataframe[0].value["patient_label"].tolist() == ["NHC_2*"]
    text = shown(_with_row(app, 0))
    assert "Hombre, 70 años" in text
    assert r"historia NHC_2\*" in text


@pytest.mark.usefixtures("no_api")
def test_link_while_the_api_is_down_is_one_message(page: Page) -> None:
    app = page("history")
    app.query_params["prediction_id"] = "id-1"
    app.run()
    assert not app.exception
    assert shown(app).count("La API no responde") == 1
    assert "Avise a quien administra el sistema" in shown(app)


def test_outcome_needs_an_answer(fake: FakeApi, page: Page) -> None:
    app = _with_row(_listing(fake, page, 3), 0)
    text = shown(app.button(key="save_outcome").click().run())
    assert texts.OUTCOME_MISSING.es in text
    assert fake.reports == []


def test_selected_row_keeps_its_patient_when_new_predictions_arrive(
    fake: FakeApi, page: Page
) -> None:
    app = _with_row(_listing(fake, page, 3), 0)
    fake.predict({"age": 20})
    _answer(app).set_value(1)
    app.button(key="save_outcome").click().run()
    assert fake.reports == [("id-3", 1)]


@pytest.mark.parametrize("change", ["older", "filter", "save", "undo"])
def test_neither_row_nor_answer_outlives_a_change(fake: FakeApi, page: Page, change: str) -> None:
    app = _with_row(_listing(fake, page, 30), 0)
    _answer(app).set_value(1)
    if change == "older":
        app.button(key="older").click().run()
    elif change == "filter":
        app.selectbox(key="filter_outcome").set_value("pending").run()
    else:
        app.button(key="save_outcome").click().run()
        if change == "undo":
            app.button(key="undo_outcome").click().run()
    assert not app.radio
    assert fake.reports == {
        "save": [("id-30", 1)],
        "undo": [("id-30", 1), ("id-30", None)],
    }.get(change, [])
    _with_row(app, 0)
    assert _answer(app).value is None


def test_saved_outcome_is_undone_to_what_was_known_before(fake: FakeApi, page: Page) -> None:
    fake.predict({"gender": "Female", "age": 65})
    fake.save_outcome("id-1", 0)
    app = _with_row(page("history").run(), 0)
    assert texts.NOT_READMITTED.es in shown(app)
    _answer(app).set_value(1)
    app.button(key="save_outcome").click().run()
    saved = app.success[0].value
    assert texts.READMITTED.es in saved
    assert "Mujer, 65 años" in saved
    app.button(key="undo_outcome").click().run()
    assert fake.predictions[0]["outcome"] == 0
    assert not app.success


def test_outcome_can_be_withdrawn(fake: FakeApi, page: Page) -> None:
    fake.predict({})
    fake.save_outcome("id-1", 1)
    app = _with_row(page("history").run(), 0)
    app.button(key="withdraw_outcome").click().run()
    assert fake.predictions[0]["outcome"] is None
    assert app.dataframe[0].value["outcome"].tolist() == [texts.PENDING.es]


def test_prediction_without_an_outcome_has_nothing_to_withdraw(fake: FakeApi, page: Page) -> None:
    app = _with_row(_listing(fake, page, 1), 0)
    assert [button.key for button in app.button if button.key == "withdraw_outcome"] == []


def test_empty_history_says_how_to_begin(fake: FakeApi, page: Page) -> None:
    assert "Aún no hay predicciones" in shown(page("history").run())


def test_no_match_for_the_filters_is_not_an_empty_history(fake: FakeApi, page: Page) -> None:
    fake.predict({})
    app = page("history").run()
    app.selectbox(key="filter_result").set_value("above")
    assert "Ninguna predicción cumple" in shown(app.run())
