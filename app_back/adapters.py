"""The real adapters behind the API."""

from app_back.explainer import Explainer
from app_back.job_runner import spawn
from app_back.services import Adapters
from connections import bootstrap
from connections.settings import Settings


def open_adapters(settings: Settings) -> Adapters:
    """Open what the API needs; servers that are away are met again at the first use."""
    explainer = Explainer()
    return Adapters(
        champions=bootstrap.champions(settings), log=bootstrap.prediction_log(settings),
        clean_data=bootstrap.data_stores(settings).clean_data,
        jobs=bootstrap.jobs(settings), spawn_job=spawn, read_report=bootstrap.reports(settings),
        explain=explainer.explain, close=explainer.close,
    )  # fmt: skip
