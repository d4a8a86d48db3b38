"""Answer patients: one call of the model and one commit for as many as there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from readmission.identifiers import new_id
from readmission.ports import PredictionLog
from readmission.records import ModelVersion, Prediction

Patient = Mapping[str, int | str | None]


class Model(Protocol):
    """What answers: the calibrated probability of each patient, and the threshold that decides."""

    @property
    def threshold(self) -> float:
        """Return the probability from which the answer is 1."""

    def probabilities(self, rows: Sequence[Patient]) -> NDArray[np.float64]:
        """Return a probability for each row."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A loaded model and where it came from."""

    model: Model
    version: ModelVersion
    loaded_at: datetime
    source: Literal["registry", "cache"]
    file: Path


def predict_patients(served: ServedModel, log: PredictionLog, patients: Sequence[Patient]) -> list[Prediction]:
    """Return a prediction for each patient, when all of them are durable."""
    probabilities = served.model.probabilities(patients).tolist()
    now = datetime.now(UTC)
    made = [_prediction(served, *pair, now) for pair in zip(patients, probabilities, strict=True)]
    log.append(made)
    return made


def _prediction(served: ServedModel, patient: Patient, probability: float, now: datetime) -> Prediction:
    version, threshold = served.version, served.model.threshold
    return Prediction(
        new_id(), now, patient, int(probability >= threshold), probability,
        version.name, version.version, threshold, version.synthetic,
    )  # fmt: skip
