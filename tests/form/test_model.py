from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.fakes.api import FakeApi
from tests.form.conftest import shown

Page = Callable[[str], AppTest]


def test_all_candidates_stand_side_by_side_and_the_champion_is_marked(fake: FakeApi, page: Page) -> None:
    candidates = page("model").run().table[0].value
    assert candidates["Lote"].tolist() == ["Media de todos ★", "1", "2", "3"]
    assert candidates["F1"].tolist() == ["**0,280**", "0,275", "0,270", "0,265"]


def test_model_page_shows_evidence_and_promotions(fake: FakeApi, page: Page) -> None:
    app = page("model").run()
    assert "Curva ROC" in shown(app)
    assert app.table[-1].value["Decisión"].tolist() == ["Promovido"]


def test_model_page_links_to_the_version_in_mlflow(fake: FakeApi, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_UI_URL", "http://mlflow.example/")
    link = page("model").run().link_button[0]
    assert link.url == "http://mlflow.example/#/models/mejor_modelo_diabetes/versions/3"


def test_model_page_without_a_model_says_how_to_make_one(fake: FakeApi, page: Page) -> None:
    fake.has_model = False
    assert "./run pipeline" in shown(page("model").run())
