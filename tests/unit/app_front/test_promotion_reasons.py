"""The stored reasons of promotions read in the visitor's language."""

import ast
import inspect
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from app_front.promotion_reasons import explain_promotion
from readmission.use_cases import change_champion, promote
from tests.fakes.api import FakeApi
from tests.unit.app_front.conftest import shown

Page = Callable[[str], AppTest]


def _reasons_in_the_code() -> Iterator[str]:
    """Yield the sentences of the code that decides, without docstrings and messages of errors."""
    for module in (promote, change_champion):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            parts: list[ast.expr] = []
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                parts = node.value.elts
            if isinstance(node, ast.keyword) and node.arg == "reason":
                parts = [node.value]
            for part in parts:
                if isinstance(part, ast.Constant) and str(part.value).endswith("."):
                    yield str(part.value)


REASONS = sorted(set(_reasons_in_the_code()))


def test_the_code_gives_reasons() -> None:
    assert len(REASONS) >= 6


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_code_has_spanish_words(reason: str) -> None:
    assert explain_promotion(reason) != reason


def test_comparison_is_said_with_the_numbers_of_the_language() -> None:
    stored = "F1 minus the champion's (version 2) on the same rows: 95 % in [-0.0120, +0.0034]."
    assert explain_promotion(stored) == (
        "F1 menos el del campeón (versión 2) en las mismas filas: entre \N{MINUS SIGN}0,0120 y "
        "+0,0034 con un 95 % de confianza."
    )


def test_reason_of_another_version_is_shown_as_it_is() -> None:
    assert explain_promotion("Because.") == "Because."


def test_model_page_says_the_reason_in_spanish(
    fake: FakeApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    (decision,) = fake.promotions()
    decision["reason"] = "Rolled back by hand."
    monkeypatch.setattr(fake, "promotions", lambda: [decision])
    assert "Revertido por una persona." in shown(page("model").run())
