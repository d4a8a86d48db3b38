"""Each cleaning rule, alone: its test fails when the rule is broken."""

from collections.abc import Callable

import pandas as pd
import pytest

from readmission.data.cleaning import CLEAN_COLUMNS, clean
from readmission.schema import FIELDS, codes
from tests.fakes.rows import make_raw


def cleaned(column: str, **raw: int | str) -> object:
    return clean(make_raw(**raw))[column].tolist()[0]


def as_texts(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.astype(dict.fromkeys(rows.select_dtypes("category").columns, "str"))


@pytest.mark.parametrize("read_as", [pd.DataFrame.copy, as_texts], ids=["categories", "texts"])
def test_clean_leaves_its_input_untouched(read_as: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    raw = read_as(make_raw(3, race="?"))
    before = raw.copy(deep=True)
    clean(raw)
    pd.testing.assert_frame_equal(raw, before)


def test_clean_rows_have_the_declared_columns_in_order() -> None:
    assert tuple(clean(make_raw()).columns) == CLEAN_COLUMNS
    assert (
        "encounter_id",
        "patient_nbr",
        *(field.name for field in FIELDS),
        "readmitted",
    ) == CLEAN_COLUMNS


def test_a_question_mark_is_missing() -> None:
    assert (
        clean(make_raw(race="?", payer_code="?", diag_2="?"))[["race", "payer_code", "diag_2"]]
        .isna()
        .all(axis=None)
    )


@pytest.mark.parametrize("column", ["max_glu_serum", "A1Cresult"])
def test_none_is_a_category_not_missing(column: str) -> None:
    assert cleaned(column, **{column: "None"}) == "None"


@pytest.mark.parametrize(
    ("decade", "years"), [(f"[{10 * n}-{10 * n + 10})", 10 * n + 5) for n in range(10)]
)
def test_age_is_the_midpoint_of_its_decade(decade: str, years: int) -> None:
    assert cleaned("age", age=decade) == years


@pytest.mark.parametrize(("value", "target"), [("<30", 1), (">30", 0), ("NO", 0)])
def test_only_a_readmission_within_30_days_counts(value: str, target: int) -> None:
    assert cleaned("readmitted", readmitted=value) == target


@pytest.mark.parametrize(
    ("column", "groups"),
    [
        ("admission_type_id", codes.ADMISSION_TYPE_GROUPS),
        ("discharge_disposition_id", codes.DISCHARGE_DISPOSITION_GROUPS),
        ("admission_source_id", codes.ADMISSION_SOURCE_GROUPS),
    ],
)
def test_codes_become_their_spanish_groups(column: str, groups: dict[str, tuple[int, ...]]) -> None:
    for label, members in groups.items():
        for code in members:
            assert cleaned(column, **{column: code}) == label


@pytest.mark.parametrize(
    ("column", "unknown"),
    [
        ("admission_type_id", (5, 6, 8)),
        ("discharge_disposition_id", (18, 25, 26)),
        ("admission_source_id", (9, 15, 17, 20, 21)),
    ],
)
def test_a_code_that_means_unknown_has_no_group(column: str, unknown: tuple[int, ...]) -> None:
    for code in unknown:
        assert pd.isna(cleaned(column, **{column: code}))


def test_the_codes_stay_alongside_their_groups() -> None:
    row = clean(
        make_raw(admission_type_id=2, discharge_disposition_id=22, admission_source_id=17)
    ).iloc[0]
    found = (
        row["admission_type_code"],
        row["discharge_disposition_code"],
        row["admission_source_code"],
    )
    assert found == ("2", "22", "17")


def test_names_have_underscores_for_hyphens() -> None:
    assert cleaned("glyburide_metformin", **{"glyburide-metformin": "Steady"}) == "Steady"


def test_the_dead_and_the_unknown_are_dropped() -> None:
    raw = pd.concat(
        [make_raw(), make_raw(discharge_disposition_id=11), make_raw(gender="Unknown/Invalid")]
    )
    assert len(clean(raw)) == 1


def test_categories_and_texts_are_cleaned_alike() -> None:
    raw = make_raw(3, race="?", admission_type_id=5)
    pd.testing.assert_frame_equal(as_texts(clean(raw)), as_texts(clean(as_texts(raw))))
