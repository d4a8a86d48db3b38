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
    Prediction,
    PredictionFilter,
    Preparation,
    Promotion,
)


def make_version(version: int = 1, **changes: object) -> ModelVersion:
    """Return a registry entry."""
    made = ModelVersion(
        "mejor_modelo_diabetes", version, f"run-{version}", "data-1", 0.25, False, {"val_f1": 0.28}
    )
    return replace(made, **changes)


@dataclass
class FakeModel:
    """Answers from the age alone: 0.1 at 0, 0.5 at 100."""

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
    """A registry whose files hold a threshold, or rubbish for a broken version."""

    def __init__(self, champion: ModelVersion | None = None) -> None:
        self.wanted = champion
        self.broken: set[int] = set()
        self.downloads: list[int] = []
        self.away = False

    def champion(self) -> ModelVersion | None:
        if self.away:
            raise UnreachableError("The registry does not answer.")
        return self.wanted

    def download_onnx(self, version: int, folder: Path) -> Path:
        if self.away:
            raise UnreachableError("The registry does not answer.")
        self.downloads.append(version)
        path = folder / "model.onnx"
        path.write_text("rubbish" if version in self.broken else "0.25")
        return path


class InMemoryPredictionLog:
    """Rows by id; ``away`` plays a database that does not answer."""

    commits_at_once = 1

    def __init__(self) -> None:
        self.rows: dict[str, Prediction] = {}
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
        for made in predictions:
            self.rows.setdefault(made.prediction_id, made)

    def find(self, prediction_id: str) -> Prediction | None:
        self.check()
        return self.rows.get(prediction_id)

    def read(self, where: PredictionFilter, limit: int) -> list[Prediction]:
        self.check()
        newest = sorted(self.rows.values(), key=lambda made: made.prediction_id, reverse=True)
        return [made for made in newest if _matches(made, where)][:limit]

    def save_outcome(self, prediction_id: str, outcome: int, known_at: datetime) -> bool:
        self.check()
        if prediction_id not in self.rows:
            return False
        self.rows[prediction_id] = replace(
            self.rows[prediction_id], outcome=outcome, outcome_at=known_at
        )
        return True

    def read_labelled(self, model_version: int, limit: int) -> list[LabelledPrediction]:
        self.check()
        judged = [
            made
            for made in self.rows.values()
            if made.outcome_at and made.model_version == model_version
        ]
        latest = sorted(judged, key=lambda made: made.outcome_at, reverse=True)[:limit]
        return [
            LabelledPrediction(made.probability, made.predicted_readmitted, made.outcome)
            for made in latest
        ]


def _matches(made: Prediction, where: PredictionFilter) -> bool:
    return (
        (where.made_from is None or made.made_at >= where.made_from)
        and (where.made_until is None or made.made_at < where.made_until)
        and (where.model_version in (None, made.model_version))
        and (where.predicted_readmitted in (None, made.predicted_readmitted))
        and (where.with_outcome in (None, made.outcome_at is not None))
        and (where.before_id is None or made.prediction_id < where.before_id)
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
    """The bookkeeping part of ``clean_data``."""

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
    """Return the parts of a report that the monitoring reads."""
    histogram = {"edges": [0.1, 0.2, 0.3, 0.5], "counts": [50, 30, 20]}
    return {"histogram": histogram, "training": build_profile(draw_patients(500))}


def explain_by_age(
    _model: Path, patient: PatientFields, background: Sequence[PatientFields]
) -> Explanation:
    """Tell that the age is all."""
    base = 0.1 + 0.4 * sum(int(one["age"]) for one in background) / len(background) / 100
    return Explanation(base, {"gender": 0.0, "age": 0.1 + 0.4 * int(patient["age"]) / 100 - base})
