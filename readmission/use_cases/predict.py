"""Predict the readmission of patients: one call of the model and one commit for all of them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from readmission.ids import new_id
from readmission.ports.serving import PatientFields, PredictionLog, ServedModel
from readmission.records import Prediction
from readmission.schema import PATIENT_LABEL


def predict_patients(
    served: ServedModel, log: PredictionLog, patients: Sequence[PatientFields]
) -> list[Prediction]:
    """Return a prediction for each patient, once all of them are durable."""
    probabilities = served.model.probabilities(patients).tolist()
    now = datetime.now(UTC)
    predictions = []
    for patient, probability in zip(patients, probabilities, strict=True):
        prediction = _prediction(served, patient, probability, now)
        predictions.append(prediction)
    log.append(predictions)
    return predictions


def _prediction(
    served: ServedModel, patient: PatientFields, probability: float, now: datetime
) -> Prediction:
    fields = dict(patient)
    label = fields.pop(PATIENT_LABEL, None)
    version = served.version
    threshold = served.model.threshold
    return Prediction(
        prediction_id=new_id(),
        made_at=now,
        fields=fields,
        predicted_readmitted=int(probability >= threshold),
        probability=probability,
        model_name=version.name,
        model_version=version.version,
        threshold=threshold,
        synthetic=version.synthetic,
        patient_label=None if label is None else str(label),
    )
