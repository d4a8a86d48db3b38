"""Which split and which batch a row belongs to, by seeded hashes: the same in every load."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.data.batch_size import BATCH_SIZE

SEED = 42
TRAIN, VAL, TEST = "train", "val", "test"
SPLITS = (TRAIN, VAL, TEST)
_UPPER_BOUNDS = (0.80, 0.95, 1.00)

# The constants of splitmix64.
_STATE_INCREMENT = 0x9E3779B97F4A7C15
_FIRST_MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MULTIPLIER = np.uint64(0x94D049BB133111EB)


def assign(keys: pd.DataFrame, *, batch_size: int = BATCH_SIZE, seed: int = SEED) -> pd.DataFrame:
    """Return ``split`` and ``batch_id`` (0 outside train) for ``encounter_id`` and ``patient_nbr``.

    The split depends on the patient alone, so no patient is in two splits. Train rows are shuffled
    by a hash of the encounter, then cut into batches numbered from 1.
    """
    split = split_patients(keys["patient_nbr"], seed=seed)
    train_rows = np.flatnonzero(split == TRAIN)

    encounters = keys["encounter_id"].to_numpy()
    hashes = _hash_to_unit_interval(encounters[train_rows], seed)
    order = np.argsort(hashes, kind="stable")
    shuffled_rows = train_rows[order]

    batch_id = np.zeros(len(keys), dtype=np.int32)
    position = np.arange(len(shuffled_rows))
    batch_id[shuffled_rows] = 1 + position // batch_size

    return pd.DataFrame(
        {"split": split, "batch_id": batch_id},
        index=keys.index,
    )


def split_patients(patients: "pd.Series[int]", *, seed: int = SEED) -> "pd.Categorical[str]":
    """Return each patient's split: ``train`` for 80 % of patients, ``val`` 15 %, ``test`` 5 %."""
    hashes = _hash_to_unit_interval(patients.to_numpy(), seed)
    codes = np.searchsorted(_UPPER_BOUNDS, hashes, side="right")
    return pd.Categorical.from_codes(
        codes.astype(np.int8),
        categories=pd.Index(SPLITS),
    )


def _hash_to_unit_interval(ids: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Hash each id to [0, 1) by splitmix64, which is stable across platforms and releases."""
    increment = np.uint64(seed * _STATE_INCREMENT % 2**64)
    state = ids.astype(np.uint64)
    state += increment

    state = _xor_shifted(state, bits=30)
    state *= _FIRST_MULTIPLIER
    state = _xor_shifted(state, bits=27)
    state *= _SECOND_MULTIPLIER
    state = _xor_shifted(state, bits=31)

    # A float64 holds 53 bits exactly.
    upper_bits = state >> np.uint64(11)
    return upper_bits / 2.0**53


def _xor_shifted(state: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    shifted = state >> np.uint64(bits)
    return state ^ shifted
