"""The records that stages pass on: one for a row of each bookkeeping table.

Standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Load:
    """One load of ``raw_data.initial_data``; ``rows`` is the number of rows in the table after it.

    ``content`` identifies the rows: two loads with the same ``content`` fill the table with the
    same rows. ``added``, ``changed`` and ``identical`` count rows of a merge. ``converted_codes``
    counts the ICD-10 codes that became ICD-9; it is None for loads before they were counted.
    """

    load_id: str
    source: str
    sha256: str
    synthetic: bool
    rows: int
    rejected: int
    status: Literal["loaded", "unchanged", "failed"]
    started_at: datetime
    seconds: float
    mode: Literal["replace", "merge"] = "replace"
    content: str = ""
    added: int = 0
    changed: int = 0
    identical: int = 0
    reason: str | None = None
    converted_codes: int | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One rejected line of a file, with the reason."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """One consistent set of ``clean_data`` tables, cleaned from one load."""

    data_version: str
    load_id: str
    synthetic: bool
    train_rows: int
    val_rows: int
    test_rows: int
    excluded_rows: int
    batches: int
    batch_size: int
    prepared_at: datetime


@dataclass(frozen=True, slots=True)
class Experiment:
    """One candidate of one training: a row of ``clean_data.experiments``.

    ``batch_id`` 0 is the candidate that averages all batch models. The ``test_`` metrics stay
    empty until the winner is known: the test set is read once, to report.
    """

    training_id: str
    batch_id: int
    run_id: str
    data_version: str
    rows: int
    seconds: float
    threshold: float
    val_accuracy: float
    val_precision: float
    val_recall: float
    val_f1: float
    val_auc: float
    val_average_precision: float
    test_accuracy: float | None = None
    test_precision: float | None = None
    test_recall: float | None = None
    test_f1: float | None = None
    test_auc: float | None = None
    test_average_precision: float | None = None
    model_version: int | None = None


@dataclass(frozen=True, slots=True)
class Promotion:
    """One decision about the champion: a row of ``clean_data.promotions``."""

    decided_at: datetime
    training_id: str | None
    candidate_version: int
    champion_version: int | None
    action: Literal["promoted", "refused", "rolled back"]
    reason: str


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of the registered model ``mejor_modelo_diabetes``."""

    name: str
    version: int
    run_id: str
    data_version: str
    threshold: float
    synthetic: bool
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One prediction of the API: a row of ``raw_data.predictions``.

    ``fields`` has the value of each model field that the prediction is for. ``patient_label`` is
    the hospital's own number for the patient, if it was sent; the model does not see it.
    ``given_diagnoses`` has the diagnoses that were sent as another text than the ICD-9 code used.
    """

    prediction_id: str
    made_at: datetime
    fields: Mapping[str, int | str | None]
    predicted_readmitted: int
    probability: float
    model_name: str
    model_version: int
    threshold: float
    synthetic: bool
    outcome: int | None = None
    outcome_at: datetime | None = None
    patient_label: str | None = None
    given_diagnoses: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """One report of an outcome: a row of ``raw_data.outcomes``, which only grows.

    ``outcome`` None withdraws the earlier reports. ``actor`` is the name of the API key that was
    used, None where the API has no keys.
    """

    prediction_id: str
    outcome: int | None
    recorded_at: datetime
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class PredictionFilter:
    """The conditions that listed predictions satisfy; None is no condition."""

    made_from: datetime | None = None
    made_until: datetime | None = None
    model_version: int | None = None
    predicted_readmitted: int | None = None
    with_outcome: bool | None = None
    before_id: str | None = None
    patient_label: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledPrediction:
    """A prediction whose outcome is known, without the patient's fields."""

    probability: float
    predicted_readmitted: int
    outcome: int


JobKind = Literal["download", "clean", "train"]
JobState = Literal["running", "succeeded", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Job:
    """A stage that was started through the API; ``seen_at`` is its last sign of life.

    ``exit_code`` is that of its command, as in ``readmission.errors``; None for an interrupted job.
    """

    job_id: str
    kind: JobKind
    state: JobState
    started_at: datetime
    seen_at: datetime
    step: str | None = None
    done: int = 0
    total: int | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    exit_code: int | None = None
