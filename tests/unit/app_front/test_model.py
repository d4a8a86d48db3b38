import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown

Page = Callable[[str], AppTest]


def _cells(app: AppTest, name: str) -> list[list[str]]:
    """Return the texts of a table's rows."""
    table = next(element.body for element in app.html if f'aria-label="{name}"' in element.body)
    rows = re.findall(r"<tr>(.*?)</tr>", table)
    return [
        [re.sub("<.*?>", "", cell) for cell in re.findall(r"<td.*?>(.*?)</td>", row)]
        for row in rows[1:]
    ]


def test_all_candidates_stand_side_by_side_and_the_champion_is_marked(
    fake: FakeApi, page: Page
) -> None:
    candidates = _cells(page("model").run(), "Los candidatos")
    assert [row[0] for row in candidates] == ["Media de todos ★", "1", "2", "3"]
    assert [row[2] for row in candidates] == ["0,280", "0,275", "0,270", "0,265"]


def test_model_page_shows_evidence_and_promotions(fake: FakeApi, page: Page) -> None:
    app = page("model").run()
    assert "Curva ROC" in shown(app)
    assert _cells(app, "Decisiones sobre el campeón")[0][1] == "Promovido"


def test_model_page_links_to_the_run_in_mlflow(
    fake: FakeApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_UI_URL", "http://mlflow.example/")
    link = page("model").run().link_button[0]
    assert link.url == "http://mlflow.example/#/runs/0f3a"


def test_model_page_without_a_model_says_how_to_make_one(fake: FakeApi, page: Page) -> None:
    fake.has_model = False
    assert "./run pipeline" in shown(page("model").run())
