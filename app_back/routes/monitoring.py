"""Monitoring of the served model: drift for people, metrics for Prometheus."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app_back.dependencies import InsightsDep, MetricsDep, PredictorDep
from app_back.security.require_scope import require_scope
from app_back.web.error_responses import document_errors
from app_back.web.responses import MonitoringResponse
from readmission.records import PredictionFilter

if TYPE_CHECKING:
    from readmission.monitoring.drift import DriftReport

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
    report = insights.report(served)
    monitored = monitor(report, latest)
    return MonitoringResponse(
        model_version=served.version.version,
        predictions=monitored.predictions,
        days=[list(day) for day in monitored.days],
        scores=asdict(monitored.scores),
        drift=_drift_content(monitored.drift),
    )


def _drift_content(drift: "DriftReport") -> dict[str, Any]:
    """Return the drift as plain data, with the state of each field."""
    fields: list[dict[str, Any]] = []
    for field in drift.fields:
        field_content = asdict(field)
        field_content["state"] = field.state
        fields.append(field_content)
    content = asdict(drift)
    content["fields"] = fields
    return content


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(metrics: MetricsDep, predictor: PredictorDep, insights: InsightsDep) -> Response:
    """Return the API's metrics in the Prometheus text format."""
    served = predictor.follower.current
    live_quality = None
    if served is not None:
        live_quality = insights.live_quality(served)
    metrics.update_gauges(predictor.queue_depth, served, live_quality)
    exposition = metrics.exposition()
    return Response(exposition, media_type=CONTENT_TYPE_LATEST)
