"""Compare a training's candidates, register the best, and let it challenge the champion. Safe to repeat."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from readmission.arrays import Scores, Target, target_of
from readmission.errors import NotReadyError
from readmission.evaluation.metrics import evaluate
from readmission.evaluation.model_card import model_card
from readmission.model.candidate import AVERAGE, require_batches, select_best, with_metrics
from readmission.model.forest import ForestModel
from readmission.model.training import average, probabilities_of_all
from readmission.records import Experiment, ModelVersion, Preparation, Promotion
from readmission.use_cases.promote import challenge
from readmission.use_cases.train_batch import (
    Contender,
    Evidence,
    Origin,
    TrainingTools,
    judge,
    latest_preparation,
    record,
    tell,
)
from readmission.use_cases.training_data import TrainingRows


@dataclass(frozen=True, slots=True)
class Selection:
    """How a training ended: all candidates, the winner, its version, and what was decided about it."""

    experiments: Sequence[Experiment]
    winner: Experiment
    version: ModelVersion
    promotion: Promotion


def select_and_promote(
    tools: TrainingTools, training_id: str, parts: TrainingRows | None = None
) -> Selection:
    """Compare all candidates on validation, register the best, promote it unless it loses to the champion."""
    trained = _trained(tools, training_id)
    preparation = latest_preparation(tools.clean_data, trained[0].data_version)
    parts = parts or TrainingRows(tools.clean_data, preparation.data_version)
    version = tools.registry.find(training_id, parts.data_version)
    version = version or _register_best(tools, trained, preparation, parts)
    experiments = [
        replace(one, model_version=_version_of(one, version))
        for one in _trained(tools, training_id)
    ]
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
    tools: TrainingTools,
    trained: Sequence[Experiment],
    preparation: Preparation,
    parts: TrainingRows,
) -> ModelVersion:
    """Add the average, choose on validation, then read the test set once and report all candidates on it.

    The winner is exported beside the reports: both take seconds.
    """
    batches, synthetic = require_batches(trained, preparation.batches), preparation.synthetic
    trained_models = [_model_of(tools, one, parts) for one in batches]
    averaged = _average(batches, trained_models, preparation, parts)
    models = [averaged.model, *(model for model, _ in trained_models)]
    winner = select_best([averaged.draft, *batches])
    with ThreadPoolExecutor(1) as aside:
        exporting = aside.submit(
            tools.registry.export, winner, models[winner.batch_id], parts.test, synthetic=synthetic
        )
        experiments = [record(tools, averaged), *batches]
        told = probabilities_of_all(models, parts.test)
        tested = [
            _with_test(tools, *pair, target_of(parts.test))
            for pair in zip(experiments, told, strict=True)
        ]
        tools.clean_data.save_experiments(tested)
        tools.files.save_final(models[winner.batch_id])
        best = tested[winner.batch_id]
        report = tools.tracking.load_report(best.run_id)
        card = model_card(best, report, parts.test, told[winner.batch_id], synthetic=synthetic)
        tools.tracking.log_documents(best.run_id, card)
        exported = exporting.result()
    exported.require_agreement(told[winner.batch_id], best.threshold)
    return tools.registry.register(best, exported, synthetic=synthetic)


def _model_of(
    tools: TrainingTools, experiment: Experiment, parts: TrainingRows
) -> tuple[ForestModel, Scores]:
    """Return a batch's model and its votes on validation, from memory or as its run keeps them."""
    if experiment.batch_id in parts.trained:
        return parts.trained[experiment.batch_id]
    model, told = (
        tools.tracking.load_model(experiment.run_id),
        tools.tracking.load_validation_scores(experiment.run_id),
    )
    return model, model.scores(parts.val) if told is None else told.scores


def _average(
    batches: Sequence[Experiment],
    trained: Sequence[tuple[ForestModel, Scores]],
    preparation: Preparation,
    parts: TrainingRows,
) -> Contender:
    """Return the candidate that averages all batches' forests."""
    started, rows = time.perf_counter(), [parts.batch(one.batch_id) for one in batches]
    model = average([model for model, _ in trained], rows)
    told = tell(model, parts.val, model.mean([scores for _, scores in trained]))
    origin = Origin(batches[0].training_id, AVERAGE, preparation, sum(map(len, rows)))
    return judge(model, Evidence(parts.val, told, rows), origin, started)


def _with_test(
    tools: TrainingTools, experiment: Experiment, told: Scores, target: Target
) -> Experiment:
    """Return the experiment with its test metrics, which its run gets too."""
    metrics = evaluate(target, told, experiment.threshold).named("test_")
    tools.tracking.log_metrics(experiment.run_id, metrics)
    return with_metrics(experiment, metrics)
