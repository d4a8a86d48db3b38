"""Answer patients: one call of the model and one commit for as many as there are."""

from collections.abc import Sequence
from datetime import UTC, datetime

from readmission.ids import new_id
from readmission.ports.serving import PatientFields, PredictionLog, ServedModel
from readmission.records import Prediction


def predict_patients(
    served: ServedModel, log: PredictionLog, patients: Sequence[PatientFields]
) -> list[Prediction]:
    """Return a prediction for each patient, when all of them are durable."""
    probabilities = served.model.probabilities(patients).tolist()
    now = datetime.now(UTC)
    made = [_prediction(served, *pair, now) for pair in zip(patients, probabilities, strict=True)]
    log.append(made)
    return made


def _prediction(
    served: ServedModel, patient: PatientFields, probability: float, now: datetime
) -> Prediction:
    version, threshold = served.version, served.model.threshold
    return Prediction(
        new_id(),
        now,
        patient,
        int(probability >= threshold),
        probability,
        version.name,
        version.version,
        threshold,
        version.synthetic,
    )
