"""Compare a training's candidates, register the best, and let it challenge the champion."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from readmission.arrays import Scores, target_of
from readmission.evaluation.metrics import evaluate
from readmission.evaluation.model_card import model_card
from readmission.model.candidate import AVERAGE, Candidate, select_best, with_metrics
from readmission.model.training import average, probabilities_of_all
from readmission.records import Experiment, ModelVersion, Promotion
from readmission.use_cases.candidate_runs import (
    evaluate_candidate,
    find_registered,
    load_candidates,
    log_candidate,
    read_experiments_on,
)
from readmission.use_cases.promote import challenge
from readmission.use_cases.training_context import TrainingContext
from readmission.use_cases.training_data import TrainingData


@dataclass(frozen=True, slots=True)
class Selection:
    """The result of a training: all candidates, the winner, its version, and the decision on it."""

    experiments: Sequence[Experiment]
    winner: Experiment
    version: ModelVersion
    promotion: Promotion


def select_and_promote(
    context: TrainingContext,
    data: TrainingData,
    training_id: str,
    candidates: Sequence[Candidate] = (),
) -> Selection:
    """Register a training's best candidate, and promote it unless it loses to the champion.

    ``data`` are the rows that the training used. ``candidates`` are those of all batches, in
    order, if this process trained them; without them they are loaded from their runs. A
    repetition registers nothing twice.
    """
    experiments = read_experiments_on(context, data, training_id)
    version = find_registered(context, data, experiments)
    if version is None:
        candidates = candidates or load_candidates(context, data, training_id)
        version = _register_best(context, data, candidates)

    experiments = read_experiments_on(context, data, training_id)
    marked = _with_version(experiments, version)
    context.clean_data.save_experiments(marked)

    winner = next(experiment for experiment in marked if experiment.model_version)
    promotion = challenge(context, training_id, version, data.val)
    return Selection(marked, winner, version, promotion)


def _with_version(experiments: Sequence[Experiment], version: ModelVersion) -> list[Experiment]:
    """Return the experiments; the one that the version was registered from has its number."""
    marked = []
    for experiment in experiments:
        is_registered = experiment.run_id == version.run_id
        model_version = version.version if is_registered else None
        marked.append(replace(experiment, model_version=model_version))
    return marked


def _register_best(
    context: TrainingContext, data: TrainingData, batches: Sequence[Candidate]
) -> ModelVersion:
    """Add the average, choose on validation, then report all candidates on the test rows.

    The test rows are read after the choice. The winner is exported in another thread while the
    reports are written, because both take seconds.
    """
    averaged = _average(data, batches)
    candidates = [averaged, *batches]
    experiments = [candidate.experiment for candidate in candidates]
    best = select_best(experiments).batch_id
    model = candidates[best].model
    synthetic = data.preparation.synthetic

    with ThreadPoolExecutor(1) as pool:
        exporting = pool.submit(
            context.registry.export,
            candidates[best].experiment,
            model,
            data.test,
            synthetic=synthetic,
        )
        candidates[AVERAGE] = log_candidate(context, data, averaged)

        models = [candidate.model for candidate in candidates]
        test_probabilities = probabilities_of_all(models, data.test)
        tested = _report_on_test(context, data, candidates, test_probabilities)
        context.files.replace_all([candidate.model for candidate in batches], model)
        _log_model_card(context, data, tested[best], test_probabilities[best])
        exported = exporting.result()

    exported.require_agreement(test_probabilities[best], model.threshold)
    return context.registry.register(tested[best], exported, synthetic=synthetic)


def _average(data: TrainingData, batches: Sequence[Candidate]) -> Candidate:
    """Return the candidate that averages the forests of all batches; it has no run yet."""
    started = time.perf_counter()
    model = average([candidate.model for candidate in batches], data.training_rows(AVERAGE))
    return evaluate_candidate(
        data,
        model,
        model.mean([candidate.scores for candidate in batches]),
        training_id=batches[0].experiment.training_id,
        batch_id=AVERAGE,
        started=started,
    )


def _report_on_test(
    context: TrainingContext,
    data: TrainingData,
    candidates: Sequence[Candidate],
    probabilities: Sequence[Scores],
) -> list[Experiment]:
    """Measure all candidates on the test rows, and return their experiments with these metrics."""
    target = target_of(data.test)
    tested = []
    for candidate, predicted in zip(candidates, probabilities, strict=True):
        experiment = candidate.experiment
        metrics = evaluate(target, predicted, experiment.threshold)
        test_metrics = metrics.named("test_")
        context.tracking.log_metrics(experiment.run_id, test_metrics)
        tested.append(with_metrics(experiment, test_metrics))

    context.clean_data.save_experiments(tested)
    return tested


def _log_model_card(
    context: TrainingContext, data: TrainingData, winner: Experiment, probabilities: Scores
) -> None:
    """Add the model card to the winner's run; the probabilities are those of the test rows."""
    tracking = context.tracking
    report = tracking.load_report(winner.run_id)
    card = model_card(
        winner,
        report,
        data.test,
        probabilities,
        synthetic=data.preparation.synthetic,
    )
    tracking.log_documents(winner.run_id, card)
