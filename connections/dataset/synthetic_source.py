"""The labelled synthetic sample, for a first try where the real dataset cannot be reached."""

import logging
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from connections.dataset import synthetic_marginals
from connections.dataset.blocks import DatasetFile
from connections.dataset.local_copy import (
    Receipt,
    exclusive_folder,
    file_sha256,
    publish_file,
    read_receipt,
)
from connections.dataset.source import UrlDatasetSource
from readmission.errors import UnreachableError
from readmission.ports.data import Dataset, DatasetSource, Progress, silent
from readmission.synthetic import sampler

logger = logging.getLogger(__name__)

FILE_NAME = "Diabetes.synthetic.csv"
SOURCE = "synthetic"


@dataclass(frozen=True, slots=True)
class SyntheticDatasetSource:
    """Generate the sample from the committed table, next to the real file and never over it."""

    target_folder: Path
    progress: Progress = silent
    table: Path = synthetic_marginals.PATH

    def fetch(self, *, force: bool = False) -> DatasetFile:
        """Return the sample, generated once unless ``force``."""
        with exclusive_folder(
            self.target_folder,
            setting="DATA_DIR",
            timeout_s=300,
        ):
            checksum = None if force else self._cached_checksum()
            if checksum is None:
                checksum = self._generate()
        return DatasetFile(
            self._path,
            SOURCE,
            checksum,
            synthetic=True,
        )

    @property
    def _path(self) -> Path:
        return self.target_folder / FILE_NAME

    def _cached_checksum(self) -> str | None:
        """Return the checksum of an intact sample that this code generated from this table."""
        receipt = read_receipt(self._path)
        if receipt is None or receipt.key != self._recipe():
            return None
        if not self._path.is_file():
            return None
        checksum = file_sha256(self._path)
        if checksum != receipt.sha256:
            return None
        return checksum

    def _generate(self) -> str:
        """Generate and place the sample; return its checksum."""
        marginals = synthetic_marginals.read_marginals(self.table)
        self.progress("synthesise", 0, marginals.rows)
        partial_file = self.target_folder / f".{FILE_NAME}.part"
        sample = sampler.generate(marginals)
        sample.to_csv(
            partial_file,
            index=False,
            lineterminator="\n",
        )

        checksum = file_sha256(partial_file)
        receipt = Receipt(SOURCE, self._recipe(), checksum)
        publish_file(partial_file, self._path, receipt)
        self.progress("synthesise", marginals.rows, marginals.rows)
        return checksum

    def _recipe(self) -> str:
        """Return a hash that changes with the table and with the code that samples from it."""
        digest = sha256()
        for path in (self.table, Path(sampler.__file__)):
            digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class FallbackDatasetSource:
    """The real dataset, or the synthetic sample when its address does not answer."""

    real: UrlDatasetSource
    synthetic: DatasetSource

    def fetch(self, *, force: bool = False) -> Dataset:
        """Return the real file if there is a way to get it, otherwise the synthetic sample.

        If the folder has the real file already, a failed download raises UnreachableError:
        synthetic rows never take the place of real ones.
        """
        try:
            return self.real.fetch(force=force)
        except UnreachableError as error:
            if self.real.find_cached():
                raise
            logger.warning(
                "NOT REAL DATA: %s A SYNTHETIC sample takes the dataset's place: "
                "what is trained on it says nothing about patients. "
                "Set DATASET_URL to a copy of the dataset to use the real one.",
                error,
            )
            return self.synthetic.fetch(force=force)
