"""What the API is, and how it is: health, model, metrics, experiments."""

from dataclasses import asdict

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app_back.security.require_scope import require_scope
from app_back.services import Served
from app_back.web.error_responses import document_errors
from app_back.web.responses import ExperimentsResponse, HealthResponse, ModelResponse

router = APIRouter(tags=["state"])


@router.get("/health/live", response_model=HealthResponse)
async def live() -> HealthResponse:
    """Tell that the process answers."""
    return HealthResponse()


@router.get("/health/ready", response_model=HealthResponse, responses=document_errors(503))
def ready(services: Served) -> HealthResponse:
    """Tell whether a prediction would be answered: a model is loaded and its row can be stored."""
    served = services.follower.served()
    services.adapters.log.check()
    return HealthResponse(model_version=served.version.version)


@router.get("/model", responses=document_errors(503))
def model(services: Served) -> ModelResponse:
    """Describe the model that answers now, with its live quality."""
    served = services.follower.served()
    return ModelResponse(
        **asdict(served.version) | {"threshold": served.model.threshold},
        loaded_at=served.loaded_at,
        source=served.source,
        problem=services.follower.problem,
        live=services.live_quality(served),
    )


@router.get(
    "/experiments",
    dependencies=[require_scope("predict")],
    responses=document_errors(401, 403, 429, 503),
)
def experiments(services: Served) -> ExperimentsResponse:
    """List every candidate of every training, the newest first."""
    return ExperimentsResponse(
        experiments=[asdict(one) for one in services.adapters.clean_data.read_experiments()]
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(services: Served) -> Response:
    """Tell Prometheus."""
    services.show_gauges()
    return Response(services.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
