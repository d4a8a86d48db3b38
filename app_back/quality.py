"""How well the served model does on the outcomes that came in since."""

import time
from threading import Lock
from typing import Any

import numpy as np
from pydantic import BaseModel

from readmission.ports import PredictionLog
from readmission.records import Judged

_LATEST = 10_000
_FRESH_S = 10


class Quality(BaseModel):
    """Live quality; a metric is null where the outcomes cannot tell it (none, or all the same)."""

    outcomes: int
    auc: float | None = None
    f1: float | None = None
    brier: float | None = None
    mean_probability: float | None = None
    observed_rate: float | None = None


class LiveQuality:
    """Computed at most every ten seconds, whoever asks."""

    def __init__(self, log: PredictionLog) -> None:
        self._log = log
        self._lock = Lock()
        self._known: tuple[float, int, Quality] | None = None

    def of(self, model_version: int) -> Quality:
        """Return the quality of one version on its latest outcomes."""
        with self._lock:
            if self._known is None or self._known[1] != model_version or time.monotonic() - self._known[0] > _FRESH_S:
                judged = self._log.read_judged(model_version, _LATEST)
                self._known = (time.monotonic(), model_version, judge(judged))
            return self._known[2]


def judge(judged: list[Judged]) -> Quality:
    """Compare predictions with what came of them."""
    if not judged:
        return Quality(outcomes=0)
    from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

    probability = np.array([one.probability for one in judged])
    outcome = np.array([one.outcome for one in judged])
    both: dict[str, Any] = {}
    if 0 < outcome.sum() < len(outcome):
        both = {"auc": float(roc_auc_score(outcome, probability))}
    return Quality(
        outcomes=len(judged),
        f1=float(f1_score(outcome, [one.predicted_readmitted for one in judged], zero_division=0)),
        brier=float(brier_score_loss(outcome, probability, pos_label=1)),
        mean_probability=float(probability.mean()), observed_rate=float(outcome.mean()), **both,
    )  # fmt: skip
