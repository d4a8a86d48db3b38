"""Decide who is champion: a candidate against the present one on the same rows, or a person by hand."""

from datetime import UTC, datetime
from typing import Literal

import pandas as pd

from readmission.arrays import Scores, target_of
from readmission.errors import NotReadyError
from readmission.evaluation.patient_bootstrap import f1_margin
from readmission.ports.data import CleanData, ModelRegistry
from readmission.records import ModelVersion, Promotion
from readmission.use_cases.training_context import TrainingContext

Action = Literal["promoted", "refused", "rolled back"]


def challenge(
    context: TrainingContext, training_id: str, candidate: ModelVersion, val: pd.DataFrame
) -> Promotion:
    """Promote the candidate unless it loses to the champion; what was decided stays decided.

    ``val`` are the validation rows of the candidate's data version.
    """
    for decided in context.clean_data.read_promotions():
        if (decided.training_id, decided.candidate_version) == (training_id, candidate.version):
            return decided
    champion = context.registry.champion()
    action, reason = _decide(context, candidate, champion, val)
    if action == "promoted":
        context.registry.promote(candidate.version)
    return _record(context.clean_data, training_id, candidate.version, champion, action, reason)


def promote(clean_data: CleanData, registry: ModelRegistry, version: int) -> Promotion:
    """Make a version champion because a person says so; raises UnknownVersionError."""
    chosen, champion = registry.version(version), registry.champion()
    registry.promote(chosen.version)
    return _record(clean_data, None, chosen.version, champion, "promoted", "Chosen by hand.")


def rollback(clean_data: CleanData, registry: ModelRegistry) -> Promotion:
    """Make the previous champion the champion again."""
    champion, previous = registry.champion(), registry.previous()
    if previous is None:
        raise NotReadyError("There is no previous champion to go back to.")
    registry.promote(previous.version)
    return _record(
        clean_data, None, previous.version, champion, "rolled back", "Rolled back by hand."
    )


def _decide(
    context: TrainingContext,
    candidate: ModelVersion,
    champion: ModelVersion | None,
    val: pd.DataFrame,
) -> tuple[Action, str]:
    if champion is None:
        return "promoted", "There was no champion."
    if champion.version == candidate.version:
        return "promoted", "It is the champion already."
    if champion.synthetic != candidate.synthetic:
        if candidate.synthetic:
            return "refused", "A model of synthetic data does not replace one of real data."
        return "promoted", "A model of real data replaces one of synthetic data."
    return _compare(context, candidate, champion, val)


def _compare(
    context: TrainingContext, candidate: ModelVersion, champion: ModelVersion, val: pd.DataFrame
) -> tuple[Action, str]:
    """Refuse only a candidate whose F1 is lower beyond what drawing other patients explains."""
    version = candidate.data_version
    ours, theirs = (
        _probabilities(context, one, val, version) >= one.threshold for one in (candidate, champion)
    )
    low, high = f1_margin(target_of(val), ours, theirs, val["patient_nbr"])
    told = f"F1 minus the champion's (version {champion.version}) on the same rows: 95 % in [{low:+.4f}, {high:+.4f}]."
    return ("refused", told) if high < 0 else ("promoted", told)


def _probabilities(
    context: TrainingContext, model: ModelVersion, val: pd.DataFrame, data_version: str
) -> Scores:
    """Return what a model says of validation rows; where they are its own, its run has kept it."""
    if model.data_version == data_version:
        stored = context.tracking.load_validation_probabilities(model.run_id)
        if stored is not None:
            return stored
    return context.registry.probabilities(model.version, val)


def _record(
    clean_data: CleanData,
    training_id: str | None,
    version: int,
    champion: ModelVersion | None,
    action: Action,
    reason: str,
) -> Promotion:
    former = None if champion is None else champion.version
    promotion = Promotion(datetime.now(UTC), training_id, version, former, action, reason)
    clean_data.append_promotion(promotion)
    return promotion
