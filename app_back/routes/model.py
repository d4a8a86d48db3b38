"""What speaks for the model and against it: its report, the decisions about champions, what it meets of late."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app_back.security.require_scope import require_scope
from app_back.services import Served
from app_back.web.error_responses import document_errors
from app_back.web.responses import ApiResponse
from readmission.records import PredictionFilter

LATEST = 5_000
"""Predictions that are looked at."""
_REFUSALS = (401, 403, 404, 429, 500, 503)


class ReportResponse(ApiResponse):
    """The evidence about the served model on validation rows."""

    model_version: int
    report: dict[str, Any] = Field(
        description="Metrics, curves, reliability, operating points, slices, importance."
    )


class PromotionRecord(BaseModel):
    """A row of ``clean_data.promotions``."""

    decided_at: datetime
    training_id: str | None
    candidate_version: int
    champion_version: int | None
    action: str
    reason: str


class PromotionsResponse(ApiResponse):
    """Every decision about the champion, the newest first."""

    promotions: list[PromotionRecord]


class MonitoringResponse(ApiResponse):
    """The latest predictions beside what the served model was trained for."""

    model_version: int
    predictions: int
    days: list[Annotated[list[str | int], Field(min_length=2, max_length=2)]] = Field(
        description="Predictions of each day, the oldest first."
    )
    scores: dict[str, list[float]] = Field(
        description="Shares of probabilities in bins, on validation and live."
    )
    drift: dict[str, Any] = Field(description="The verdict, and the stability index of each field.")


router = APIRouter(tags=["evidence"], dependencies=[require_scope("predict")])


@router.get("/model/report", responses=document_errors(*_REFUSALS))
def report(services: Served) -> ReportResponse:
    """Return everything that a page or a plot shows of the served model."""
    served = services.follower.served()
    shown = {name: value for name, value in services.report(served).items() if name != "training"}
    return ReportResponse(model_version=served.version.version, report=shown)


@router.get("/promotions", responses=document_errors(*_REFUSALS))
def promotions(services: Served) -> PromotionsResponse:
    """List the decisions about the champion."""
    decided = services.adapters.clean_data.read_promotions()
    return PromotionsResponse(promotions=[PromotionRecord(**asdict(one)) for one in decided])


@router.get("/monitoring", responses=document_errors(*_REFUSALS))
def monitoring(services: Served) -> MonitoringResponse:
    """Compare the latest predictions with the served model's training."""
    from readmission.monitoring.live import (
        monitor,
    )  # brings scikit-learn, which no other answer needs

    served = services.follower.served()
    found = monitor(services.report(served), services.adapters.log.read(PredictionFilter(), LATEST))
    return MonitoringResponse(
        model_version=served.version.version,
        predictions=found.predictions,
        days=[list(day) for day in found.days],
        scores=asdict(found.scores),
        drift=asdict(found.drift),
    )
