from collections.abc import Callable
from typing import Any

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
    assert "Aún no hay suficientes" in text
    assert "Ha cambiado" not in text


def test_monitoring_without_predictions_says_how_to_begin(fake: FakeApi, page: Page) -> None:
    assert "Aún no hay predicciones" in shown(page("monitoring").run())


def _live(outcomes: int) -> dict[str, Any]:
    return {
        "outcomes": outcomes,
        "enough_outcomes": 100,
        "auc": None,
        "f1": 0.25,
        "brier": 0.1,
        "mean_probability": 0.12,
        "observed_rate": 0.08,
        "intervals": {"f1": (0.2, 0.3), "observed_rate": (0.05, 0.11)},
    }


def test_live_quality_is_shown_with_its_intervals(fake: FakeApi, page: Page) -> None:
    fake.live = _live(120)
    app = page("monitoring").run()
    assert [metric.value for metric in app.metric] == [
        "120",
        NO_VALUE,
        "0,250",
        "0,100",
        "12,0\N{NO-BREAK SPACE}%",
        "8,0\N{NO-BREAK SPACE}%",
    ]
    text = shown(app)
    assert "de 0,200 a 0,300" in text
    assert "de 5,0\N{NO-BREAK SPACE}% a 11,0\N{NO-BREAK SPACE}%" in text


def test_few_outcomes_are_not_enough_for_a_figure(fake: FakeApi, page: Page) -> None:
    fake.live = _live(99)
    app = page("monitoring").run()
    assert not app.metric
    assert "se conocen 99 y hacen falta 100" in shown(app)


def test_stable_fields_are_folded_away(fake: FakeApi, page: Page) -> None:
    for _ in range(301):
        fake.predict({})
    app = page("monitoring").run()
    (folded,) = app.expander
    assert folded.label == "Datos estables (1)"
    open_table, folded_table = (one.body for one in app.html if "<table>" in one.body)
    assert "Edad (años)" in folded_table
    assert "Edad (años)" not in open_table
