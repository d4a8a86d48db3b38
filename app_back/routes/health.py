"""What the API is, and how it is: health, model, metrics, experiments."""

from dataclasses import asdict

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app_back.security.require_scope import needs
from app_back.services import Served
from app_back.web.error_responses import documented
from app_back.web.responses import ExperimentsAnswer, HealthAnswer, ModelAnswer

router = APIRouter(tags=["state"])


@router.get("/health/live", response_model=HealthAnswer)
async def live() -> HealthAnswer:
    """Tell that the process answers."""
    return HealthAnswer()


@router.get("/health/ready", response_model=HealthAnswer, responses=documented(503))
def ready(services: Served) -> HealthAnswer:
    """Tell whether a prediction would be answered: a model is loaded and its row can be stored."""
    served = services.follower.served()
    services.adapters.log.check()
    return HealthAnswer(model_version=served.version.version)


@router.get("/model", responses=documented(503))
def model(services: Served) -> ModelAnswer:
    """Describe the model that answers now, with its live quality."""
    served = services.follower.served()
    return ModelAnswer(
        **asdict(served.version) | {"threshold": served.model.threshold},
        loaded_at=served.loaded_at,
        source=served.source,
        problem=services.follower.problem,
        live=services.live_quality(served),
    )


@router.get(
    "/experiments", dependencies=[needs("predict")], responses=documented(401, 403, 429, 503)
)
def experiments(services: Served) -> ExperimentsAnswer:
    """List every candidate of every training, the newest first."""
    return ExperimentsAnswer(
        experiments=[asdict(one) for one in services.adapters.clean_data.read_experiments()]
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(services: Served) -> Response:
    """Tell Prometheus."""
    services.show_gauges()
    return Response(services.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
