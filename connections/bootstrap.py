"""The one composition root: settings become adapters. Each function imports what it builds, so nobody pays for more."""

from typing import TYPE_CHECKING

from connections.settings import UCI_URL, Settings

if TYPE_CHECKING:
    from readmission.ports import DatasetSource, Progress


def dataset_source(settings: Settings, *, allow_synthetic: bool, progress: "Progress | None" = None) -> "DatasetSource":
    """Return where the dataset comes from: DATASET_URL, else the UCI archive.

    Only the embedded mode falls back to the synthetic sample, only where the caller allows it and
    nobody named an address.
    """
    from connections.address import Address
    from connections.dataset import UrlDatasetSource, silent

    progress = progress or silent
    return UrlDatasetSource(
        Address(settings.dataset_url or UCI_URL),
        settings.data_dir,
        keep_any=settings.dataset_url is None,
        progress=progress,
    )
