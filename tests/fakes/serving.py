"""What the API needs from outside, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app_back.serving.explainer import Explanation
from benchmarks.sample_model import draw_patients
from readmission.errors import (
    AlreadyRunningError,
    BrokenModelError,
    UnknownVersionError,
    UnreachableError,
)
from readmission.ids import new_id
from readmission.monitoring.field_profile import build_profile
from readmission.ports.serving import PatientFields
from readmission.records import (
    Experiment,
    Job,
    JobKind,
    JobState,
    LabelledPrediction,
    ModelVersion,
    OutcomeReport,
    Prediction,
    PredictionFilter,
    Preparation,
    Promotion,
)


def make_version(version: int = 1, **changes: object) -> ModelVersion:
    """Return a registry entry."""
    model_version = ModelVersion(
        "mejor_modelo_diabetes", version, f"run-{version}", "data-1", 0.25, False, {"val_f1": 0.28}
    )
    return replace(model_version, **changes)


@dataclass
class FakeModel:
    """Predicts from the age alone: 0.1 at 0, 0.5 at 100."""

    threshold: float = 0.25
    metadata: Mapping[str, str] = field(default_factory=dict)

    def probabilities(self, rows: Sequence[Mapping[str, int | str | None]]) -> NDArray[np.float64]:
        ages = np.array([row.get("age", 65) for row in rows], dtype=np.float64)
        return 0.1 + 0.4 * ages / 100


def load_fake_model(path: Path) -> FakeModel:
    """Read a threshold, as the fake registry wrote it."""
    try:
        return FakeModel(float(path.read_text()))
    except ValueError as error:
        raise BrokenModelError(f"{path.name} is not a model.") from error


class FakeRegistry:
    """A registry whose files hold a threshold, or garbage for a broken version."""

    def __init__(self, champion: ModelVersion | None = None) -> None:
        self.champion_version = champion
        self.broken: set[int] = set()
        self.downloads: list[int] = []
        self.away = False

    def champion(self) -> ModelVersion | None:
        if self.away:
            raise UnreachableError("The registry does not answer.")
        return self.champion_version

    def download_onnx(self, version: int, folder: Path) -> Path:
        if self.away:
            raise UnreachableError("The registry does not answer.")
        self.downloads.append(version)
        path = folder / "model.onnx"
        path.write_text("rubbish" if version in self.broken else "0.25")
        return path


class InMemoryPredictionLog:
    """Rows by id; ``away`` simulates an unavailable database."""

    commits_at_once = 1

    def __init__(self) -> None:
        self.rows: dict[str, Prediction] = {}
        self.reports: list[OutcomeReport] = []
        self.commits = 0
        self.away = False

    def check(self) -> None:
        if self.away:
            raise UnreachableError("The database does not answer.")

    def close(self) -> None:
        pass

    def append(self, predictions: Sequence[Prediction]) -> None:
        self.check()
        self.commits += 1
        for prediction in predictions:
            self.rows.setdefault(prediction.prediction_id, prediction)

    def find(self, prediction_id: str) -> Prediction | None:
        self.check()
        return self.rows.get(prediction_id)

    def read(self, where: PredictionFilter, limit: int) -> list[Prediction]:
        self.check()
        newest = sorted(
            self.rows.values(), key=lambda prediction: prediction.prediction_id, reverse=True
        )
        return [prediction for prediction in newest if _matches(prediction, where)][:limit]

    def save_outcome(self, report: OutcomeReport) -> bool:
        self.check()
        prediction = self.rows.get(report.prediction_id)
        if prediction is None:
            return False
        known_at = None if report.outcome is None else report.recorded_at
        labelled = replace(prediction, outcome=report.outcome, outcome_at=known_at)
        self.rows[report.prediction_id] = labelled
        self.reports.append(report)
        return True

    def read_outcomes(self, prediction_id: str) -> list[OutcomeReport]:
        self.check()
        return [report for report in self.reports if report.prediction_id == prediction_id]

    def read_labelled(self, model_version: int, limit: int) -> list[LabelledPrediction]:
        self.check()
        labelled = [
            prediction
            for prediction in self.rows.values()
            if prediction.outcome_at and prediction.model_version == model_version
        ]
        latest = sorted(labelled, key=lambda prediction: prediction.outcome_at, reverse=True)[
            :limit
        ]
        return [
            LabelledPrediction(
                prediction.probability, prediction.predicted_readmitted, prediction.outcome
            )
            for prediction in latest
        ]


def _matches(prediction: Prediction, where: PredictionFilter) -> bool:
    return (
        (where.made_from is None or prediction.made_at >= where.made_from)
        and (where.made_until is None or prediction.made_at < where.made_until)
        and (where.model_version in (None, prediction.model_version))
        and (where.predicted_readmitted in (None, prediction.predicted_readmitted))
        and (where.with_outcome in (None, prediction.outcome_at is not None))
        and (where.patient_label in (None, prediction.patient_label))
        and (where.before_id is None or prediction.prediction_id < where.before_id)
    )


class InMemoryJobs:
    """Jobs in a dictionary."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    def start(self, kind: JobKind) -> Job:
        if any(job.kind == kind and job.state == "running" for job in self.jobs.values()):
            raise AlreadyRunningError(f"A {kind} job is running already.")
        now = datetime.now(UTC)
        job = Job(new_id(), kind, "running", now, now)
        self.jobs[job.job_id] = job
        return job

    def find(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise UnknownVersionError(f"There is no job {job_id!r}.")
        return self.jobs[job_id]

    def report(self, job_id: str, step: str | None, done: int, total: int | None) -> None:
        self.jobs[job_id] = replace(self.jobs[job_id], step=step, done=done, total=total)

    def end(
        self, job_id: str, state: JobState, reason: str | None, exit_code: int | None = None
    ) -> None:
        end = {
            "state": state,
            "reason": reason,
            "exit_code": exit_code,
            "ended_at": datetime.now(UTC),
        }
        self.jobs[job_id] = replace(self.jobs[job_id], **end)


class InMemoryCleanDataReader:
    """What the API reads of ``clean_data``, in memory."""

    def __init__(self) -> None:
        self.preparation: Preparation | None = None
        self.experiments: list[Experiment] = []

    def latest_preparation(self) -> Preparation | None:
        return self.preparation

    def read_experiments(self, training_id: str | None = None) -> list[Experiment]:
        return [one for one in self.experiments if training_id in (None, one.training_id)]

    def read_promotions(self) -> list[Promotion]:
        return []

    def read_val(self, data_version: str) -> pd.DataFrame:
        if data_version != "data-1":
            raise UnknownVersionError(f"There is no {data_version}.")
        return draw_patients(200)


def make_report(_run_id: str) -> dict[str, Any]:
    """Return the parts of a report that monitoring reads."""
    histogram = {"edges": [0.1, 0.2, 0.3, 0.5], "counts": [50, 30, 20]}
    return {"histogram": histogram, "training": build_profile(draw_patients(500))}


def explain_by_age(
    _model: Path, patient: PatientFields, background: Sequence[PatientFields]
) -> Explanation:
    """Attribute everything to the age."""
    base = 0.1 + 0.4 * sum(int(one["age"]) for one in background) / len(background) / 100
    return Explanation(base, {"gender": 0.0, "age": 0.1 + 0.4 * int(patient["age"]) / 100 - base})
