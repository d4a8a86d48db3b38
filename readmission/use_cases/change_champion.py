"""Change the champion as a person requests, and record every change."""

from datetime import UTC, datetime
from typing import Literal

from readmission.errors import NotReadyError
from readmission.ports.data import CleanData, ModelRegistry
from readmission.records import ModelVersion, Promotion

Action = Literal["promoted", "refused", "rolled back"]


def promote(clean_data: CleanData, registry: ModelRegistry, version: int) -> Promotion:
    """Make a version champion.

    Raises UnknownVersionError, or NotReadyError if it is the champion already.
    """
    chosen = registry.version(version)
    champion = registry.champion()
    if champion is not None and champion.version == chosen.version:
        raise NotReadyError(f"Version {version} is the champion already; nothing was changed.")
    registry.promote(chosen.version)
    return record_decision(
        clean_data, chosen, champion, action="promoted", reason="Chosen by hand."
    )


def rollback(clean_data: CleanData, registry: ModelRegistry) -> Promotion:
    """Make the previous champion the champion again, once: a second rollback would undo the first.

    Raises NotReadyError if there is no previous champion, or if the last change was a rollback.
    """
    champion = registry.champion()
    previous = registry.previous()
    if champion is None or previous is None:
        raise NotReadyError("There is no previous champion to go back to.")
    last_change = _last_change(clean_data)
    if last_change is not None and last_change.action == "rolled back":
        raise NotReadyError(
            f"The last change was a rollback, to version {champion.version}. To choose another "
            f"version: ./run promote {previous.version}; ./run models lists all."
        )
    registry.promote(previous.version)
    return record_decision(
        clean_data, previous, champion, action="rolled back", reason="Rolled back by hand."
    )


def record_decision(
    clean_data: CleanData,
    candidate: ModelVersion,
    champion: ModelVersion | None,
    *,
    action: Action,
    reason: str,
    training_id: str | None = None,
) -> Promotion:
    """Append the decision to the promotions; ``champion`` is the one before it."""
    promotion = Promotion(
        decided_at=datetime.now(UTC),
        training_id=training_id,
        candidate_version=candidate.version,
        champion_version=champion.version if champion else None,
        action=action,
        reason=reason,
    )
    clean_data.append_promotion(promotion)
    return promotion


def _last_change(clean_data: CleanData) -> Promotion | None:
    """Return the newest decision that changed the champion."""
    for promotion in clean_data.read_promotions():
        if promotion.action != "refused":
            return promotion
    return None
