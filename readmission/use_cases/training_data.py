"""The rows of one data version, as a training reads them."""

from collections.abc import Sequence
from functools import cached_property

import pandas as pd

from readmission.errors import NotReadyError
from readmission.model.candidate import AVERAGE
from readmission.ports.data import CleanData
from readmission.records import Experiment, Preparation


class TrainingData:
    """The rows of one data version.

    Each split is read once and cached; callers must not change it.
    """

    def __init__(self, clean_data: CleanData, preparation: Preparation) -> None:
        self.preparation = preparation
        self._clean_data = clean_data
        self._batches: dict[int, pd.DataFrame] = {}

    @property
    def data_version(self) -> str:
        """Return the version that all rows belong to."""
        return self.preparation.data_version

    @property
    def batch_ids(self) -> Sequence[int]:
        """Return the training batches, which are numbered from 1."""
        return range(1, self.preparation.batches + 1)

    def batch(self, batch_id: int) -> pd.DataFrame:
        """Return the rows of one training batch."""
        cached = self._batches.get(batch_id)
        if cached is not None:
            return cached
        rows = self._clean_data.read_batch(batch_id, self.data_version)
        in_order = sort_by_encounter(rows)
        self._batches[batch_id] = in_order
        return in_order

    def training_rows(self, batch_id: int) -> list[pd.DataFrame]:
        """Return the batches that a candidate learned from: its own, or all for the average."""
        if batch_id != AVERAGE:
            return [self.batch(batch_id)]
        rows_by_batch = []
        for each_batch in self.batch_ids:
            rows_by_batch.append(self.batch(each_batch))
        return rows_by_batch

    @cached_property
    def val(self) -> pd.DataFrame:
        """Return the validation rows."""
        rows = self._clean_data.read_val(self.data_version)
        return sort_by_encounter(rows)

    @cached_property
    def test(self) -> pd.DataFrame:
        """Return the test rows."""
        rows = self._clean_data.read_test(self.data_version)
        return sort_by_encounter(rows)


def open_training_data(clean_data: CleanData, data_version: str | None = None) -> TrainingData:
    """Return the rows of one data version, or of the latest; nothing is read yet.

    Raises NotReadyError if that version was never prepared.
    """
    preparation = clean_data.latest_preparation(data_version)
    if preparation is None:
        rows = f"rows of version {data_version}" if data_version else "clean rows"
        raise NotReadyError(
            f"There are no {rows} to train on: ./run pipeline loads and cleans them first."
        )
    return TrainingData(clean_data, preparation)


def open_data_of_training(clean_data: CleanData, training_id: str) -> TrainingData:
    """Return the rows that a training's batches were trained on.

    Newer rows may have been prepared since: the candidates must not be compared or tested on
    those. The version is that of the first batch, because the candidate that averages the batches
    may be left from an earlier run of the same training, on other rows.
    """
    first = read_batch_experiments(clean_data, training_id)[0]
    return open_training_data(clean_data, first.data_version)


def read_batch_experiments(clean_data: CleanData, training_id: str) -> list[Experiment]:
    """Return the experiments of a training's batches, in order; raises NotReadyError if none."""
    experiments = clean_data.read_experiments(training_id)
    of_batches = [experiment for experiment in experiments if experiment.batch_id != AVERAGE]
    if not of_batches:
        raise NotReadyError(f"Training {training_id} has no experiments: train its batches first.")
    return of_batches


def sort_by_encounter(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by encounter, so that the same rows train the same forest in any order."""
    return rows.sort_values("encounter_id", ignore_index=True)
