"""What the use cases need from outside; ``connections`` holds the real ones, ``tests/fakes`` the fake ones."""

from collections.abc import Generator, Iterable, Sequence
from typing import Protocol

import pandas as pd

from readmission.records import (
    DatasetFile,
    Experiment,
    Load,
    ModelVersion,
    Preparation,
    Promotion,
)


class Progress(Protocol):
    """Where a long step says how far it is."""

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Report ``done`` of ``total`` (rows, trees, files); ``total`` is None while unknown."""


def silent(step: str, done: int, total: int | None = None) -> None:
    """Report progress to nobody."""


class DatasetSource(Protocol):
    """Where the dataset's CSV comes from."""

    def fetch(self, *, force: bool = False) -> DatasetFile:
        """Return the verified file, downloaded once unless ``force``.

        Raises DatasetError for a file that is not the dataset, UnreachableError for an address
        that does not answer.
        """


class RawData(Protocol):
    """The schema ``raw_data``."""

    prefetches: bool
    """Whether it pays to read the next chunk in a thread while this one is used."""

    def replace_initial_data(
        self, dataset: DatasetFile, *, force: bool, progress: Progress
    ) -> Load:
        """Check and load the file; readers see the old rows or the new ones."""

    def merge_initial_data(self, dataset: DatasetFile, *, progress: Progress) -> Load:
        """Check the file, add its new encounters and update the changed ones, all at once."""

    def read_initial_data(
        self, columns: Sequence[str] | None = None
    ) -> Generator[pd.DataFrame, None, None]:
        """Yield chunks in ``encounter_id`` order; texts are categories, missing is ``?`` as in the source."""

    def latest_load(self) -> Load | None:
        """Return the load that filled the table, None before the first."""


class CleanData(Protocol):
    """The schema ``clean_data``."""

    def replace_splits(
        self, chunks: Iterable[pd.DataFrame], preparation: Preparation
    ) -> Preparation:
        """Write rows (model fields, ids, target, ``split``, ``batch_id``) as one consistent set.

        Returns the preparation with the counts that were written.
        """

    def latest_preparation(self, data_version: str | None = None) -> Preparation | None:
        """Return what filled the tables last, or last with that version; None when nothing did."""

    def read_batch(self, batch_id: int, data_version: str) -> pd.DataFrame:
        """Return one training batch; raises UnknownVersionError when that version is gone."""

    def read_val(self, data_version: str) -> pd.DataFrame:
        """Return the validation rows."""

    def read_test(self, data_version: str) -> pd.DataFrame:
        """Return the test rows."""

    def save_experiments(self, experiments: Sequence[Experiment]) -> None:
        """Insert or replace rows by (``training_id``, ``batch_id``)."""

    def read_experiments(self, training_id: str | None = None) -> list[Experiment]:
        """Return one training's rows by batch, or all, newest training first."""

    def append_promotion(self, promotion: Promotion) -> None:
        """Record one decision."""

    def read_promotions(self) -> list[Promotion]:
        """Return all decisions, newest first."""


class ModelRegistry(Protocol):
    """The registered model and its aliases ``champion`` and ``previous``."""

    def champion(self) -> ModelVersion | None:
        """Return the version behind ``champion``, None before the first promotion."""

    def previous(self) -> ModelVersion | None:
        """Return the version behind ``previous``."""

    def version(self, version: int) -> ModelVersion:
        """Return one version; raises UnknownVersionError."""

    def promote(self, version: int) -> None:
        """Let ``champion`` point to ``version`` and ``previous`` to the former champion."""
