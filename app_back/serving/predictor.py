"""Predicts patients with the champion, and stores every prediction before it is returned."""

import gc
from asyncio import Future
from collections.abc import Sequence

from anyio import CapacityLimiter

from app_back.fast_predict.group_commit import GroupCommit
from app_back.metrics import Metrics
from app_back.serving.champion_follower import ChampionFollower
from readmission.errors import TemporaryError
from readmission.ports.serving import PatientFields, PredictionLog, ServedModel
from readmission.records import Prediction
from readmission.use_cases.predict import predict_patients


class Predictor:
    """The served champion in front of the prediction log."""

    def __init__(
        self,
        follower: ChampionFollower,
        log: PredictionLog,
        metrics: Metrics,
        *,
        queue_limit: int,
    ) -> None:
        self.follower = follower
        self.log = log
        self.one_batch_at_a_time = CapacityLimiter(1)
        self._metrics = metrics
        self._group_commit = GroupCommit(
            self._predict_group,
            queue_limit=queue_limit,
            concurrent_commits=log.commits_at_once,
        )

    def start(self) -> None:
        """Start following the registry's champion."""
        self.follower.start()

    def close(self) -> None:
        """Stop following, and finish the commits that are running."""
        self.follower.close()
        self._group_commit.close()
        gc.unfreeze()

    @property
    def queue_depth(self) -> int:
        """How many patients wait for a commit."""
        return self._group_commit.depth

    def served(self) -> ServedModel:
        """Return the model that predicts now; raises NoChampionError if there is none."""
        return self.follower.served()

    def submit(self, patient: PatientFields) -> "Future[Prediction]":
        """Queue one patient for the next group commit; the future resolves once it is stored.

        Raises NoChampionError if there is no model, and OverloadedError when the queue is full.
        """
        self.follower.served()
        return self._group_commit.submit(patient)

    def predict_many(
        self, served: ServedModel, patients: Sequence[PatientFields]
    ) -> list[Prediction]:
        """Predict patients, store all predictions in one commit and count them."""
        try:
            predictions = predict_patients(served, self.log, patients)
        except TemporaryError:
            self._metrics.log_failures.inc()
            raise
        self._metrics.count_predictions(predictions)
        return predictions

    def _predict_group(self, patients: Sequence[PatientFields]) -> list[Prediction]:
        return self.predict_many(self.follower.served(), patients)
