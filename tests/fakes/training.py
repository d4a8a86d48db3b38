"""A training's ports in memory, with everything that is written to them."""

from dataclasses import dataclass, field

from readmission.model.candidate import Candidate
from readmission.records import Experiment, Promotion
from readmission.use_cases import change_champion, select_champion, train_all, train_batch
from readmission.use_cases.training_context import TrainingContext
from readmission.use_cases.training_data import open_data_of_training, open_training_data
from tests.fakes.data import InMemoryCleanData
from tests.fakes.model import InMemoryModelFiles, InMemoryModelStore, InMemoryTracking
from tests.fakes.patients import SMALL, make_clean_data

EXPERIMENT = Experiment("t1", 1, "r1", "v1", 500, 1.0, 0.2, 0.7, 0.3, 0.5, 0.30, 0.65, 0.2)


@dataclass
class TrainingBench:
    """The ports of a training, with everything that was written to them."""

    clean_data: InMemoryCleanData = field(default_factory=make_clean_data)
    tracking: InMemoryTracking = field(default_factory=InMemoryTracking)
    registry: InMemoryModelStore = field(default_factory=InMemoryModelStore)
    files: InMemoryModelFiles = field(default_factory=InMemoryModelFiles)
    steps: list[tuple[str, int, int | None]] = field(default_factory=list)

    @property
    def context(self) -> TrainingContext:
        return TrainingContext(
            clean_data=self.clean_data,
            tracking=self.tracking,
            registry=self.registry,
            files=self.files,
            settings=SMALL,
            workers=1,
            progress=self.progress,
        )

    def train_all(self, training_id: str | None = None) -> select_champion.Selection:
        return train_all.train_all(self.context, training_id)

    def train_batch(self, training_id: str, batch_id: int, data_version: str) -> Candidate:
        """Train one batch as its task does, with data of its own."""
        data = open_training_data(self.clean_data, data_version)
        return train_batch.train_batch(self.context, data, training_id, batch_id)

    def select_and_promote(self, training_id: str) -> select_champion.Selection:
        """Select as the task does: all candidates are loaded from their runs."""
        data = open_data_of_training(self.clean_data, training_id)
        return select_champion.select_and_promote(self.context, data, training_id)

    def rollback(self) -> Promotion:
        return change_champion.rollback(self.clean_data, self.registry)

    def progress(self, step: str, done: int, total: int | None = None) -> None:
        self.steps.append((step, done, total))


def die(*_args: object) -> None:
    """Stand for a call during which the process is killed."""
    raise KeyboardInterrupt
