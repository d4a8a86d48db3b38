"""The bodies of successful responses, as OpenAPI documents them.

Records of the domain are returned as they are, alone or with a few more keys.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from app_back.serving.live_quality import LiveQuality
from app_back.web.error_responses import Detail
from readmission.ports.serving import PatientFields
from readmission.records import Experiment, Job, ModelVersion, OutcomeReport, Prediction, Promotion
from readmission.schema.diagnoses import explain_reading

Identifier = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
]
"""The ID of a prediction or a job."""


class ApiResponse(BaseModel):
    """Every response repeats its HTTP status, as those of the legacy project did."""

    status: int = 200


Converted = Annotated[
    dict[str, str] | None,
    Field(
        exclude_if=lambda converted: converted is None,
        description="How each diagnosis was read that was sent in ICD-10 or spelt differently, by "
        "field; left out if there is none.",
        examples=[{"diag_1": "E11.9 (ICD-10) read as 250.00"}],
    ),
]


class PredictResponse(ApiResponse):
    """The prediction for one patient; its row is stored before the response is sent."""

    prediction: Literal[0, 1] = Field(description="1: readmission within 30 days is expected.")
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
    converted: Converted = None


class BatchPrediction(BaseModel):
    """The prediction for one valid row."""

    row: int = Field(
        description="The row's number, from 1; rows of empty cells are left out and not counted."
    )
    prediction: Literal[0, 1]
    probability: float
    prediction_id: str
    converted: Converted = None


class InvalidRow(BaseModel):
    """The errors of one invalid row."""

    row: int
    detail: list[Detail]


class BatchResponse(ApiResponse):
    """Predictions for the valid rows, errors for the others."""

    rows: int
    answered: int
    rejected: int
    model_name: str
    model_version: int
    threshold: float
    synthetic: bool
    predictions: list[BatchPrediction]
    errors: list[InvalidRow]


@dataclass(frozen=True, slots=True)
class StoredPrediction(Prediction):
    """A stored prediction; ``fields`` has the ICD-9 codes that were used."""

    converted: Converted = None


class PredictionsPage(ApiResponse):
    """Predictions, newest first."""

    predictions: list[StoredPrediction]
    next_before_id: str | None = Field(
        description="Send as before_id for the next page; null at the end."
    )


class StoredPredictionResponse(ApiResponse):
    """One stored prediction, with every report of its outcome."""

    prediction: StoredPrediction
    outcomes: list[OutcomeReport] = Field(
        description="Oldest first; an outcome of null withdraws the earlier ones."
    )


class OutcomeResponse(ApiResponse):
    """The outcome as it is stored; null once it is withdrawn."""

    prediction_id: str
    outcome: int | None


@dataclass(frozen=True, slots=True)
class ModelResponse(ModelVersion):
    """The model that is being served."""

    loaded_at: datetime
    source: Literal["registry", "cache"]
    problem: Annotated[
        str | None,
        Field(description="Why the registry's champion is not the served model, if it is not."),
    ]
    live: Annotated[
        LiveQuality | None,
        Field(description="Quality on known outcomes; null while the database is unavailable."),
    ]
    status: int = 200


class ReportResponse(ApiResponse):
    """The evaluation of the served model on validation rows."""

    model_version: int
    report: dict[str, Any] = Field(
        description="Metrics, curves, reliability, operating points, subgroups, importance."
    )


class ExperimentsResponse(ApiResponse):
    """The rows of ``clean_data.experiments``."""

    experiments: list[Experiment]


class PromotionsResponse(ApiResponse):
    """Every decision about the champion, newest first: the rows of ``clean_data.promotions``."""

    promotions: list[Promotion]


class MonitoringResponse(ApiResponse):
    """The latest predictions compared with the served model's training data."""

    model_version: int
    predictions: int
    days: list[Annotated[list[str | int], Field(min_length=2, max_length=2)]] = Field(
        description="Predictions per day, oldest first."
    )
    scores: dict[str, list[float]] = Field(
        description="Shares of the probabilities per bin: in validation, and of late."
    )
    drift: dict[str, Any] = Field(
        description="The verdict, and the stability index and state of each field."
    )


class Contribution(BaseModel):
    """How much the value of one field adds to the probability."""

    field: str
    value: int | str | None
    contribution: float


class ExplainResponse(ApiResponse):
    """The base probability plus the contributions of all fields is the probability."""

    probability: float
    base_probability: float = Field(description="The mean probability of the reference patients.")
    model_version: int
    contributions: list[Contribution] = Field(description="The largest first.")
    converted: Converted = None


class StageResponse(ApiResponse):
    """A stage that has finished."""

    message: str
    job_id: str


class CleanResponse(StageResponse):
    """The sizes of the clean tables."""

    train_total_rows: int
    val_total_rows: int
    test_total_rows: int
    batch_size: int


@dataclass(frozen=True, slots=True)
class JobResponse(Job):
    """A job as it stands now."""

    exit_code: Annotated[
        int | None,
        Field(description="Of a failed job: 2 means fix something first, 75 means retry later."),
    ] = None
    status: int = 200


class HealthResponse(ApiResponse):
    """Alive, or ready."""

    ready: bool = True
    model_version: int | None = None


def predict_content(prediction: Prediction) -> dict[str, Any]:
    """Return the content of a ``PredictResponse`` as plain data."""
    content = {
        "status": 200,
        "prediction": prediction.predicted_readmitted,
        "probability": prediction.probability,
        "prediction_id": prediction.prediction_id,
        "model_name": prediction.model_name,
        "model_version": prediction.model_version,
        "threshold": prediction.threshold,
        "synthetic": prediction.synthetic,
    }
    if prediction.given_diagnoses:
        content["converted"] = explain_converted(prediction.given_diagnoses, prediction.fields)
    return content


def stored_prediction(prediction: Prediction) -> StoredPrediction:
    """Return a prediction with the explanation of its converted diagnoses."""
    values: dict[str, Any] = {}
    for field in fields(prediction):
        values[field.name] = getattr(prediction, field.name)
    converted = explain_converted(prediction.given_diagnoses, prediction.fields)
    return StoredPrediction(**values, converted=converted)


def explain_converted(
    given_diagnoses: Mapping[str, str] | None, patient: PatientFields
) -> dict[str, str] | None:
    """Say of each given diagnosis which code was used for it; None if there is none."""
    if not given_diagnoses:
        return None
    converted = {}
    for name, given in given_diagnoses.items():
        converted[name] = explain_reading(given, str(patient[name]))
    return converted


def job_response(job: Job, status: int) -> JobResponse:
    """Return a job together with the HTTP status of the response."""
    return JobResponse(**asdict(job), status=status)
