"""Which split and which batch a row belongs to, by seeded hashes: the same in every load."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SEED = 42
BATCH_SIZE = 15_000
TRAIN, VAL, TEST = "train", "val", "test"
SPLITS = (TRAIN, VAL, TEST)
_BOUNDS = (0.80, 0.95, 1.00)


def assign(keys: pd.DataFrame, *, batch_size: int = BATCH_SIZE, seed: int = SEED) -> pd.DataFrame:
    """Return ``split`` and ``batch_id`` (0 outside train) for ``encounter_id`` and ``patient_nbr``.

    The split depends on the patient alone, so no patient stands in two splits. Train rows are
    shuffled by a hash of the encounter, then cut into batches.
    """
    split = split_patients(keys["patient_nbr"], seed=seed)
    batch_id = np.zeros(len(keys), dtype=np.int32)
    train = np.flatnonzero(split == TRAIN)
    train_ids = keys["encounter_id"].to_numpy()[train]
    shuffled = train[np.argsort(_uniform(train_ids, seed), kind="stable")]
    batch_id[shuffled] = 1 + np.arange(len(train)) // batch_size
    return pd.DataFrame({"split": split, "batch_id": batch_id}, index=keys.index)


def split_patients(patients: "pd.Series[int]", *, seed: int = SEED) -> "pd.Categorical[str]":
    """Return ``train``, ``val`` or ``test`` for each patient: 80, 15 and 5 in a hundred patients."""
    codes = np.searchsorted(_BOUNDS, _uniform(patients.to_numpy(), seed), side="right")
    return pd.Categorical.from_codes(codes.astype(np.int8), pd.Index(SPLITS))


def _uniform(ids: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Hash each id to [0, 1) by splitmix64, which is stable across platforms and releases."""
    state = ids.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    state = _xor_shifted(state, 30) * np.uint64(0xBF58476D1CE4E5B9)
    state = _xor_shifted(state, 27) * np.uint64(0x94D049BB133111EB)
    state = _xor_shifted(state, 31)
    upper_53_bits = state >> np.uint64(11)
    return np.asarray(upper_53_bits, dtype=np.float64) / 2.0**53


def _xor_shifted(state: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    return state ^ (state >> np.uint64(bits))
