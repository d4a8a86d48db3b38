"""Whether the API is alive, and whether it can make predictions; load balancers ask by HEAD."""

from fastapi import APIRouter

from app_back.dependencies import PredictorDep
from app_back.web.error_responses import document_errors
from app_back.web.responses import HealthResponse

router = APIRouter(prefix="/health", tags=["health"])


@router.head("/live", include_in_schema=False)
@router.get("/live")
async def live() -> HealthResponse:
    """Confirm that the process is running."""
    return HealthResponse()


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses=document_errors(503))
def ready(predictor: PredictorDep) -> HealthResponse:
    """Confirm that a prediction would succeed: a model is loaded and its row can be stored."""
    served = predictor.served()
    predictor.log.check()
    return HealthResponse(model_version=served.version.version)
