"""Predict the readmission of patients: one call of the model and one commit for all of them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from readmission.ids import new_id
from readmission.ports.serving import PatientFields, PredictionLog, ServedModel
from readmission.records import Prediction
from readmission.schema import GIVEN_DIAGNOSES, PATIENT_LABEL


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


def given_diagnoses_of(patient: PatientFields) -> Mapping[str, str] | None:
    """Return the diagnoses that were sent as another text than the ICD-9 code used, by field."""
    given = patient.get(GIVEN_DIAGNOSES)
    if given is None:
        return None
    diagnoses: dict[str, str] = json.loads(str(given))
    return diagnoses


def _prediction(
    served: ServedModel, patient: PatientFields, probability: float, now: datetime
) -> Prediction:
    fields = dict(patient)
    label = fields.pop(PATIENT_LABEL, None)
    fields.pop(GIVEN_DIAGNOSES, None)
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
        given_diagnoses=given_diagnoses_of(patient),
    )
