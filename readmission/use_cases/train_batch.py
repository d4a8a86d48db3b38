"""Train one batch: read its rows, fit, calibrate, evaluate, record. Safe to repeat, on any machine."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import pandas as pd

from readmission.arrays import Scores, target_of
from readmission.errors import NotReadyError
from readmission.evaluation.metrics import evaluate
from readmission.evaluation.report import build_report
from readmission.evaluation.subgroups import measure_subgroups
from readmission.model.candidate import Candidate, ValidationScores, with_metrics
from readmission.model.forest import ForestModel
from readmission.model.importance import permutation_importance
from readmission.model.settings import ForestSettings
from readmission.model.training import choose_threshold, train_forest
from readmission.monitoring.field_profile import build_profile
from readmission.ports.data import CleanData, Progress
from readmission.ports.models import ModelFiles, ModelStore, Tracking
from readmission.records import Experiment, Preparation
from readmission.schema import FIELDS
from readmission.use_cases.training_data import TrainingRows

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
    """What a candidate is judged by: what it said of the validation rows; and the parts of its training rows."""

    val: pd.DataFrame
    told: ValidationScores
    rows: Sequence[pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Contender:
    """A candidate that was judged, and has no run yet: its experiment is a draft."""

    model: ForestModel
    evidence: Evidence
    draft: Experiment
    synthetic: bool


def train_batch(
    tools: TrainingTools, training_id: str, batch_id: int, parts: TrainingRows
) -> Experiment:
    """Train one batch's forest and record it as an experiment.

    A repetition replaces the former one, until a version is registered that may rest on it.
    """
    if settled := _settled(tools, training_id, batch_id, parts.data_version):
        return settled
    started = time.perf_counter()
    preparation = latest_preparation(tools.clean_data, parts.data_version)
    rows = parts.batch(batch_id)
    model = train_forest(rows, tools.settings, batch_id=batch_id, workers=tools.workers)
    evidence = Evidence(parts.val, tell(model, parts.val, model.scores(parts.val)), [rows])
    origin = Origin(training_id, batch_id, preparation, len(rows))
    experiment = record(tools, judge(model, evidence, origin, started))
    tools.files.save_batch(batch_id, model)
    parts.trained[batch_id] = model, evidence.told.scores
    return experiment


def _settled(
    tools: TrainingTools, training_id: str, batch_id: int, data_version: str
) -> Experiment | None:
    """Return the batch's experiment where a version is registered that may rest on it."""
    trained = [
        one for one in tools.clean_data.read_experiments(training_id) if one.batch_id == batch_id
    ]
    return trained[0] if trained and tools.registry.find(training_id, data_version) else None


def latest_preparation(clean_data: CleanData, data_version: str | None = None) -> Preparation:
    """Return the preparation of a data version, or the latest; raises NotReadyError where there is none."""
    preparation = clean_data.latest_preparation(data_version)
    if preparation is None:
        rows = f"rows of version {data_version}" if data_version else "clean rows"
        raise NotReadyError(f"There are no {rows} to train on: load and clean the data first.")
    return preparation


def tell(model: ForestModel, val: pd.DataFrame, scores: Scores) -> ValidationScores:
    """Choose the model's threshold by its votes on validation; return what it says of those rows."""
    return ValidationScores(scores, choose_threshold(model, target_of(val), scores))


def judge(model: ForestModel, evidence: Evidence, origin: Origin, started: float) -> Contender:
    """Measure a candidate on validation."""
    metrics = evaluate(target_of(evidence.val), evidence.told.probabilities, model.threshold)
    identity = (
        origin.training_id,
        origin.batch_id,
        "",
        origin.preparation.data_version,
        origin.rows,
    )
    blank = Experiment(
        *identity, time.perf_counter() - started, model.threshold, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    )
    return Contender(
        model, evidence, with_metrics(blank, metrics.named("val_")), origin.preparation.synthetic
    )


def record(tools: TrainingTools, contender: Contender) -> Experiment:
    """Report on validation, log the candidate's run, and keep the experiment's row."""
    model, val, told = contender.model, contender.evidence.val, contender.evidence.told
    target = target_of(val)
    report = build_report(target, told.probabilities, model.threshold)
    report["importance"] = [asdict(one) for one in permutation_importance(model, val, target)]
    report["slices"] = [
        asdict(group)
        for group in measure_subgroups(val, target, told.probabilities, model.threshold)
    ]
    report["training"] = build_profile(pd.concat(contender.evidence.rows))
    described = (_parameters(tools, model), report, _example(val))
    run_id = tools.tracking.log(
        Candidate(contender.draft, contender.synthetic, model, told, *described)
    )
    experiment = replace(contender.draft, run_id=run_id)
    tools.clean_data.save_experiments([experiment])
    return experiment


def _parameters(tools: TrainingTools, model: ForestModel) -> dict[str, str | int | float | None]:
    return {
        **asdict(tools.settings),
        "forests": len(model.pipelines),
        "features": len(model.vocabulary.features),
    }


def _example(val: pd.DataFrame) -> pd.DataFrame:
    return val.head(EXAMPLE_ROWS)[[field.name for field in FIELDS]]
