"""Evaluate a training's candidates, log each as a run, and load them back."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace

import pandas as pd

from readmission.arrays import Scores, target_of
from readmission.evaluation.metrics import evaluate
from readmission.evaluation.report import Report, build_report
from readmission.evaluation.subgroups import measure_subgroups
from readmission.model.candidate import Candidate, require_batches
from readmission.model.forest import ForestModel
from readmission.model.importance import permutation_importance
from readmission.model.training import choose_threshold
from readmission.monitoring.field_profile import build_profile
from readmission.records import Experiment, ModelVersion
from readmission.schema import FIELDS
from readmission.use_cases.training_context import TrainingContext
from readmission.use_cases.training_data import TrainingData, read_batch_experiments

EXAMPLE_ROWS = 5


def evaluate_candidate(
    data: TrainingData,
    model: ForestModel,
    scores: Scores,
    *,
    training_id: str,
    batch_id: int,
    started: float,
) -> Candidate:
    """Choose the model's threshold on validation and measure it there; the candidate has no run.

    ``scores`` are the model's on the validation rows, ``started`` is when its training began, as
    ``time.perf_counter`` counts.
    """
    target = target_of(data.val)
    probabilities = choose_threshold(model, target, scores)
    metrics = evaluate(target, probabilities, model.threshold)
    experiment = Experiment(
        training_id=training_id,
        batch_id=batch_id,
        run_id="",
        data_version=data.data_version,
        rows=sum(len(rows) for rows in data.training_rows(batch_id)),
        seconds=time.perf_counter() - started,
        threshold=model.threshold,
        val_accuracy=metrics.accuracy,
        val_precision=metrics.precision,
        val_recall=metrics.recall,
        val_f1=metrics.f1,
        val_auc=metrics.auc,
        val_average_precision=metrics.average_precision,
    )
    return Candidate(
        model=model,
        experiment=experiment,
        scores=scores,
        probabilities=probabilities,
    )


def log_candidate(context: TrainingContext, data: TrainingData, candidate: Candidate) -> Candidate:
    """Log a candidate with its report as a run, save its experiment, and return it with its run."""
    run_id = context.tracking.log_candidate(
        candidate,
        _report(data, candidate),
        parameters=_parameters(context, candidate.model),
        example=_example(data.val),
        synthetic=data.preparation.synthetic,
    )
    experiment = replace(candidate.experiment, run_id=run_id)
    context.clean_data.save_experiments([experiment])
    return replace(candidate, experiment=experiment)


def load_candidates(
    context: TrainingContext, data: TrainingData, training_id: str
) -> list[Candidate]:
    """Load the candidates of all batches from their runs, in order.

    Raises NotReadyError if a batch of this data version is not trained yet.
    """
    experiments = read_batch_experiments(context.clean_data, training_id)
    on_this_data = _with_version_of(data, experiments)
    batches = require_batches(on_this_data, data.preparation.batches)
    candidates = []
    for experiment in batches:
        candidate = load_candidate(context, data, experiment)
        candidates.append(candidate)
    return candidates


def load_candidate(
    context: TrainingContext, data: TrainingData, experiment: Experiment
) -> Candidate:
    """Load a candidate from its run; its validation scores are computed if the run has none."""
    run_id = experiment.run_id
    model = context.tracking.load_model(run_id)
    scores = context.tracking.load_validation_scores(run_id)
    if scores is None:
        scores = model.scores(data.val)
    return Candidate(
        model=model,
        experiment=experiment,
        scores=scores,
        probabilities=model.calibration.apply(scores),
    )


def read_experiments_on(
    context: TrainingContext, data: TrainingData, training_id: str
) -> list[Experiment]:
    """Return the training's experiments on this data version; those on other rows are left out."""
    experiments = context.clean_data.read_experiments(training_id)
    return _with_version_of(data, experiments)


def find_registered(
    context: TrainingContext, data: TrainingData, experiments: Sequence[Experiment]
) -> ModelVersion | None:
    """Return the version that a training registered on this data, None if it has not.

    ``experiments`` are the training's on this data. A version whose run is no longer among them
    is left from an earlier training with the same name: it does not count.
    """
    if not experiments:
        return None
    version = context.registry.find(experiments[0].training_id, data.data_version)
    run_ids = [experiment.run_id for experiment in experiments]
    if version is None or version.run_id not in run_ids:
        return None
    return version


def _with_version_of(data: TrainingData, experiments: Sequence[Experiment]) -> list[Experiment]:
    data_version = data.data_version
    return [experiment for experiment in experiments if experiment.data_version == data_version]


def _report(data: TrainingData, candidate: Candidate) -> Report:
    """Describe a candidate on validation, and the rows that it learned from."""
    val = data.val
    target = target_of(val)
    model = candidate.model
    probabilities = candidate.probabilities
    report = build_report(target, probabilities, model.threshold)

    importances = permutation_importance(model, val, target)
    report["importance"] = [asdict(importance) for importance in importances]

    subgroups = measure_subgroups(val, target, probabilities, model.threshold)
    report["slices"] = [asdict(subgroup) for subgroup in subgroups]

    training_rows = data.training_rows(candidate.experiment.batch_id)
    report["training"] = build_profile(pd.concat(training_rows))
    return report


def _parameters(
    context: TrainingContext, model: ForestModel
) -> dict[str, str | int | float | None]:
    return {
        **asdict(context.settings),
        "forests": len(model.pipelines),
        "features": len(model.vocabulary.features),
    }


def _example(val: pd.DataFrame) -> pd.DataFrame:
    """Return a few patients as the model takes them."""
    names = [field.name for field in FIELDS]
    rows = val.head(EXAMPLE_ROWS)
    return rows[names]
