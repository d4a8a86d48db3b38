"""The measuring of the real data: what reaches the committed table and what must not."""

from pathlib import Path

import pandas as pd
import pytest

from connections.dataset.synthetic_marginals import read_marginals
from readmission.schema import ID_COLUMNS
from readmission.synthetic.measure import measure, tabulate
from readmission.synthetic.sampler import FIRST_ID, Parent


def test_a_cell_of_few_patients_is_left_out_or_joins_the_next_lower_number() -> None:
    days = [1] * 20 + [2] * 15 + [3] * 9
    rows = pd.DataFrame(
        {"patient_nbr": range(44), "days": days, "payer": [f"p{day}" for day in days]}
    )
    assert tabulate(rows, "days", ()).counts == {"": [20, 25]}
    assert tabulate(rows, "payer", ()).values == ("p1", "p2")


def test_many_encounters_of_few_patients_are_a_small_cell() -> None:
    rows = pd.DataFrame(
        {"patient_nbr": [*range(30), *[30] * 30], "race": ["a"] * 30 + ["b"] * 30, "age": "[0-10)"}
    )
    assert tabulate(rows, "race", (Parent("age"),)).counts == {"|[0-10)": [30]}


@pytest.mark.slow
def test_the_committed_table_is_what_the_real_data_measure(real_dataset: Path) -> None:
    real = pd.read_csv(real_dataset, dtype=str, keep_default_na=False)
    assert max(real[list(ID_COLUMNS)].astype(int).max()) < FIRST_ID
    committed, measured = read_marginals(), measure(real)
    assert (measured.patient, measured.encounter) == (committed.patient, committed.encounter)
    for model, expected in ((measured.soon, committed.soon), (measured.later, committed.later)):
        assert model.intercept == pytest.approx(expected.intercept, abs=0.01)
        for term, expected_term in zip(model.terms, expected.terms, strict=True):
            assert term.weights == pytest.approx(expected_term.weights, abs=0.01)
