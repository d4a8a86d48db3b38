"""What is watched while the model serves: drift for people, metrics for Prometheus."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app_back.dependencies import InsightsDep, MetricsDep, PredictorDep
from app_back.security.require_scope import require_scope
from app_back.web.error_responses import document_errors
from app_back.web.responses import MonitoringResponse
from readmission.records import PredictionFilter

LATEST_PREDICTIONS = 5_000

router = APIRouter(tags=["monitoring"])


@router.get(
    "/monitoring",
    dependencies=[require_scope("predict")],
    responses=document_errors(401, 403, 404, 429, 500, 503),
)
def monitoring(predictor: PredictorDep, insights: InsightsDep) -> MonitoringResponse:
    """Compare the latest predictions with the served model's training data."""
    # Imports scikit-learn, which no other response of the API needs.
    from readmission.monitoring.live import monitor

    served = predictor.served()
    latest = predictor.log.read(PredictionFilter(), LATEST_PREDICTIONS)
    monitored = monitor(insights.report(served), latest)
    drift: dict[str, Any] = asdict(monitored.drift)
    drift["fields"] = [asdict(field) | {"state": field.state} for field in monitored.drift.fields]
    return MonitoringResponse(
        model_version=served.version.version,
        predictions=monitored.predictions,
        days=[list(day) for day in monitored.days],
        scores=asdict(monitored.scores),
        drift=drift,
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(metrics: MetricsDep, predictor: PredictorDep, insights: InsightsDep) -> Response:
    """Return the API's metrics in the Prometheus text format."""
    served = predictor.follower.current
    live_quality = None if served is None else insights.live_quality(served)
    metrics.update_gauges(predictor.queue_depth, served, live_quality)
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
