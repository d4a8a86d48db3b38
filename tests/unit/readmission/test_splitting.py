"""Splits by patient, batches by encounter: the same in every load."""

import numpy as np
import pandas as pd
import pytest

from readmission.data.splitting import assign, split_patients


def keys(count: int = 20_000, patients: int = 14_000) -> pd.DataFrame:
    random = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "encounter_id": np.arange(count) + 12_345,
            "patient_nbr": random.integers(1, patients, count),
        }
    )


def test_no_patient_is_in_two_splits() -> None:
    rows = keys().join(assign(keys()))
    assert rows.groupby("patient_nbr")["split"].nunique().max() == 1


def test_the_splits_have_their_shares() -> None:
    shares = assign(keys())["split"].value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.80, abs=0.01)
    assert shares["val"] == pytest.approx(0.15, abs=0.01)
    assert shares["test"] == pytest.approx(0.05, abs=0.01)


def test_a_patient_keeps_the_split_in_every_load() -> None:
    whole, part = keys(), keys().sample(500, random_state=1)
    pd.testing.assert_series_equal(assign(whole)["split"].loc[part.index], assign(part)["split"])


def test_the_split_of_a_patient_never_changes() -> None:
    patients = pd.Series([1, 2, 3, 135, 8_222_157, 55_629_189, 86_047_875])
    assert split_patients(patients).tolist() == [
        "train",
        "train",
        "train",
        "train",
        "test",
        "train",
        "train",
    ]


def test_another_seed_makes_another_split() -> None:
    assert (assign(keys())["split"] != assign(keys(), seed=43)["split"]).mean() > 0.2


def test_batches_are_full_but_the_last() -> None:
    train = assign(keys(), batch_size=3000).query("split == 'train'")
    sizes = train["batch_id"].value_counts().sort_index()
    assert sizes.index.tolist() == list(range(1, len(sizes) + 1))
    assert (sizes.iloc[:-1] == 3000).all()
    assert sizes.iloc[-1] <= 3000


def test_only_train_rows_have_a_batch() -> None:
    assigned = assign(keys())
    assert ((assigned["batch_id"] > 0) == (assigned["split"] == "train")).all()


def test_batches_are_shuffled() -> None:
    train = assign(keys(), batch_size=4000).query("split == 'train'")
    positions = train.reset_index().groupby("batch_id")["index"].mean()
    assert positions.std() < 0.03 * len(train)


def test_the_order_of_the_rows_does_not_matter() -> None:
    shuffled = keys().sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(assign(shuffled).sort_index(), assign(keys()))
