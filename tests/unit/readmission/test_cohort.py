"""Who is in the study."""

import pytest

from readmission.data.cohort import COHORT_COLUMNS, in_cohort
from tests.fakes.rows import make_raw

DEATH_OR_HOSPICE = {11, 13, 14, 19, 20, 21}


@pytest.mark.parametrize("disposition", range(1, 31))
def test_only_death_and_hospice_leave_the_cohort(disposition: int) -> None:
    rows = make_raw(discharge_disposition_id=disposition)
    assert in_cohort(rows).tolist() == [disposition not in DEATH_OR_HOSPICE]


@pytest.mark.parametrize(
    ("gender", "is_in"), [("Female", True), ("Male", True), ("Unknown/Invalid", False)]
)
def test_an_unknown_gender_leaves_the_cohort(gender: str, is_in: bool) -> None:
    assert in_cohort(make_raw(gender=gender)).tolist() == [is_in]


def test_the_cohort_columns_suffice() -> None:
    assert in_cohort(make_raw(3)[list(COHORT_COLUMNS)]).all()
