"""No English stands on the Spanish pages: every text of every page and state is collected.

``LIST_STRINGS=file`` writes the texts down, for a person who reads Spanish.
"""

import html
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app_front import translations
from readmission import schema
from readmission.schema import codes, diagnoses, patient_table, table_file
from tests.fakes.api import FakeApi
from tests.unit.app_front.test_promotion_reasons import REASONS

Page = Callable[[str], AppTest]

_TEXT_FIELDS = {
    "label",
    "body",
    "help",
    "placeholder",
    "options",
    "value",
    "text",
    "alt",
    "caption",
}
_NOT_WORDS = re.compile(r"<style>.*?</style>|<script>.*?</script>|<[^>]+>|`[^`]*`", re.DOTALL)
_WORD = re.compile(r"[a-záéíóúñü]{3,}", re.IGNORECASE)
_ENGLISH = {"the", "and", "with", "this", "that", "must", "should", "error", "none", "from", "not"}
_NAMES = {"api", "mlflow", "csv", "excel", "auc", "brier", "psi", "examide", "citoglipton", "nhc"}
_MEANT = {"language"}
"""The switch of the languages says both."""


def _labels(value: Any) -> Iterator[schema.Label]:
    if isinstance(value, schema.Label):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _labels(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _labels(item)


def _all_labels() -> Iterator[schema.Label]:
    for module in (translations, codes, patient_table, table_file, diagnoses):
        for value in vars(module).values():
            yield from _labels(value)
    for field in schema.FIELDS:
        yield field.label
        yield from field.choices.values()
    yield from schema.SECTIONS.values()


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _english_words() -> set[str]:
    """Return the words that only the English texts have."""
    spanish: set[str] = set()
    english = set(_ENGLISH)
    for label in _all_labels():
        spanish |= _words(label.es)
        english |= _words(label.en)
    return english - spanish - _NAMES - _MEANT


def _strings_of_message(message: Any) -> Iterator[str]:
    """Yield the visible texts of an element, from its protocol buffer."""
    for field, value in message.ListFields():
        is_repeated = not isinstance(value, str | bytes) and hasattr(value, "__iter__")
        for item in value if is_repeated else [value]:
            if isinstance(item, str) and field.name in _TEXT_FIELDS:
                yield item
            elif isinstance(item, str) and field.name == "spec":
                yield from _strings_of_chart(json.loads(item))
            elif hasattr(item, "ListFields"):
                yield from _strings_of_message(item)


def _strings_of_chart(spec: Any) -> Iterator[str]:
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key == "title" and isinstance(value, str):
                yield value
            yield from _strings_of_chart(value)
    elif isinstance(spec, list):
        for item in spec:
            yield from _strings_of_chart(item)


def _strings_of(app: AppTest) -> Iterator[str]:
    assert not app.exception
    for element in app:
        yield from _strings_of_node(element)
    for table in app.dataframe:
        config = json.loads(table.proto.columns or "{}")
        for name in table.value.columns:
            yield config.get(name, {}).get("label") or str(name)
        for column in table.value.select_dtypes(["object", "str"]):
            yield from map(str, table.value[column])


def _strings_of_node(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if proto is not None and hasattr(proto, "ListFields"):
        yield from _strings_of_message(proto)
    for child in getattr(node, "children", {}).values():
        yield from _strings_of_node(child)


def _visible(text: str) -> str:
    return html.unescape(_NOT_WORDS.sub(" ", text)).strip()


def _prediction_states(fake: FakeApi, prediction: AppTest) -> Iterator[AppTest]:
    yield prediction.run()
    yield prediction.button(key="calculate").click().run()
    fake.explains = False
    yield prediction.button(key="calculate").click().run()
    fake.refused = ("age", "Input should be a valid integer")
    yield prediction.button(key="calculate").click().run()
    fake.refused = None
    for status in (401, 429, 503, 500, 413):
        fake.failing = status
        yield prediction.button(key="calculate").click().run()
    fake.failing = None
    fake.synthetic = True
    fake.has_model = False
    yield prediction.button(key="calculate").click().run()
    fake.has_model = True
    yield prediction.run()
    fake.synthetic = False


def _upload(page: Page, content: str) -> AppTest:
    app = page("batch").run()
    app.file_uploader(key="patients").set_value(("nhc.csv", content.encode(), "text/csv"))
    return app.run()


def _batch_states(fake: FakeApi, page: Page) -> Iterator[AppTest]:
    yield page("batch").run()
    for content in ("", "nada", "age\n", "age,age\n1,2\n", 'age\n"7\n', "age\n" + "x\n" * 20):
        yield _upload(page, content)
    header = "NHC,age,gender,race,admission_type_code,A1Cresult,insulin,change,diag_1\n"
    app = _upload(
        page, header + "7,70,Female,Other,1,None,Up,Ch,428\n8,x,,,,,,,\n9,70\n10,,,,,,,,\n"
    )
    yield app.button(key="calculate_many").click().run()


def _other_states(fake: FakeApi, page: Page, patch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    fake.predictions.clear()
    yield page("history").run()
    yield page("monitoring").run()
    fake.predict({"age": 70, "gender": "Female", "race": "Caucasian"})
    fake.save_outcome("id-1", 1)
    linked = page("history")
    linked.query_params["prediction_id"] = "id-1"
    yield linked.run()
    unknown = page("history")
    unknown.query_params["prediction_id"] = "id-99"
    yield unknown.run()
    fake.live = fake.live | {"outcomes": 5}
    yield page("monitoring").run()
    for _ in range(301):
        fake.predict({})
    fake.live = {
        "outcomes": 200,
        "enough_outcomes": 100,
        "intervals": {"auc": (0.5, 0.7), "observed_rate": (0.1, 0.2)},
        "auc": 0.6,
        "f1": 0.2,
        "brier": 0.1,
        "mean_probability": 0.1,
        "observed_rate": 0.1,
    }
    yield page("monitoring").run()
    (decision,) = fake.promotions()
    decisions = [{**decision, "reason": reason} for reason in REASONS]
    patch.setattr(fake, "promotions", lambda: decisions)
    model = fake.model() | {"source": "cache", "problem": "the registry is away"}
    patch.setattr(fake, "model", lambda: model)
    yield page("model").run()
    patch.setattr(fake, "experiments", list)
    yield page("model").run()


def test_no_english_stands_on_the_spanish_pages(
    fake: FakeApi, prediction: AppTest, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: set[str] = set()
    for states in (
        _prediction_states(fake, prediction),
        _batch_states(fake, page),
        _other_states(fake, page, monkeypatch),
    ):
        for app in states:
            found.update(_visible(text) for text in _strings_of(app))
    if "LIST_STRINGS" in os.environ:
        Path(os.environ["LIST_STRINGS"]).write_text("\n".join(sorted(found)), encoding="utf-8")

    assert len(found) > 200
    assert found.isdisjoint({"None", "nan", "True", "False"})
    english = _english_words()
    wrong = {text: words for text in found if (words := _words(text) & english)}
    assert wrong == {}


def test_english_is_found_where_it_stands() -> None:
    assert _words("There was no champion.") & _english_words()
