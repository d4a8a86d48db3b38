"""The ports of load and clean: the dataset, the two schemas of the database, and the registry.

The adapters are in ``connections``, the fakes of the tests in ``tests/fakes``.
"""

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pandas as pd

from readmission.data.row_checker import Block, CheckedBlock
from readmission.records import (
    Experiment,
    Load,
    ModelVersion,
    Preparation,
    Promotion,
    RejectedRow,
)


class Progress(Protocol):
    """Reports how far a long step is."""

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        """Report ``done`` of ``total`` (rows, trees, files); ``total`` is None while unknown."""


def silent(step: str, done: int, total: int | None = None) -> None:
    """Report no progress."""


class Dataset(Protocol):
    """A verified CSV: where it came from, and its lines."""

    @property
    def source(self) -> str:
        """Its address, without credentials."""

    @property
    def sha256(self) -> str:
        """The digest of the whole file."""

    @property
    def synthetic(self) -> bool:
        """Whether its rows are synthetic, and so useless for patients."""

    def count_rows(self) -> int:
        """Return how many lines follow the header."""

    def blocks(self) -> Generator[Block, None, None]:
        """Yield the lines after the header.

        Raises DatasetError, at the end too, if the file is not the one that was verified.
        """


class DatasetSource(Protocol):
    """Where the dataset's CSV comes from."""

    def fetch(self, *, force: bool = False) -> Dataset:
        """Return the verified file, downloaded once unless ``force``.

        Raises DatasetError for a file that is not the dataset, UnreachableError for an address
        that does not answer.
        """


class StagedLoad(Protocol):
    """The rows of one load, of which readers see nothing yet."""

    def write(self, block: CheckedBlock) -> None:
        """Stage the valid rows of a block."""

    def reject(self, rows: Sequence[RejectedRow]) -> None:
        """Record invalid rows with their reasons."""

    def publish(self, load: Load) -> Load:
        """Replace the live rows by the staged ones, or merge them, in one step with ``load``.

        Returns the load as it was recorded, with its duration and, for a merge, its counts.
        """


class RawData(Protocol):
    """The schema ``raw_data``."""

    prefetches: bool
    """Whether it pays to read the next chunk in a thread while this one is used."""

    def data_lock(self, stage: str) -> AbstractContextManager[None]:
        """Hold the lock on ``raw_data`` and ``clean_data``: one load or cleaning at a time.

        Raises BusyError, which names the process that holds it. A crash releases it.
        """

    def staged_load(self, load: Load) -> AbstractContextManager[StagedLoad]:
        """Stage rows for one load, in ``load.mode``; the caller holds the data lock.

        Readers see the old rows until ``publish``. An error drops what was staged, and is recorded
        with the load.
        """

    def read_initial_data(
        self, columns: Sequence[str] | None = None
    ) -> Generator[pd.DataFrame, None, None]:
        """Yield chunks in ``encounter_id`` order.

        Texts are categories; a missing one is ``?``, as in the source.
        """

    def latest_load(self) -> Load | None:
        """Return the load that filled the table, None before the first."""


class StagedSplits(Protocol):
    """The splits of one preparation, of which readers see nothing yet."""

    def write(self, split: str, rows: pd.DataFrame) -> None:
        """Stage rows (model fields, ids, target, ``batch_id``) of one split."""

    def publish(self, preparation: Preparation) -> None:
        """Replace the splits by the staged ones in one step; the previous ones stay readable."""


class CleanData(Protocol):
    """The schema ``clean_data``."""

    def training_lock(self, stage: str) -> AbstractContextManager[None]:
        """Hold the lock on training: one at a time, from whichever entry point.

        Raises BusyError, which names the process that holds it. A crash releases it.
        """

    def staged_splits(self, data_version: str) -> AbstractContextManager[StagedSplits]:
        """Stage the splits of one version; the caller holds the data lock.

        Readers see the old splits until ``publish``. An error drops what was staged.
        """

    def latest_preparation(self, data_version: str | None = None) -> Preparation | None:
        """Return the preparation that filled the tables last, or last with that version.

        None if there is none.
        """

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

    def versions(self) -> list[ModelVersion]:
        """Return all versions, newest first."""

    def promote(self, version: int) -> None:
        """Let ``champion`` point to ``version`` and ``previous`` to the champion before it."""
