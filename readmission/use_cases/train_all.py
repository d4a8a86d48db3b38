"""Training from end to end: all batches of the present data, then the selection."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from threadpoolctl import threadpool_limits

from readmission.ids import new_id
from readmission.records import Experiment, Promotion
from readmission.use_cases import promote
from readmission.use_cases import select_champion as select
from readmission.use_cases import train_batch as train
from readmission.use_cases.training_data import TrainingRows


@dataclass(frozen=True, slots=True)
class Trainer:
    """The use cases of training, with the tools that they work with."""

    tools: train.TrainingTools

    def train_all(self, training_id: str | None = None) -> select.Selection:
        """Train every batch of the present data, a thread each, then select and promote.

        Scikit-learn lets other threads run while it builds trees, so one batch more than there are cores
        keeps all of them busy while another one's run is evaluated and logged. The last batch, which may be
        small, comes first: at the end it would leave cores idle. Linear algebra stays on one thread from
        here on: a batch that ends would give its threads back to the other one.
        """
        preparation = train.latest_preparation(self.tools.clean_data)
        training_id, batches = training_id or new_id(), preparation.batches
        self.tools.progress("train", 0, batches)
        single, parts = (
            replace(self.tools, workers=1),
            TrainingRows(self.tools.clean_data, preparation.data_version),
        )
        with threadpool_limits(1), ThreadPoolExecutor(self.tools.workers + 1) as pool:
            one_batch = partial(train.train_batch, single, training_id, parts=parts)
            for done, _ in enumerate(pool.map(one_batch, range(batches, 0, -1)), start=1):
                self.tools.progress("train", done, batches)
        return select.select_and_promote(self.tools, training_id, parts)

    def train_batch(self, training_id: str, batch_id: int, data_version: str) -> Experiment:
        """Train one batch; a repetition replaces the former result."""
        return train.train_batch(
            self.tools, training_id, batch_id, TrainingRows(self.tools.clean_data, data_version)
        )

    def select_and_promote(self, training_id: str) -> select.Selection:
        """Compare all candidates, register the best, promote it unless it loses to the champion."""
        return select.select_and_promote(self.tools, training_id)

    def promote(self, version: int) -> Promotion:
        """Make a version champion because a person says so."""
        return promote.promote(self.tools.clean_data, self.tools.registry, version)

    def rollback(self) -> Promotion:
        """Make the previous champion the champion again."""
        return promote.rollback(self.tools.clean_data, self.tools.registry)
