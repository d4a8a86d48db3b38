"""What one training keeps in memory: the rows of one data version, each part read once, and what was made of them."""

from functools import cached_property

import pandas as pd

from readmission.arrays import Scores
from readmission.model.forest import ForestModel
from readmission.ports.data import CleanData


class TrainingRows:
    """The parts of one data version; whoever is given one leaves it as it is.

    ``trained`` are the models that this process made of batches, each with its votes on the validation rows.
    """

    def __init__(self, clean_data: CleanData, data_version: str) -> None:
        self.data_version = data_version
        self._clean_data = clean_data
        self._batches: dict[int, pd.DataFrame] = {}
        self.trained: dict[int, tuple[ForestModel, Scores]] = {}

    def batch(self, batch_id: int) -> pd.DataFrame:
        """Return one training batch."""
        if batch_id not in self._batches:
            self._batches[batch_id] = in_order(
                self._clean_data.read_batch(batch_id, self.data_version)
            )
        return self._batches[batch_id]

    @cached_property
    def val(self) -> pd.DataFrame:
        """Return the validation rows."""
        return in_order(self._clean_data.read_val(self.data_version))

    @cached_property
    def test(self) -> pd.DataFrame:
        """Return the test rows."""
        return in_order(self._clean_data.read_test(self.data_version))


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by encounter: whatever order a database gives, the same rows train the same forest."""
    return rows.sort_values("encounter_id", ignore_index=True)
