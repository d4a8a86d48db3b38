"""What the endpoints work with, opened once by the app's lifespan."""

import gc
from asyncio import Future
from collections.abc import Sequence
from typing import Annotated, Any

from anyio import CapacityLimiter
from fastapi import Depends, Request

from app_back.dependencies import Adapters
from app_back.fast_predict.group_commit import GroupCommit
from app_back.metrics import Metrics
from app_back.security.rate_limit import RateLimit
from app_back.serving.champion_follower import ChampionFollower
from app_back.serving.live_quality import LiveQuality, LiveQualityCache
from app_back.serving.reference_patients import draw_reference_patients
from connections.api_keys import KeyRing, parse_keys
from connections.settings import Settings
from readmission.errors import TemporaryError
from readmission.ports.serving import PatientFields, ServedModel
from readmission.records import Prediction
from readmission.use_cases.predict import predict_patients


class Services:
    """The adapters at work: the follower follows, the group commit commits."""

    def __init__(self, settings: Settings, adapters: Adapters, metrics: Metrics) -> None:
        keys = settings.api_keys.get_secret_value() if settings.api_keys else ""
        self.settings = settings
        self.adapters = adapters
        self.metrics = metrics
        self.keys: KeyRing = parse_keys(keys)
        self.rate_limit = RateLimit(settings.rate_limit)
        self.follower = ChampionFollower(
            adapters.champions, settings.model_poll_s, on_change=gc.freeze
        )
        self.group = GroupCommit(
            self._answer_group, limit=settings.prediction_queue, lanes=adapters.log.commits_at_once
        )
        self.quality = LiveQualityCache(adapters.log)
        self.one_batch = CapacityLimiter(1)
        self.one_explanation = CapacityLimiter(1)
        self._reports: dict[str, dict[str, Any]] = {}
        self._reference_patients: dict[str, Sequence[PatientFields]] = {}

    def start(self) -> None:
        """Begin to follow the registry."""
        self.follower.start()

    def close(self) -> None:
        """Finish what runs, then let go of everything."""
        self.follower.close()
        self.group.close()
        self.adapters.close()
        gc.unfreeze()

    def submit(self, patient: PatientFields) -> "Future[Prediction]":
        """Answer one patient, together with the others of this moment; raises NoChampionError without a model."""
        self.follower.served()
        return self.group.submit(patient)

    def report(self, served: ServedModel) -> dict[str, Any]:
        """Return what was recorded with the served model; asked for once."""
        run_id = served.version.run_id
        if run_id not in self._reports:
            self._reports = {run_id: self.adapters.read_report(run_id)}
        return self._reports[run_id]

    def reference_patients(self, served: ServedModel) -> Sequence[PatientFields]:
        """Return the patients that explanations compare with; asked for once."""
        data_version = served.version.data_version
        if data_version not in self._reference_patients:
            self._reference_patients = {
                data_version: draw_reference_patients(self.adapters.clean_data, data_version)
            }
        return self._reference_patients[data_version]

    def show_gauges(self) -> None:
        """Bring the gauges up to date."""
        self.metrics.queue_depth.set(self.group.depth)
        served = self.follower.current
        if served is not None:
            self.metrics.model_version.set(served.version.version)
            self.metrics.model_loaded.set(served.loaded_at.timestamp())
            self._show_quality(served)

    def live_quality(self, served: ServedModel) -> LiveQuality | None:
        """Return the quality on known outcomes, None while the database is away."""
        try:
            return self.quality.of(served.version.version, served.model.threshold)
        except TemporaryError:
            return None

    def _show_quality(self, served: ServedModel) -> None:
        quality = self.live_quality(served)
        known = {} if quality is None else quality.model_dump(exclude_none=True)
        for name, value in known.items():
            self.metrics.live_quality.labels(name).set(value)

    def predict_many(
        self, served: ServedModel, patients: Sequence[PatientFields]
    ) -> list[Prediction]:
        """Answer patients in one commit, and count them."""
        try:
            made = predict_patients(served, self.adapters.log, patients)
        except TemporaryError:
            self.metrics.log_failures.inc()
            raise
        self.metrics.count_predictions(made)
        return made

    def _answer_group(self, patients: Sequence[PatientFields]) -> list[Prediction]:
        return self.predict_many(self.follower.served(), patients)


def services_of(request: Request) -> Services:
    """Return the app's services."""
    services: Services = request.app.state.services
    return services


Served = Annotated[Services, Depends(services_of)]
