"""Which raw and clean rows are valid."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readmission.data.cleaning import clean
from readmission.data.row_rules import explain_invalid, normalize_rows, require_valid
from readmission.errors import FatalError
from readmission.schema import COLUMN_BY_NAME, COLUMNS
from tests.fakes.rows import NAMES, make_line, make_raw

_VALUES = st.one_of(
    st.sampled_from(
        [
            "?",
            "None",
            "No",
            "0",
            "1",
            "14",
            "15",
            "-1",
            "007",
            "[70-80)",
            "V57",
            "250.83",
            "Male",
            "",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters=",\n\r"), max_size=12),
)
_VALUE_IN_A_COLUMN = st.tuples(st.sampled_from(NAMES), _VALUES)


@pytest.mark.parametrize(
    ("column", "valid", "invalid"),
    [
        (
            "encounter_id",
            ["1", "2147483647"],
            ["0", "2147483648", "-1", "1.5", " 1", "0x1F", "+1", "", "?", "\u0661"],
        ),
        ("time_in_hospital", ["1", "14", "6.0"], ["0", "15", "three", "NaN"]),
        ("race", ["Caucasian", "?"], ["caucasian", "", "None"]),
        ("gender", ["Female", "Unknown/Invalid"], ["?", "female"]),
        ("age", ["[0-10)", "[90-100)"], ["[100-110)", "75", "?"]),
        (
            "diag_1",
            ["250.83", "V57", "E909", "?", "8", "E11.9", "25000", "v45.81"],
            ["250.", "E799.9", "V92.5", "2508.3", "V", "\u0662\u0665\u0660"],
        ),
        (
            "medical_specialty",
            ["Family/GeneralPractice", "?", "Obsterics&Gynecology-GynecologicOnco"],
            ["", "a,b", "x" * 65],
        ),
        ("max_glu_serum", ["None", ">300"], ["?", "none", ">400"]),
        ("readmitted", ["NO", "<30", ">30"], ["No", "<3", "?"]),
    ],
)
def test_only_valid_values_are_allowed(column: str, valid: list[str], invalid: list[str]) -> None:
    declared = COLUMN_BY_NAME[column]
    assert [value for value in valid if not declared.allows(value)] == []
    assert [value for value in invalid if declared.allows(value)] == []


def test_the_reason_names_column_value_and_valid_values() -> None:
    reason = explain_invalid(make_line(time_in_hospital="99", gender="X").split(","))
    assert reason is not None
    assert "gender is 'X', not one of Female, Male, Unknown/Invalid" in reason
    assert "time_in_hospital is '99', not a whole number from 1 to 14" in reason


def test_the_reason_stays_short() -> None:
    reason = explain_invalid(["x" * 10_000] * len(COLUMNS))
    assert reason is not None
    assert len(reason) < 1000
    assert reason.endswith(f"and {len(COLUMNS) - 3} more")


@settings(max_examples=40, deadline=None)
@given(st.lists(_VALUE_IN_A_COLUMN, max_size=4))
def test_a_row_is_invalid_if_and_only_if_there_is_a_reason(
    changes: list[tuple[str, str]],
) -> None:
    values = make_line(**dict(changes)).split(",")
    rows = pd.DataFrame([values], columns=NAMES).astype("category")
    assert (normalize_rows(rows).invalid == {0}) == (explain_invalid(values) is not None)


@settings(max_examples=20, deadline=None)
@given(st.lists(_VALUES, max_size=30))
def test_many_ids_are_checked_like_one(others: list[str]) -> None:
    ids = [
        *map(str, range(1, 1500)),
        *others,
        "0",
        "2147483647",
        "2147483648",
        "12345678901",
        " 1",
        "1.0",
        "+1",
        "\u0661",
    ]
    rows = pd.DataFrame([make_line(encounter_id="*").split(",")] * len(ids), columns=NAMES)
    column = COLUMN_BY_NAME["encounter_id"]
    invalid = {row for row, text in enumerate(ids) if not column.allows(text)}
    normalized = normalize_rows(rows.assign(encounter_id=ids).astype("category"))
    assert normalized.invalid == invalid


def test_clean_rows_are_valid() -> None:
    rows = clean(make_raw(5, race="?", admission_source_id=17))
    require_valid(rows)
    require_valid(rows.iloc[:0])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("age", -5),
        ("age", 95.5),
        ("num_medications", 201),
        ("encounter_id", 2**31),
        ("race", "?"),
        ("gender", "Unknown/Invalid"),
        ("gender", None),
        ("diag_1", "250."),
        ("admission_type_id", "Urgente"),
    ],
)
def test_an_invalid_clean_row_is_refused_by_its_column(
    column: str, value: float | str | None
) -> None:
    rows = clean(make_raw(3))
    changed = rows[column].astype(object).mask(rows.index == 1, value)
    with pytest.raises(FatalError, match=f"invalid {column}: "):
        require_valid(rows.assign(**{column: changed.infer_objects()}))


@pytest.mark.parametrize(
    ("column", "value"),
    [("race", "?"), ("gender", "Unknown/Invalid"), ("gender", None), ("diag_1", "250.")],
)
def test_only_categories_that_a_row_has_are_checked(column: str, value: str | None) -> None:
    rows = clean(make_raw(3))
    changed = rows.assign(
        **{column: rows[column].astype(object).mask(rows.index == 1, value).astype("category")}
    )
    require_valid(changed.drop(index=1))
    with pytest.raises(FatalError, match=f"invalid {column}: "):
        require_valid(changed)
