"""Decide whether a new version becomes champion, by comparison on the same rows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readmission.arrays import target_of
from readmission.errors import BrokenModelError
from readmission.evaluation.patient_bootstrap import f1_margin
from readmission.ports.data import CleanData
from readmission.records import ModelVersion, Promotion
from readmission.use_cases.change_champion import Action, record_decision
from readmission.use_cases.training_context import TrainingContext

Alerts = NDArray[np.bool_]
"""The decisions on rows: whether a readmission is predicted."""


def challenge(
    context: TrainingContext, training_id: str, candidate: ModelVersion, val: pd.DataFrame
) -> Promotion:
    """Promote the candidate unless it loses to the champion; a decision is taken only once.

    ``val`` are the validation rows of the candidate's data version.
    """
    earlier = _find_decision(context.clean_data, training_id, candidate)
    if earlier is not None:
        return earlier
    champion = context.registry.champion()
    action, reason = _decide(context, candidate, champion, val)
    if action == "promoted":
        context.registry.promote(candidate.version)
    return record_decision(
        context.clean_data,
        candidate,
        champion,
        action=action,
        reason=reason,
        training_id=training_id,
    )


def _find_decision(
    clean_data: CleanData, training_id: str, candidate: ModelVersion
) -> Promotion | None:
    """Return the earlier decision about this candidate of the training, None if there is none."""
    for promotion in clean_data.read_promotions():
        same_training = promotion.training_id == training_id
        if same_training and promotion.candidate_version == candidate.version:
            return promotion
    return None


def _decide(
    context: TrainingContext,
    candidate: ModelVersion,
    champion: ModelVersion | None,
    val: pd.DataFrame,
) -> tuple[Action, str]:
    """Return the action and its reason."""
    if champion is None:
        return "promoted", "There was no champion."
    if champion.version == candidate.version:
        return "promoted", "It is the champion already."
    if candidate.synthetic and not champion.synthetic:
        return "refused", "A model of synthetic data does not replace one of real data."
    if champion.synthetic and not candidate.synthetic:
        return "promoted", "A model of real data replaces one of synthetic data."
    return _compare(context, candidate, champion, val)


def _compare(
    context: TrainingContext, candidate: ModelVersion, champion: ModelVersion, val: pd.DataFrame
) -> tuple[Action, str]:
    """Refuse the candidate only if its F1 is lower by more than chance explains.

    Chance is which patients were sampled: the whole 95 % interval of a bootstrap by patient must
    lie below zero.
    """
    candidate_alerts = _alerts(context, candidate, val, candidate.data_version)
    try:
        champion_alerts = _alerts(context, champion, val, candidate.data_version)
    except BrokenModelError as error:
        return "promoted", f"The champion (version {champion.version}) cannot predict: {error}"
    low, high = f1_margin(target_of(val), candidate_alerts, champion_alerts, val["patient_nbr"])
    reason = (
        f"F1 minus the champion's (version {champion.version}) on the same rows: "
        f"95 % in [{low:+.4f}, {high:+.4f}]."
    )
    action: Action = "refused" if high < 0 else "promoted"
    return action, reason


def _alerts(
    context: TrainingContext, model: ModelVersion, val: pd.DataFrame, data_version: str
) -> Alerts:
    """Return a model's decisions on the validation rows of a data version.

    On the rows that the model was validated on, its run has stored the probabilities.
    """
    probabilities = None
    if model.data_version == data_version:
        probabilities = context.tracking.load_validation_probabilities(model.run_id)
    if probabilities is None:
        probabilities = context.registry.probabilities(model.version, val)
    alerts: Alerts = probabilities >= model.threshold
    return alerts
