"""Fill ``raw_data`` from the dataset's CSV."""

from readmission.ports.data import DatasetSource, Progress, RawData, silent
from readmission.records import DatasetFile, Load


def load(
    source: DatasetSource, raw_data: RawData, *, force: bool = False, progress: Progress = silent
) -> Load:
    """Fetch the dataset and put it in the place of the former rows; the same content again changes nothing."""
    return raw_data.replace_initial_data(source.fetch(), force=force, progress=progress)


def merge(dataset: DatasetFile, raw_data: RawData, *, progress: Progress = silent) -> Load:
    """Add a file's new encounters and update the changed ones."""
    return raw_data.merge_initial_data(dataset, progress=progress)
