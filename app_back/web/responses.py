"""What the endpoints answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from app_back.serving.live_quality import LiveQuality
from app_back.web.error_responses import Detail
from readmission.records import Job, JobKind, JobState, Prediction

Identifier = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
]
"""What predictions and jobs are called."""


class ApiResponse(BaseModel):
    """Every answer repeats its status, as the original's did."""

    status: int = 200


class PredictResponse(ApiResponse):
    """One patient's answer; it stands in ``raw_data.predictions`` before it is sent."""

    prediction: Literal[0, 1] = Field(description="1: readmitted within 30 days is expected.")
    probability: float = Field(
        ge=0, le=1, description="The calibrated probability of readmission within 30 days."
    )
    prediction_id: str
    model_name: str
    model_version: int
    threshold: float = Field(description="The probability from which the prediction is 1.")
    synthetic: bool = Field(
        description="Whether the model was trained on the synthetic sample: a demonstration only."
    )


class PredictedRow(BaseModel):
    """The answer to one good row."""

    row: int = Field(description="The row's number, from 1.")
    prediction: Literal[0, 1]
    probability: float
    prediction_id: str


class InvalidRow(BaseModel):
    """What is wrong with one row."""

    row: int
    detail: list[Detail]


class BatchResponse(ApiResponse):
    """The good rows answered, the bad ones named."""

    rows: int
    answered: int
    rejected: int
    model_name: str
    model_version: int
    threshold: float
    synthetic: bool
    predictions: list[PredictedRow]
    errors: list[InvalidRow]


class StoredPrediction(BaseModel):
    """A row of ``raw_data.predictions``."""

    prediction_id: str
    made_at: datetime
    fields: dict[str, int | str | None]
    predicted_readmitted: int
    probability: float
    model_name: str
    model_version: int
    threshold: float
    synthetic: bool
    outcome: int | None
    outcome_at: datetime | None


class PredictionsPage(ApiResponse):
    """Predictions, newest first."""

    predictions: list[StoredPrediction]
    next_before_id: str | None = Field(
        description="Send as before_id for the next page; null at the end."
    )


class OutcomeResponse(ApiResponse):
    """The outcome as it is kept."""

    prediction_id: str
    outcome: int


class ModelResponse(ApiResponse):
    """The model that answers now."""

    name: str
    version: int
    run_id: str
    data_version: str
    threshold: float
    synthetic: bool
    metrics: dict[str, float]
    loaded_at: datetime
    source: Literal["registry", "cache"]
    problem: str | None = Field(
        description="Why the registry's champion is not the served one, if so."
    )
    live: LiveQuality | None = Field(
        description="Quality on known outcomes; null while the database is away."
    )


class ExperimentsResponse(ApiResponse):
    """The rows of ``clean_data.experiments``."""

    experiments: list[dict[str, Any]]


class Contribution(BaseModel):
    """What one field's value adds to the probability."""

    field: str
    value: int | str | None
    contribution: float


class ExplainResponse(ApiResponse):
    """The base probability and the contributions of all fields add up to the probability."""

    probability: float
    base_probability: float = Field(
        description="The mean probability of the patients that are compared with."
    )
    model_version: int
    contributions: list[Contribution] = Field(description="The largest first.")


class StageResponse(ApiResponse):
    """A stage that is done."""

    message: str
    job_id: str


class CleanResponse(StageResponse):
    """What the cleaning left."""

    train_total_rows: int
    val_total_rows: int
    test_total_rows: int
    batch_size: int


class JobResponse(ApiResponse):
    """A job as it stands now."""

    job_id: str
    kind: JobKind
    state: JobState
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    step: str | None
    done: int
    total: int | None
    reason: str | None
    exit_code: int | None = Field(
        description="Of a job that failed: 2 asks to mend something, 75 to try again later."
    )


class HealthResponse(ApiResponse):
    """Alive, or ready."""

    ready: bool = True
    model_version: int | None = None


def stored(made: Prediction) -> StoredPrediction:
    """Return a prediction as the API shows it."""
    return StoredPrediction.model_validate(made, from_attributes=True)


def job_response(job: Job, status: int) -> JobResponse:
    """Return a job as the API shows it."""
    shown = JobResponse.model_validate(job, from_attributes=True)
    return shown.model_copy(update={"status": status})
