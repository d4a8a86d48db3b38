"""Types of the API's JSON responses, limited to the keys that the form reads.

The endpoints and all their keys are documented by the API itself, under ``/docs``.
"""

from typing import Literal, TypedDict

FieldValue = int | str | None
"""The value of one field; None where it is missing."""

Patient = dict[str, FieldValue]
"""Values by field name: the payload of a prediction."""

MetricName = Literal[
    "val_f1", "val_auc", "val_average_precision", "val_precision", "val_recall", "val_accuracy"
]
DriftState = Literal["too few rows", "stable", "watch", "drifted"]


class ErrorDetail(TypedDict):
    """One reason why a request was refused."""

    field: str | None
    message: str


class Prediction(TypedDict):
    """``POST /predict``."""

    prediction: Literal[0, 1]
    probability: float
    threshold: float
    prediction_id: str
    model_name: str
    model_version: int


class BatchPrediction(TypedDict):
    """The prediction for one row of a batch; rows are counted from 1."""

    row: int
    prediction: Literal[0, 1]
    probability: float
    prediction_id: str


class InvalidBatchRow(TypedDict):
    """Everything that is wrong with one row of a batch; rows are counted from 1."""

    row: int
    detail: list[ErrorDetail]


class BatchResponse(TypedDict):
    """``POST /predict/batch``."""

    threshold: float
    predictions: list[BatchPrediction]
    errors: list[InvalidBatchRow]


class Contribution(TypedDict):
    """What the value of one field adds to the probability."""

    field: str
    contribution: float


class StoredPrediction(TypedDict):
    """One entry of ``GET /predictions``; ``outcome`` is None until it is reported."""

    prediction_id: str
    made_at: str
    fields: Patient
    probability: float
    predicted_readmitted: Literal[0, 1]
    model_version: int
    outcome: Literal[0, 1] | None
    patient_label: str | None


class PredictionFilters(TypedDict):
    """Filters of ``GET /predictions``; None means no filter."""

    predicted_readmitted: int | None
    with_outcome: bool | None
    model_version: int | None
    made_from: str | None
    made_until: str | None
    patient_label: str | None


class PredictionsPage(TypedDict):
    """``GET /predictions``, newest first; ``next_before_id`` is None on the last page."""

    predictions: list[StoredPrediction]
    next_before_id: str | None


class LiveQuality(TypedDict):
    """How the predictions with a known outcome turned out.

    Below ``enough_outcomes`` the metrics say nothing; ``intervals`` are 95 %, by metric.
    """

    outcomes: int
    enough_outcomes: int
    intervals: dict[str, tuple[float, float]]
    auc: float | None
    f1: float | None
    brier: float | None
    mean_probability: float
    observed_rate: float


class Model(TypedDict):
    """``GET /model``; ``problem`` says why the registry's champion is not the served model."""

    name: str
    version: int
    run_id: str
    data_version: str
    threshold: float
    synthetic: bool
    metrics: dict[str, float]
    loaded_at: str
    source: Literal["registry", "cache"]
    problem: str | None
    live: LiveQuality | None


class Experiment(TypedDict):
    """One candidate of a training: an entry of ``GET /experiments``."""

    training_id: str
    batch_id: int
    run_id: str
    rows: int
    seconds: float
    threshold: float
    val_f1: float
    val_auc: float
    val_average_precision: float
    val_precision: float
    val_recall: float
    val_accuracy: float


class Promotion(TypedDict):
    """One decision about the champion: an entry of ``GET /promotions``."""

    decided_at: str
    candidate_version: int
    champion_version: int | None
    action: Literal["promoted", "refused", "rolled back"]
    reason: str


class RocCurve(TypedDict):
    """Points of the ROC curve."""

    false_positive_rate: list[float]
    true_positive_rate: list[float]


class PrecisionRecallCurve(TypedDict):
    """Points of the precision-recall curve."""

    recall: list[float]
    precision: list[float]


class Confusion(TypedDict):
    """The confusion matrix at the model's threshold."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int


class OperatingPoint(TypedDict):
    """What a threshold would mean; ``ppv`` is the precision, ``sensitivity`` the recall."""

    threshold: float
    alerts_per_100: float
    sensitivity: float
    ppv: float


class Importance(TypedDict):
    """The AUC that is lost when one field is permuted."""

    field: str
    auc_drop: float


class Subgroup(TypedDict):
    """The model's quality on the rows with one value of one field."""

    field: str
    value: str
    rows: int
    auc: float
    sensitivity: float
    ppv: float
    predicted: float
    observed: float


class _RequiredReport(TypedDict):
    rows: int
    base_rate: float
    threshold: float
    roc: RocCurve
    precision_recall: PrecisionRecallCurve
    reliability: list[list[float]]
    confusion: Confusion
    operating_points: list[OperatingPoint]


class Report(_RequiredReport, total=False):
    """The evaluation on validation rows: ``report`` of ``GET /model/report``."""

    importance: list[Importance]
    slices: list[Subgroup]


class ScoreHistogram(TypedDict):
    """Shares of the probabilities per bin: in validation, and of late."""

    edges: list[float]
    validation: list[float]
    live: list[float]


class FieldDrift(TypedDict):
    """How far one field moved, by the population stability index (PSI)."""

    field: str
    rows: int
    psi: float
    state: DriftState


class Drift(TypedDict):
    """The verdict on all fields, the largest shift first."""

    rows: int
    state: DriftState
    fields: list[FieldDrift]


class Monitoring(TypedDict):
    """``GET /monitoring``; ``days`` are (day, number of predictions), oldest first."""

    predictions: int
    days: list[tuple[str, int]]
    scores: ScoreHistogram
    drift: Drift
