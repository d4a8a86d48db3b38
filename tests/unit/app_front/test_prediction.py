from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from readmission.schema import FIELDS, SECTIONS
from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown


def _press(app: AppTest) -> AppTest:
    return app.button(key="calculate").click().run()


def test_form_has_one_widget_for_each_field_with_its_default(
    fake: FakeApi, prediction: AppTest
) -> None:
    app = prediction.run()
    for field in FIELDS:
        widgets: list[Any] = [
            widget
            for widget in (*app.number_input, *app.selectbox, *app.text_input)
            if widget.key == f"field_{field.name}"
        ]
        assert [widget.value for widget in widgets] == [field.default], field.name
        assert widgets[0].label == field.label.es


def test_form_groups_fields_by_section_in_spanish_by_default(
    fake: FakeApi, prediction: AppTest
) -> None:
    subheaders = [subheader.value for subheader in prediction.run().subheader]
    assert subheaders[: len(SECTIONS)] == [label.es for label in SECTIONS.values()]


def test_click_sends_the_defaults_and_shows_risk_threshold_version_and_id(
    fake: FakeApi, prediction: AppTest
) -> None:
    app = _press(prediction.run())
    assert fake.predictions[0]["fields"] == {field.name: field.default for field in FIELDS}
    text = shown(app)
    for expected in (
        "8,0\N{NO-BREAK SPACE}%",
        "Umbral",
        "14,0\N{NO-BREAK SPACE}%",
        "versión 3",
        "id-1",
        "Por debajo del umbral",
    ):
        assert expected in text, expected


def test_answer_stays_when_the_language_changes(fake: FakeApi, prediction: AppTest) -> None:
    app = _press(prediction.run())
    app.session_state["lang"] = "en"
    text = shown(app.run())
    assert "Below the threshold" in text
    assert "8.0%" in text
    assert "Umbral" not in text
    assert len(fake.predictions) == 1


def test_code_is_sent_in_place_of_its_group(fake: FakeApi, prediction: AppTest) -> None:
    app = prediction.run()
    app.selectbox(key="field_discharge_disposition_code").set_value("3")
    _press(app)
    sent = fake.predictions[0]["fields"]
    assert sent["discharge_disposition_code"] == "3"
    assert "discharge_disposition_id" not in sent
    assert sent["admission_type_id"] == "Emergencia"


def test_wrong_diagnosis_is_named_and_not_sent(fake: FakeApi, prediction: AppTest) -> None:
    app = prediction.run()
    app.text_input(key="field_diag_1").set_value("diabetes")
    text = shown(_press(app))
    assert "Diagnóstico principal (CIE-9)" in text
    assert "no es un código CIE-9 ni CIE-10" in text
    assert fake.predictions == []


def test_fields_that_the_api_refuses_are_named(fake: FakeApi, prediction: AppTest) -> None:
    fake.refused = ("age", "too old")
    text = shown(_press(prediction.run()))
    assert "Edad (años)" in text
    assert "too old" in text


def test_weight_of_a_code_that_was_not_given_counts_for_its_group(
    fake: FakeApi, prediction: AppTest
) -> None:
    fake.weights = {
        "number_inpatient": 0.05,
        "discharge_disposition_code": -0.09,
        "discharge_disposition_id": -0.01,
    }
    (reasons,) = [
        element.body
        for element in _press(prediction.run()).html
        if '<ul class="reasons"' in element.body
    ]
    assert reasons.index("Destino al alta: <b>Alta a casa") < reasons.index(
        "Hospitalizaciones, año previo"
    )
    assert "Sin dato" not in reasons
    assert "(código)" not in reasons


def test_weight_of_a_group_counts_for_the_code_that_was_given(
    fake: FakeApi, prediction: AppTest
) -> None:
    fake.weights = {"discharge_disposition_code": 0.01, "discharge_disposition_id": 0.03}
    app = prediction.run()
    app.selectbox(key="field_discharge_disposition_code").set_value("3")
    (reasons,) = [
        element.body for element in _press(app).html if '<ul class="reasons"' in element.body
    ]
    assert "Destino al alta (código): <b>3" in reasons
    assert reasons.count("<li") == 1


def test_answer_stands_without_its_explanation(fake: FakeApi, prediction: AppTest) -> None:
    fake.explains = False
    text = shown(_press(prediction.run()))
    assert "Por debajo del umbral" in text
    assert "La explicación no está disponible ahora." in text


def test_synthetic_model_is_announced_on_the_page(fake: FakeApi, prediction: AppTest) -> None:
    assert "Datos sintéticos" not in shown(prediction.run())
    fake.synthetic = True
    assert "Datos sintéticos" in shown(prediction.run())


@pytest.mark.usefixtures("no_api")
def test_api_that_is_down_is_said_with_the_command_that_starts_it(prediction: AppTest) -> None:
    text = shown(prediction.run())
    assert "La API no responde" in text
    assert "./run serve" in text


def test_missing_model_is_said_with_the_command_that_makes_one(
    fake: FakeApi, prediction: AppTest
) -> None:
    fake.has_model = False
    text = shown(_press(prediction.run()))
    assert "Todavía no hay modelo" in text
    assert "./run pipeline" in text


BUSY = "El servicio está ocupado"


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "La API no acepta la clave"), (429, BUSY), (503, BUSY), (500, "La API ha fallado")],
)
def test_refusal_says_what_to_do(
    fake: FakeApi, prediction: AppTest, status: int, message: str
) -> None:
    fake.failing = status
    text = shown(_press(prediction.run()))
    assert message in text
    assert "reason-1" in text or status == 401


def test_api_key_is_sent(
    fake: FakeApi, prediction: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "secret")
    _press(prediction.run())
    assert fake.keys == {"secret"}
