from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from app_front.language import NO_VALUE
from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown

Page = Callable[[str], AppTest]


def test_monitoring_names_what_has_moved(fake: FakeApi, page: Page) -> None:
    for _ in range(301):
        fake.predict({})
    text = shown(page("monitoring").run())
    assert "conviene entrenar de nuevo" in text
    assert "Ha cambiado" in text
    assert "Vigilar" in text


def test_few_predictions_tell_nothing_about_drift(fake: FakeApi, page: Page) -> None:
    fake.predict({})
    text = shown(page("monitoring").run())
    assert "Aún son pocas" in text
    assert "Ha cambiado" not in text


def test_monitoring_without_predictions_says_how_to_begin(fake: FakeApi, page: Page) -> None:
    assert "Aún no hay predicciones" in shown(page("monitoring").run())


def test_live_quality_is_shown_once_outcomes_are_known(fake: FakeApi, page: Page) -> None:
    fake.live = {
        "outcomes": 12,
        "auc": None,
        "f1": 0.25,
        "brier": 0.1,
        "mean_probability": 0.12,
        "observed_rate": 0.08,
    }
    values = [metric.value for metric in page("monitoring").run().metric]
    assert values == [
        "12",
        "\N{EM DASH}",
        "0,250",
        "0,100",
        "12,0\N{NO-BREAK SPACE}%",
        "8,0\N{NO-BREAK SPACE}%",
    ]


def test_field_with_too_few_values_has_no_state(fake: FakeApi, page: Page) -> None:
    fake.predict({})
    table = next(
        element.body for element in page("monitoring").run().html if "<table>" in element.body
    )
    assert table.count(f"<td>{NO_VALUE}</td>") == 3
