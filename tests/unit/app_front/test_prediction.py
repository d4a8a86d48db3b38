from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app_front import translations as texts
from app_front.components.fields import OPEN_FIELDS, can_be
from app_front.components.gauge import risk_digits
from readmission.schema import FIELD_BY_NAME, FIELDS, SECTIONS
from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown


def _bodies(app: AppTest) -> str:
    return "".join(one.body for one in app.html if "<style" not in one.body)


def _label(name: str) -> str:
    return FIELD_BY_NAME[name].label.es


def _reasons(app: AppTest) -> str:
    (reasons,) = [one.body for one in app.html if '<ul class="reasons"' in one.body]
    return reasons


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
        assert [widget.value or None for widget in widgets] == [field.default or None], field.name
        assert widgets[0].label == field.label.es


def test_choice_without_a_value_says_so_in_the_pages_language(
    fake: FakeApi, prediction: AppTest
) -> None:
    widget = prediction.run().selectbox(key="field_discharge_disposition_code")
    assert widget.value is None
    assert widget.proto.placeholder == texts.NO_DATA.es


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


@pytest.mark.parametrize(
    ("typed", "reading"),
    [
        ("E11.9", "E11.9 (CIE-10) leído como 250.00 · Diabetes"),
        ("I50.9", "I50.9 (CIE-10) leído como 428.9 · Insuficiencia"),
        ("25000", "25000 (CIE-9) leído como 250.00"),
        ("v45.81", "leído como V45.81"),
        ("428", "428 (CIE-9) · Insuficiencia"),
    ],
)
def test_diagnosis_is_sent_as_typed_and_shown_as_it_was_read(
    fake: FakeApi, prediction: AppTest, typed: str, reading: str
) -> None:
    app = prediction.run()
    app.text_input(key="field_diag_1").set_value(typed).run()
    assert reading in _bodies(app)
    _press(app)
    assert fake.predictions[0]["fields"]["diag_1"] == typed


@pytest.mark.parametrize("words", ["insuficiencia cardiaca", "heart failure"])
def test_diagnosis_is_found_by_words_and_chosen(
    fake: FakeApi, prediction: AppTest, words: str
) -> None:
    app = prediction.run()
    app.text_input(key="field_diag_1").set_value(words).run()
    _press(app)
    (error,) = app.error
    assert "elija un diagnóstico de la lista" in error.value
    assert fake.predictions == []
    app.button(key="choose_field_diag_1_428").click().run()
    assert app.text_input(key="field_diag_1").value == "428"
    assert "428 (CIE-9) · Insuficiencia" in _bodies(_press(app))
    assert fake.predictions[0]["fields"]["diag_1"] == "428"


@pytest.mark.parametrize(
    ("language", "problem"),
    [
        ("es", "E99.99 no es un código CIE-9 ni CIE-10; ¿quiso decir"),
        ("en", "E99.99 is neither an ICD-9 nor an ICD-10 code; did you mean"),
    ],
)
def test_unknown_diagnosis_is_refused_by_name_with_the_nearest(
    fake: FakeApi, prediction: AppTest, language: str, problem: str
) -> None:
    app = prediction.run()
    app.text_input(key="field_diag_1").set_value("E99.99")
    _press(app)
    app.session_state["lang"] = language
    (error,) = app.run().error
    assert problem in error.value
    assert problem in _bodies(app)
    assert fake.predictions == []


@pytest.mark.parametrize(
    ("language", "told"),
    [("es", texts.VALUE_REFUSED.es), ("en", "too old")],
)
def test_fields_that_the_api_refuses_are_named_in_the_pages_language(
    fake: FakeApi, prediction: AppTest, language: str, told: str
) -> None:
    fake.refused = ("age", "too old")
    app = _press(prediction.run())
    app.session_state["lang"] = language
    (error,) = app.run().error
    assert FIELD_BY_NAME["age"].label.in_language(language) in error.value
    assert told in error.value
    assert ("too old" in error.value) == (language == "en")


def test_changed_field_marks_the_result_as_outdated(fake: FakeApi, prediction: AppTest) -> None:
    app = _press(prediction.run())
    assert not app.warning
    app.number_input(key="field_age").set_value(20).run()
    assert [one.value for one in app.warning] == [texts.OUTDATED.es]
    assert "Mujer, 65 años" in shown(app)
    app.number_input(key="field_age").set_value(65).run()
    assert not app.warning
    app.selectbox(key="field_gender").set_value("Male").run()
    assert [one.value for one in app.warning] == [texts.OUTDATED.es]
    assert not _press(app).warning
    assert "Hombre, 65 años" in shown(app)


@pytest.mark.parametrize("age", [300, -1, None])
def test_impossible_or_emptied_number_is_asked_for_and_leaves_no_result(
    fake: FakeApi, prediction: AppTest, age: int | None
) -> None:
    app = _press(prediction.run())
    app.number_input(key="field_age").set_value(age)
    _press(app)
    (error,) = app.error
    assert error.value.endswith("**Edad (años)**: Debe ser un número entero de 0 a 120")
    assert "gauge" not in _bodies(app)
    assert app.number_input(key="field_age").value == age
    assert len(fake.predictions) == 1


def test_problems_stay_until_the_last_field_is_corrected(
    fake: FakeApi, prediction: AppTest
) -> None:
    app = prediction.run()
    app.number_input(key="field_age").set_value(None)
    app.number_input(key="field_time_in_hospital").set_value(99)
    _press(app)
    app.number_input(key="field_age").set_value(70).run()
    (error,) = app.error
    assert "Días en el hospital" in error.value
    assert "Edad" not in error.value
    app.number_input(key="field_time_in_hospital").set_value(9).run()
    assert not app.error
    assert "gauge" in _bodies(_press(app))


@pytest.mark.parametrize("name", ["diag_1", "medical_specialty", "patient_label"])
def test_text_that_was_deleted_again_is_sent_as_missing(
    fake: FakeApi, prediction: AppTest, name: str
) -> None:
    app = prediction.run()
    app.text_input(key=f"field_{name}").set_value("Cardiology")
    app.run()
    app.text_input(key=f"field_{name}").set_value(" ")
    app = _press(app)
    assert not app.error
    stored = fake.predictions[0]
    assert (stored["fields"] | {"patient_label": stored["patient_label"]})[name] is None


def test_new_patient_clears_fields_and_result(fake: FakeApi, prediction: AppTest) -> None:
    app = prediction.run()
    app.number_input(key="field_age").set_value(90)
    app.selectbox(key="field_insulin").set_value("Up")
    app.text_input(key="field_diag_1").set_value("428")
    app.text_input(key="field_patient_label").set_value("NHC 7")
    _press(app)
    app.button(key="new_patient").click().run()
    assert "gauge" not in _bodies(app)
    _press(app)
    assert fake.predictions[1]["fields"] == {field.name: field.default for field in FIELDS}
    assert fake.predictions[1]["patient_label"] is None


def test_result_names_patient_number_date_and_model(fake: FakeApi, prediction: AppTest) -> None:
    app = prediction.run()
    app.text_input(key="field_patient_label").set_value("NHC <7>")
    (head,) = [one.body for one in _press(app).html if 'class="head"' in one.body]
    assert fake.predictions[0]["patient_label"] == "NHC <7>"
    today = datetime.now(UTC).strftime("%d/%m/%Y")
    for expected in ("Mujer, 65 años", "NHC &lt;7&gt;", today, "versión 3"):
        assert expected in head, expected


@pytest.mark.parametrize(
    ("risk", "threshold", "digits"),
    [(0.2, 0.14, 1), (0.16563, 0.16584, 2), (0.165838, 0.165842, 4), (0.14, 0.14, 1)],
)
def test_risk_next_to_the_threshold_gets_the_decimals_that_tell_them_apart(
    risk: float, threshold: float, digits: int
) -> None:
    assert risk_digits(risk, threshold) == digits


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("age", 300, True),
        ("age", None, True),
        ("age", True, False),
        ("age", "65", False),
        ("gender", "Female", True),
        ("gender", None, False),
        ("diag_1", "anything", True),
        ("patient_label", "NHC", True),
        ("answered", 1, False),
    ],
)
def test_only_what_a_field_can_hold_is_brought_back(name: str, value: object, fits: bool) -> None:
    assert can_be(name, value) == fits


def test_reasons_rank_what_was_entered_and_sum_up_the_rest(
    fake: FakeApi, prediction: AppTest
) -> None:
    fake.weights = {
        "race": 0.09,
        "age": 0.01,
        "number_inpatient": -0.03,
        "diag_3": 0.001,
        "payer_code": -0.087,
    }
    app = prediction.run()
    app.number_input(key="field_age").set_value(85)
    app.number_input(key="field_number_inpatient").set_value(6)
    app = _press(app)
    reasons = _reasons(app)
    assert reasons.count("<li") == 2
    assert reasons.index(_label("number_inpatient")) < reasons.index(f"{_label('age')}: <b>85")
    text = shown(app)
    assert "Sin dato" not in reasons
    assert "en conjunto: +0,4 puntos" in text
    assert "19 de 21 campos están en su valor por defecto" in text


def test_reasons_of_a_typical_patient_are_one_line(fake: FakeApi, prediction: AppTest) -> None:
    fake.weights = {"race": 0.09, "diag_1": -0.1}
    app = _press(prediction.run())
    assert 'class="reasons"' not in _bodies(app)
    text = shown(app)
    assert texts.NOTHING_ENTERED.es in text
    assert "en conjunto: \N{MINUS SIGN}1,0 puntos" in text
    assert "21 de 21 campos" in text


def test_weight_of_a_code_that_was_not_given_counts_for_its_group(
    fake: FakeApi, prediction: AppTest
) -> None:
    fake.weights = {
        "number_inpatient": 0.05,
        "discharge_disposition_code": -0.09,
        "discharge_disposition_id": -0.01,
    }
    app = prediction.run()
    app.selectbox(key="field_discharge_disposition_id").set_value("Otro")
    app.number_input(key="field_number_inpatient").set_value(1)
    reasons = _reasons(_press(app))
    group = _label("discharge_disposition_id")
    assert reasons.index(f"{group}: <b>Otro") < reasons.index(_label("number_inpatient"))
    assert "(código)" not in reasons


def test_weight_of_a_group_counts_for_the_code_that_was_given(
    fake: FakeApi, prediction: AppTest
) -> None:
    fake.weights = {"discharge_disposition_code": 0.01, "discharge_disposition_id": 0.03}
    app = prediction.run()
    app.selectbox(key="field_discharge_disposition_code").set_value("3")
    reasons = _reasons(_press(app))
    assert "Destino al alta (código): <b>3" in reasons
    assert reasons.count("<li") == 1


def test_fields_that_matter_stand_in_front_and_drugs_that_nobody_took_do_not() -> None:
    assert {"insulin", "metformin", "discharge_disposition_code", "diag_1"} <= set(OPEN_FIELDS)
    assert not {"examide", "citoglipton", "glipizide", "payer_code"} & set(OPEN_FIELDS)


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
    app = _press(prediction.run())
    assert not app.exception
    text = shown(app)
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
    assert "reason-1" not in text


def test_api_key_is_sent(
    fake: FakeApi, prediction: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "secret")
    _press(prediction.run())
    assert fake.keys == {"secret"}
