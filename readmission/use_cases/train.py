"""Train one batch: read its rows, fit, calibrate, evaluate, record. Safe to repeat, on any machine."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import pandas as pd

from readmission.calibration import Scores
from readmission.candidates import Candidate, Told, with_metrics
from readmission.errors import NotReadyError
from readmission.forests import ForestModel, ForestSettings
from readmission.importance import permutation_importance
from readmission.model_ports import ModelFiles, ModelStore, Tracking
from readmission.ports import CleanData, Progress
from readmission.profile import Profile, build_profile
from readmission.records import Experiment, Preparation
from readmission.report import build_report
from readmission.schema import FIELDS
from readmission.slices import slices
from readmission.training import choose_threshold, target_of, train_forest
from readmission.use_cases.training_rows import TrainingRows

EXAMPLE_ROWS = 5


@dataclass(frozen=True, slots=True)
class TrainingTools:
    """What training works with; ``workers`` is how many processors one forest may use."""

    clean_data: CleanData
    tracking: Tracking
    registry: ModelStore
    files: ModelFiles
    settings: ForestSettings
    workers: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate comes from."""

    training_id: str
    batch_id: int
    preparation: Preparation
    rows: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a candidate is judged by: validation rows, its votes on them, and what its training rows look like."""

    val: pd.DataFrame
    scores: Scores
    profile: Profile


def train_batch(tools: TrainingTools, training_id: str, batch_id: int, parts: TrainingRows) -> Experiment:
    """Train one batch's forest and record it as an experiment.

    A repetition replaces the former one, until a version is registered that may rest on it.
    """
    if settled := _settled(tools, training_id, batch_id, parts.data_version):
        return settled
    started = time.perf_counter()
    preparation = latest_preparation(tools.clean_data, parts.data_version)
    rows = parts.batch(batch_id)
    model = train_forest(rows, tools.settings, batch_id=batch_id, workers=tools.workers)
    evidence = Evidence(parts.val, model.scores(parts.val), build_profile(rows))
    experiment = record(tools, model, evidence, Origin(training_id, batch_id, preparation, len(rows)), started)
    tools.files.save_batch(batch_id, model)
    return experiment


def _settled(tools: TrainingTools, training_id: str, batch_id: int, data_version: str) -> Experiment | None:
    """Return the batch's experiment where a version is registered that may rest on it."""
    trained = [one for one in tools.clean_data.read_experiments(training_id) if one.batch_id == batch_id]
    return trained[0] if trained and tools.registry.find(training_id, data_version) else None


def latest_preparation(clean_data: CleanData, data_version: str | None = None) -> Preparation:
    """Return the preparation of a data version, or the latest; raises NotReadyError where there is none."""
    preparation = clean_data.latest_preparation(data_version)
    if preparation is None:
        rows = f"rows of version {data_version}" if data_version else "clean rows"
        raise NotReadyError(f"There are no {rows} to train on: load and clean the data first.")
    return preparation


def record(tools: TrainingTools, model: ForestModel, evidence: Evidence, origin: Origin, started: float) -> Experiment:
    """Choose the threshold, evaluate on validation, log the run, keep the experiment's row."""
    val, target = evidence.val, target_of(evidence.val)
    probabilities = choose_threshold(model, target, evidence.scores)
    report = build_report(target, probabilities, model.threshold)
    report["importance"] = [asdict(one) for one in permutation_importance(model, val, target)]
    report["slices"] = [asdict(one) for one in slices(val, target, probabilities, model.threshold)]
    report["training"] = evidence.profile
    experiment = _experiment(origin, model.threshold, time.perf_counter() - started, report["metrics"])
    candidate = Candidate(
        experiment, origin.preparation.synthetic, model, Told(evidence.scores, probabilities),
        _parameters(tools, model), report, _example(val),
    )  # fmt: skip
    experiment = replace(experiment, run_id=tools.tracking.log(candidate))
    tools.clean_data.save_experiments([experiment])
    return experiment


def _experiment(origin: Origin, threshold: float, seconds: float, metrics: Mapping[str, float]) -> Experiment:
    data_version = origin.preparation.data_version
    told = (origin.training_id, origin.batch_id, "", data_version, origin.rows, seconds, threshold)
    named = {f"val_{name}": value for name, value in metrics.items()}
    return with_metrics(Experiment(*told, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), named)


def _parameters(tools: TrainingTools, model: ForestModel) -> dict[str, str | int | float | None]:
    return {**asdict(tools.settings), "forests": len(model.pipelines), "features": len(model.vocabulary.features)}


def _example(val: pd.DataFrame) -> pd.DataFrame:
    return val.head(EXAMPLE_ROWS)[[field.name for field in FIELDS]]
