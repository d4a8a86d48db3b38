"""The real adapters behind the API."""

from contextlib import ExitStack, closing

from app_back.explainer import Explainer
from app_back.job_runner import spawn
from app_back.ports import Adapters
from connections import bootstrap
from connections.settings import Settings
from readmission.ports import PredictionLog


def open_adapters(settings: Settings) -> Adapters:
    """Open what the API needs; servers that are away are met again at the first use."""
    opened = ExitStack()
    explainer = opened.enter_context(closing(Explainer()))
    return Adapters(
        champions=bootstrap.champions(settings), log=_prediction_log(settings, opened),
        clean_data=bootstrap.data_stores(settings).clean_data, jobs=bootstrap.jobs(settings), spawn_job=spawn,
        read_report=bootstrap.reports(settings), explain=explainer.explain, close=opened.close,
    )  # fmt: skip


def _prediction_log(settings: Settings, opened: ExitStack) -> PredictionLog:
    if settings.prediction_log == "database":
        return opened.enter_context(closing(bootstrap.prediction_log(settings)))
    log = opened.enter_context(closing(bootstrap.spooled_prediction_log(settings)))
    log.start()
    return log
