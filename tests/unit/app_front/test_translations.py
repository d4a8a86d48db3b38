import re
from collections.abc import Iterator

import pytest

from app_front import translations
from app_front.components.fields import format_value
from readmission.monitoring import drift
from readmission.schema import FIELDS, Field, Label

PLACE = re.compile(r"{(\w+)}")


def _labels() -> Iterator[tuple[str, Label]]:
    for name, value in vars(translations).items():
        labels = value if isinstance(value, dict) else {"": value}
        yield from (
            (f"{name} {key}", label) for key, label in labels.items() if isinstance(label, Label)
        )


@pytest.mark.parametrize(("name", "label"), list(_labels()))
def test_text_says_the_same_in_both_languages(name: str, label: Label) -> None:
    assert label.es
    assert label.en
    assert set(PLACE.findall(label.es)) == set(PLACE.findall(label.en)), name


@pytest.mark.parametrize(
    "field",
    [field for field in FIELDS if field.domain.kind == "category"],
    ids=lambda field: field.name,
)
def test_choices_of_a_field_read_differently(field: Field) -> None:
    """Streamlit finds a choice by its text: two alike would send the wrong one."""
    options = [*([None] if field.domain.nullable else []), *field.domain.categories]
    assert len({format_value(field, value) for value in options}) == len(options)


def test_spanish_and_english_are_not_swapped() -> None:
    assert (translations.RESULT.es, translations.RESULT.en) == ("Resultado", "Result")
    assert (translations.RISK.es, translations.RISK.en) == (
        "riesgo estimado a 30 días",
        "estimated 30-day risk",
    )


def test_drift_note_quotes_the_limits_of_the_verdict() -> None:
    for limit in (drift.WATCH_PSI, drift.DRIFT_PSI):
        number = f"{limit:g}"
        assert number in translations.DRIFT_NOTE.en
        assert number.replace(".", ",") in translations.DRIFT_NOTE.es
