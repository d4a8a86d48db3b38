"""The served model, its evaluation report, and how it was chosen."""

from dataclasses import asdict

from fastapi import APIRouter

from app_back.dependencies import CleanDataDep, InsightsDep, PredictorDep
from app_back.security.require_scope import require_scope
from app_back.web.error_responses import document_errors
from app_back.web.responses import (
    ExperimentsResponse,
    ModelResponse,
    PromotionsResponse,
    ReportResponse,
)

_TRAINING_PROFILE = "training"
"""The part of a report that only ``GET /monitoring`` reads."""

router = APIRouter(tags=["model"])


@router.get("/model", responses=document_errors(503))
def model(predictor: PredictorDep, insights: InsightsDep) -> ModelResponse:
    """Describe the served model, with its live quality."""
    served = predictor.served()
    version = asdict(served.version)
    version["threshold"] = served.model.threshold
    return ModelResponse(
        **version,
        loaded_at=served.loaded_at,
        source=served.source,
        problem=predictor.follower.problem,
        live=insights.live_quality(served),
    )


@router.get(
    "/model/report",
    dependencies=[require_scope("predict")],
    responses=document_errors(401, 403, 404, 429, 500, 503),
)
def report(predictor: PredictorDep, insights: InsightsDep) -> ReportResponse:
    """Return the evaluation report of the served model."""
    served = predictor.served()
    model_version = served.version.version
    report = dict(insights.report(served))
    report.pop(_TRAINING_PROFILE, None)
    return ReportResponse(model_version=model_version, report=report)


@router.get(
    "/experiments",
    dependencies=[require_scope("predict")],
    responses=document_errors(401, 403, 429, 503),
)
def experiments(clean_data: CleanDataDep) -> ExperimentsResponse:
    """List the candidates of all trainings, newest training first."""
    experiments = clean_data.read_experiments()
    return ExperimentsResponse(experiments=experiments)


@router.get(
    "/promotions",
    dependencies=[require_scope("predict")],
    responses=document_errors(401, 403, 404, 429, 500, 503),
)
def promotions(clean_data: CleanDataDep) -> PromotionsResponse:
    """List the decisions about the champion, newest first."""
    promotions = clean_data.read_promotions()
    return PromotionsResponse(promotions=promotions)
