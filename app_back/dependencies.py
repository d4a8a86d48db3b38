"""The endpoints' dependencies: adapters to the outside, and parts injected from ``app.state``.

``open_adapters`` connects to the outside; tests pass an ``Adapters`` of fakes instead.
"""

import gc
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from app_back.job_runner import spawn
from app_back.jobs import JobLauncher
from app_back.metrics import Metrics
from app_back.security.access_control import AccessControl, read_api_keys
from app_back.security.rate_limit import RateLimiter
from app_back.serving.champion_follower import ChampionFollower
from app_back.serving.explainer import Explainer, Explanation
from app_back.serving.model_insights import ModelInsights
from app_back.serving.predictor import Predictor
from connections import bootstrap
from connections.models.champion_store import ChampionStore
from connections.settings import Settings
from readmission.ports.serving import CleanDataReader, Jobs, PatientFields, PredictionLog
from readmission.records import JobKind

Explain = Callable[[Path, PatientFields, Sequence[PatientFields]], Explanation]


@dataclass(frozen=True)
class Adapters:
    """The API's connections to everything outside its process."""

    champions: ChampionStore
    log: PredictionLog
    clean_data: CleanDataReader
    jobs: Jobs
    spawn_job: Callable[[JobKind, str], None]
    read_report: Callable[[str], dict[str, Any]]
    explain: Explain
    close: Callable[[], None] = lambda: None


def open_adapters(settings: Settings) -> Adapters:
    """Open the adapters that the settings name; a server that is down fails at its first use."""
    opened = ExitStack()
    explainer = opened.enter_context(closing(Explainer()))
    return Adapters(
        champions=bootstrap.champions(settings),
        log=_open_prediction_log(settings, opened),
        clean_data=bootstrap.data_stores(settings).clean_data,
        jobs=bootstrap.jobs(settings),
        spawn_job=spawn,
        read_report=bootstrap.reports(settings),
        explain=explainer.explain,
        close=opened.close,
    )


def attach_parts(app: FastAPI, settings: Settings, adapters: Adapters, metrics: Metrics) -> None:
    """Build the parts that the endpoints depend on, and keep them on ``app.state``."""
    state = app.state
    state.access = AccessControl(
        keys=read_api_keys(settings),
        rate_limiter=RateLimiter(settings.rate_limit),
    )
    state.predictor = _build_predictor(settings, adapters, metrics)
    state.insights = ModelInsights(
        read_report=adapters.read_report,
        explain=adapters.explain,
        clean_data=adapters.clean_data,
        log=adapters.log,
    )
    state.jobs = JobLauncher(adapters.jobs, adapters.spawn_job)
    state.clean_data = adapters.clean_data
    state.metrics = metrics


def _from_app_state(name: str) -> Any:
    """Return the dependency that injects a part of ``app.state``."""

    async def read(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(read)


AccessDep = Annotated[AccessControl, _from_app_state("access")]
PredictorDep = Annotated[Predictor, _from_app_state("predictor")]
InsightsDep = Annotated[ModelInsights, _from_app_state("insights")]
JobsDep = Annotated[JobLauncher, _from_app_state("jobs")]
CleanDataDep = Annotated[CleanDataReader, _from_app_state("clean_data")]
MetricsDep = Annotated[Metrics, _from_app_state("metrics")]


def _build_predictor(settings: Settings, adapters: Adapters, metrics: Metrics) -> Predictor:
    follower = ChampionFollower(
        store=adapters.champions,
        poll_s=settings.model_poll_s,
        # A loaded model lives long: frozen, no garbage collection walks through it again.
        on_change=gc.freeze,
    )
    return Predictor(
        follower,
        adapters.log,
        metrics,
        queue_limit=settings.prediction_queue,
    )


def _open_prediction_log(settings: Settings, opened: ExitStack) -> PredictionLog:
    """Open the log that PREDICTION_LOG names; ``opened`` will close it."""
    if settings.prediction_log == "database":
        database_log = bootstrap.prediction_log(settings)
        return opened.enter_context(closing(database_log))
    spooled_log = bootstrap.spooled_prediction_log(settings)
    opened.enter_context(closing(spooled_log))
    spooled_log.start()
    return spooled_log
