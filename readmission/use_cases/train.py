"""Train one batch: read its rows, fit, calibrate, evaluate, record. Safe to repeat, on any machine."""

import time
from dataclasses import asdict, dataclass, replace

import pandas as pd

from readmission.candidates import Candidate, with_metrics
from readmission.errors import NotReadyError
from readmission.evaluation import evaluate
from readmission.forests import ForestModel, ForestSettings
from readmission.model_ports import ModelFiles, ModelStore, Tracking
from readmission.ports import CleanData, Progress
from readmission.records import Experiment, Preparation
from readmission.report import build_report
from readmission.schema import FIELDS
from readmission.training import choose_threshold, target_of, train_forest

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


def train_batch(tools: TrainingTools, training_id: str, batch_id: int, data_version: str) -> Experiment:
    """Train one batch's forest and record it as an experiment; a repetition replaces the former one."""
    started = time.perf_counter()
    preparation = require_preparation(tools.clean_data, data_version)
    rows = in_order(tools.clean_data.read_batch(batch_id, data_version))
    model = train_forest(rows, tools.settings, batch_id=batch_id, workers=tools.workers)
    val = in_order(tools.clean_data.read_val(data_version))
    experiment = record(tools, model, val, Origin(training_id, batch_id, preparation, len(rows)), started)
    tools.files.save_batch(batch_id, model)
    return experiment


def require_preparation(clean_data: CleanData, data_version: str) -> Preparation:
    """Return the preparation of a data version; raises NotReadyError when the tables hold another one."""
    preparation = clean_data.latest_preparation()
    if preparation is None or preparation.data_version != data_version:
        found = "nothing" if preparation is None else preparation.data_version
        raise NotReadyError(f"The clean tables hold {found}, not data version {data_version}: clean the data again.")
    return preparation


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by encounter: whatever order a database gives, the same rows train the same forest."""
    return rows.sort_values("encounter_id", ignore_index=True)


def record(tools: TrainingTools, model: ForestModel, val: pd.DataFrame, origin: Origin, started: float) -> Experiment:
    """Choose the threshold, evaluate on validation, log the run, keep the experiment's row."""
    probabilities = choose_threshold(model, val)
    metrics = evaluate(target_of(val), probabilities, model.threshold).named("val_")
    experiment = with_metrics(_started(origin, model, time.perf_counter() - started), metrics)
    experiment = replace(experiment, run_id=tools.tracking.log(_candidate(tools, experiment, model, val, origin)))
    tools.clean_data.save_experiments([experiment])
    return experiment


def _started(origin: Origin, model: ForestModel, seconds: float) -> Experiment:
    data_version = origin.preparation.data_version
    told = (origin.training_id, origin.batch_id, "", data_version, origin.rows, seconds, model.threshold)
    return Experiment(*told, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _candidate(
    tools: TrainingTools, experiment: Experiment, model: ForestModel, val: pd.DataFrame, origin: Origin
) -> Candidate:
    report = build_report(target_of(val), model.probabilities(val), model.threshold)
    parameters = {**asdict(tools.settings), "forests": len(model.pipelines), "features": len(model.vocabulary.features)}
    example = val.head(EXAMPLE_ROWS)[[field.name for field in FIELDS]]
    return Candidate(experiment, origin.preparation.synthetic, model, parameters, report, example)
