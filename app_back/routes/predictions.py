"""The stored predictions, and what came of them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.exceptions import HTTPException
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app_back.security.require_scope import require_scope
from app_back.services import Served
from app_back.web.error_responses import document_errors
from app_back.web.patient_payload import whole_number
from app_back.web.responses import Identifier, OutcomeResponse, PredictionsPage, stored
from readmission.records import PredictionFilter

_YEARS = range(1971, 9998)


def _in_utc(moment: datetime) -> datetime:
    """Return the time in UTC; far from any prediction, one year is as good as another."""
    if moment.year not in _YEARS:
        return datetime(
            _YEARS.start if moment.year < _YEARS.start else _YEARS.stop, 1, 1, tzinfo=UTC
        )
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _no_number(moment: object) -> object:
    """Refuse seconds since 1970, which pydantic would take for a time."""
    if isinstance(moment, str) and moment.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("a number is no time; write it as 2026-01-31T12:00:00Z")
    return moment


_Moment = Annotated[datetime, BeforeValidator(_no_number), AfterValidator(_in_utc)]


class PredictionQuery(BaseModel):
    """Which predictions, and how many of them."""

    model_config = ConfigDict(extra="forbid")

    made_from: _Moment | None = Field(
        None, description="The earliest time; UTC where it has no zone."
    )
    made_until: _Moment | None = Field(None, description="The first time that is too late.")
    model_version: int | None = Field(None, ge=1, le=2**31 - 1)
    predicted_readmitted: int | None = Field(None, ge=0, le=1)
    with_outcome: bool | None = Field(
        None, description="true: only with a known outcome; false: only without."
    )
    before_id: Identifier | None = Field(None, description="The last page's next_before_id.")
    limit: int = Field(50, ge=1, le=500)


class OutcomePayload(BaseModel):
    """What became of the patient."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"example": {"outcome": 1}}
    )

    outcome: Annotated[int, BeforeValidator(whole_number)] = Field(
        ge=0, le=1, description="1: readmitted within 30 days."
    )


router = APIRouter(
    prefix="/predictions", tags=["predictions"], dependencies=[require_scope("predict")]
)


@router.get("", responses=document_errors(401, 403, 422, 429, 500, 503))
def predictions(wanted: Annotated[PredictionQuery, Query()], services: Served) -> PredictionsPage:
    """List stored predictions, newest first."""
    asked = PredictionFilter(**wanted.model_dump(exclude={"limit"}))
    found = services.adapters.log.read(asked, wanted.limit + 1)
    shown = found[: wanted.limit]
    more = shown[-1].prediction_id if len(found) > wanted.limit else None
    return PredictionsPage(predictions=[stored(one) for one in shown], next_before_id=more)


@router.post(
    "/{prediction_id}/outcome", responses=document_errors(401, 403, 404, 413, 422, 429, 500, 503)
)
def save_outcome(
    prediction_id: Annotated[Identifier, Path()], known: OutcomePayload, services: Served
) -> OutcomeResponse:
    """Record what became of the patient; sent again, it replaces what was known."""
    if not services.adapters.log.save_outcome(prediction_id, known.outcome, datetime.now(UTC)):
        raise HTTPException(404, f"There is no prediction {prediction_id}.")
    return OutcomeResponse(prediction_id=prediction_id, outcome=known.outcome)
