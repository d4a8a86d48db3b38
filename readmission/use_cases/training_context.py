"""The ports and settings that a training works with."""

from dataclasses import dataclass

from readmission.model.settings import ForestSettings
from readmission.ports.data import CleanData, Progress
from readmission.ports.models import ModelFiles, ModelStore, Tracking


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """Everything a training reads from, writes to or is configured by.

    ``workers`` is the number of processor cores that one forest may use.
    """

    clean_data: CleanData
    tracking: Tracking
    registry: ModelStore
    files: ModelFiles
    settings: ForestSettings
    workers: int
    progress: Progress
