"""The labelled synthetic sample, for a first try where the real dataset cannot be reached."""

import logging
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from connections.dataset import synthetic_marginals
from connections.dataset.blocks import DatasetFile
from connections.dataset.local_copy import Receipt, alone_in, file_sha256, place, read_receipt
from connections.dataset.source import UrlDatasetSource
from readmission.errors import UnreachableError
from readmission.ports.data import Dataset, DatasetSource, Progress, silent
from readmission.synthetic import sampler as synthetic

logger = logging.getLogger(__name__)

FILE_NAME = "Diabetes.synthetic.csv"
SOURCE = "synthetic"


@dataclass(frozen=True, slots=True)
class SyntheticDatasetSource:
    """Draw the sample from the committed table, beside the place of the real file and never over it."""

    target_folder: Path
    progress: Progress = silent
    table: Path = synthetic_marginals.PATH

    def fetch(self, *, force: bool = False) -> DatasetFile:
        """Return the sample, drawn once unless ``force``."""
        with alone_in(self.target_folder, setting="DATA_DIR", timeout_s=300):
            checksum = None if force else self._kept()
            return DatasetFile(self._path, SOURCE, checksum or self._draw(), synthetic=True)

    @property
    def _path(self) -> Path:
        return self.target_folder / FILE_NAME

    def _kept(self) -> str | None:
        """Return the checksum of a sample that this code drew from this table."""
        receipt = read_receipt(self._path)
        if receipt is None or receipt.key != self._recipe() or not self._path.is_file():
            return None
        return receipt.sha256 if receipt.sha256 == file_sha256(self._path) else None

    def _draw(self) -> str:
        marginals = synthetic_marginals.read_marginals(self.table)
        self.progress("synthesise", 0, marginals.rows)
        part = self.target_folder / f".{FILE_NAME}.part"
        synthetic.generate(marginals).to_csv(part, index=False, lineterminator="\n")
        checksum = file_sha256(part)
        place(part, self._path, Receipt(SOURCE, self._recipe(), checksum))
        self.progress("synthesise", marginals.rows, marginals.rows)
        return checksum

    def _recipe(self) -> str:
        """Recognise the table and the code that draws from it."""
        recipe = (self.table, Path(synthetic.__file__))
        return sha256(b"".join(path.read_bytes() for path in recipe)).hexdigest()


@dataclass(frozen=True, slots=True)
class FallbackDatasetSource:
    """The real dataset, or the synthetic sample when its address does not answer."""

    real: UrlDatasetSource
    synthetic: DatasetSource

    def fetch(self, *, force: bool = False) -> Dataset:
        """Return the real file if it can be had; never let synthetic rows stand in for a kept real file."""
        try:
            return self.real.fetch(force=force)
        except UnreachableError as error:
            if self.real.kept():
                raise
            logger.warning(
                "NOT REAL DATA: %s A SYNTHETIC sample takes the dataset's place: what is trained on it says nothing "
                "about patients. Set DATASET_URL to a copy of the dataset to use the real one.",
                error,
            )
            return self.synthetic.fetch(force=force)
