"""Train one batch: fit its forest, calibrate, evaluate, log. Safe to repeat, on any machine."""

import time

from readmission.model.candidate import Candidate
from readmission.model.training import train_forest
from readmission.use_cases.candidate_runs import (
    evaluate_candidate,
    find_registered,
    load_candidate,
    log_candidate,
    read_experiments_on,
)
from readmission.use_cases.training_context import TrainingContext
from readmission.use_cases.training_data import TrainingData


def train_batch(
    context: TrainingContext, data: TrainingData, training_id: str, batch_id: int
) -> Candidate:
    """Train one batch's forest and log it as a candidate of the training.

    A repetition replaces the previous candidate until the training has registered a version,
    which may depend on it: from then on the batch stays as it is.
    """
    registered = _load_if_registered(context, data, training_id, batch_id)
    if registered is not None:
        return registered
    started = time.perf_counter()
    model = train_forest(
        data.batch(batch_id), context.settings, batch_id=batch_id, workers=context.workers
    )
    candidate = evaluate_candidate(
        data,
        model,
        model.scores(data.val),
        training_id=training_id,
        batch_id=batch_id,
        started=started,
    )
    return log_candidate(context, data, candidate)


def _load_if_registered(
    context: TrainingContext, data: TrainingData, training_id: str, batch_id: int
) -> Candidate | None:
    """Load the batch's candidate if the training has registered a version on this data."""
    experiments = read_experiments_on(context, data, training_id)
    if find_registered(context, data, experiments) is None:
        return None
    for experiment in experiments:
        if experiment.batch_id == batch_id:
            return load_candidate(context, data, experiment)
    return None
