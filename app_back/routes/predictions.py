"""The stored predictions and their outcomes."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.exceptions import HTTPException
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app_back.dependencies import PredictorDep
from app_back.security.require_scope import ActorDep, require_scope
from app_back.serving.predictor import Predictor
from app_back.web.error_responses import document_errors
from app_back.web.json_values import whole_number
from app_back.web.patient_payload import PatientLabel
from app_back.web.responses import (
    Identifier,
    OutcomeResponse,
    PredictionsPage,
    StoredPredictionResponse,
    stored_prediction,
)
from readmission.records import OutcomeReport, PredictionFilter

_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(9998, 1, 1, tzinfo=UTC)


def _refuse_number(moment: object) -> object:
    """Refuse numbers in any notation, which pydantic would read as seconds since 1970."""
    is_number = isinstance(moment, str) and _is_number(moment)
    if is_number:
        raise ValueError("a number is not a time; write it as 2026-01-31T12:00:00Z")
    return moment


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _clamp_to_utc(moment: datetime) -> datetime:
    """Return the time in UTC, clamped to years that every database can compare."""
    year = moment.year
    if year < _EARLIEST.year:
        return _EARLIEST
    if year >= _LATEST.year:
        return _LATEST
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


_Moment = Annotated[datetime, BeforeValidator(_refuse_number), AfterValidator(_clamp_to_utc)]


class PredictionQuery(BaseModel):
    """Which predictions to list, and how many."""

    model_config = ConfigDict(extra="forbid")

    made_from: _Moment | None = Field(
        None, description="The earliest time; UTC unless it has a time zone."
    )
    made_until: _Moment | None = Field(None, description="Predictions before this time only.")
    model_version: int | None = Field(None, ge=1, le=2**31 - 1)
    predicted_readmitted: int | None = Field(None, ge=0, le=1)
    with_outcome: bool | None = Field(
        None, description="true: only with a known outcome; false: only without one."
    )
    patient_label: PatientLabel | None = Field(
        None, description="The hospital's own number, exactly as it was sent."
    )
    before_id: Identifier | None = Field(None, description="The last page's next_before_id.")
    limit: int = Field(50, ge=1, le=500)


class OutcomePayload(BaseModel):
    """Whether the patient was readmitted."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"outcome": 1}}
    )

    outcome: Annotated[int, BeforeValidator(whole_number)] = Field(
        ge=0, le=1, description="1: readmitted within 30 days."
    )


PredictionId = Annotated[Identifier, Path()]

router = APIRouter(
    prefix="/predictions", tags=["predictions"], dependencies=[require_scope("predict")]
)


@router.get("", responses=document_errors(401, 403, 422, 429, 500, 503))
def predictions(
    query: Annotated[PredictionQuery, Query()], predictor: PredictorDep
) -> PredictionsPage:
    """List stored predictions, newest first."""
    limit = query.limit
    filter_values = query.model_dump(exclude={"limit"})
    prediction_filter = PredictionFilter(**filter_values)
    # One more than the page holds, to know whether another page follows.
    found = predictor.log.read(prediction_filter, limit + 1)
    page = found[:limit]
    next_before_id = None
    if len(found) > limit:
        next_before_id = page[-1].prediction_id
    predictions = [stored_prediction(prediction) for prediction in page]
    return PredictionsPage(predictions=predictions, next_before_id=next_before_id)


@router.get("/{prediction_id}", responses=document_errors(401, 403, 404, 422, 429, 500, 503))
def prediction(prediction_id: PredictionId, predictor: PredictorDep) -> StoredPredictionResponse:
    """Return one stored prediction, with every report of its outcome."""
    stored = predictor.log.find(prediction_id)
    if stored is None:
        raise _not_found(prediction_id)
    reports = predictor.log.read_outcomes(prediction_id)
    return StoredPredictionResponse(prediction=stored_prediction(stored), outcomes=reports)


@router.post(
    "/{prediction_id}/outcome", responses=document_errors(401, 403, 404, 413, 422, 429, 500, 503)
)
def save_outcome(
    prediction_id: PredictionId, payload: OutcomePayload, predictor: PredictorDep, actor: ActorDep
) -> OutcomeResponse:
    """Record whether the patient was readmitted; a later report replaces an earlier one."""
    return _report_outcome(predictor, prediction_id, payload.outcome, actor)


@router.delete(
    "/{prediction_id}/outcome", responses=document_errors(401, 403, 404, 422, 429, 500, 503)
)
def withdraw_outcome(
    prediction_id: PredictionId, predictor: PredictorDep, actor: ActorDep
) -> OutcomeResponse:
    """Take an outcome back that was reported by mistake; all reports stay on record."""
    return _report_outcome(predictor, prediction_id, None, actor)


def _report_outcome(
    predictor: Predictor, prediction_id: str, outcome: int | None, actor: str | None
) -> OutcomeResponse:
    report = OutcomeReport(
        prediction_id=prediction_id,
        outcome=outcome,
        recorded_at=datetime.now(UTC),
        actor=actor,
    )
    is_stored = predictor.log.save_outcome(report)
    if not is_stored:
        raise _not_found(prediction_id)
    return OutcomeResponse(prediction_id=prediction_id, outcome=outcome)


def _not_found(prediction_id: str) -> HTTPException:
    return HTTPException(404, f"There is no prediction {prediction_id}.")
