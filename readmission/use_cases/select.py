"""Compare a training's candidates, register the best, and let it challenge the champion. Safe to repeat."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from readmission.calibration import Scores, Target
from readmission.candidates import AVERAGE, require_batches, select_best, with_metrics
from readmission.errors import NotReadyError
from readmission.evaluation import evaluate
from readmission.forests import ForestModel
from readmission.model_card import model_card
from readmission.profile import build_profile
from readmission.records import Experiment, ModelVersion, Preparation, Promotion
from readmission.training import average, side_by_side, target_of
from readmission.use_cases.promote import challenge
from readmission.use_cases.train import Evidence, Origin, TrainingTools, latest_preparation, record
from readmission.use_cases.training_rows import TrainingRows


@dataclass(frozen=True, slots=True)
class Selection:
    """How a training ended: all candidates, the winner, its version, and what was decided about it."""

    experiments: Sequence[Experiment]
    winner: Experiment
    version: ModelVersion
    promotion: Promotion


def select_and_promote(tools: TrainingTools, training_id: str, parts: TrainingRows | None = None) -> Selection:
    """Compare all candidates on validation, register the best, promote it unless it loses to the champion."""
    trained = _trained(tools, training_id)
    preparation = latest_preparation(tools.clean_data, trained[0].data_version)
    parts = parts or TrainingRows(tools.clean_data, preparation.data_version)
    version = tools.registry.find(training_id, parts.data_version)
    version = version or _register_best(tools, trained, preparation, parts)
    experiments = [replace(one, model_version=_version_of(one, version)) for one in _trained(tools, training_id)]
    tools.clean_data.save_experiments(experiments)
    winner = next(one for one in experiments if one.model_version)
    promotion = challenge(tools, training_id, version, parts.val)
    return Selection(experiments, winner, version, promotion)


def _trained(tools: TrainingTools, training_id: str) -> list[Experiment]:
    experiments = tools.clean_data.read_experiments(training_id)
    if not experiments:
        raise NotReadyError(f"Training {training_id} has no experiments: train its batches first.")
    return experiments


def _version_of(experiment: Experiment, version: ModelVersion) -> int | None:
    return version.version if experiment.run_id == version.run_id else None


def _register_best(
    tools: TrainingTools, trained: Sequence[Experiment], preparation: Preparation, parts: TrainingRows
) -> ModelVersion:
    """Add the average, choose on validation, then read the test set once and report all candidates on it."""
    batches = require_batches(trained, preparation.batches)
    models = {one.batch_id: tools.tracking.load_model(one.run_id) for one in batches}
    experiments = [_add_average(tools, batches, models, preparation, parts), *batches]
    winner = select_best(experiments).batch_id
    told = side_by_side(models[AVERAGE], [models[one.batch_id] for one in batches], parts.test)
    tested = [_with_test(tools, *pair, target_of(parts.test)) for pair in zip(experiments, told, strict=True)]
    tools.clean_data.save_experiments(tested)
    tools.files.save_final(models[winner])
    best, synthetic = tested[winner], preparation.synthetic
    report = tools.tracking.load_report(best.run_id)
    tools.tracking.log_documents(best.run_id, model_card(best, report, parts.test, told[winner], synthetic=synthetic))
    return tools.registry.register(best, models[winner], parts.test, synthetic=synthetic)


def _add_average(
    tools: TrainingTools, batches: Sequence[Experiment], models: dict[int, ForestModel], preparation: Preparation,
    parts: TrainingRows,
) -> Experiment:  # fmt: skip
    """Build, record and add to ``models`` the candidate that averages all batches' forests."""
    started = time.perf_counter()
    rows = [parts.batch(one.batch_id) for one in batches]
    models[AVERAGE] = average([models[one.batch_id] for one in batches], rows)
    scores = models[AVERAGE].mean([_scores(tools, one, models[one.batch_id], parts) for one in batches])
    evidence = Evidence(parts.val, scores, build_profile(pd.concat(rows)))
    origin = Origin(batches[0].training_id, AVERAGE, preparation, sum(map(len, rows)))
    return record(tools, models[AVERAGE], evidence, origin, started)


def _scores(tools: TrainingTools, experiment: Experiment, model: ForestModel, parts: TrainingRows) -> Scores:
    """Return a batch's votes on validation, as its run keeps them: asking the trees again costs seconds."""
    told = tools.tracking.load_told(experiment.run_id)
    return model.scores(parts.val) if told is None else told.scores


def _with_test(tools: TrainingTools, experiment: Experiment, told: Scores, target: Target) -> Experiment:
    """Return the experiment with its test metrics, which its run gets too."""
    metrics = evaluate(target, told, experiment.threshold).named("test_")
    tools.tracking.log_metrics(experiment.run_id, metrics)
    return with_metrics(experiment, metrics)
