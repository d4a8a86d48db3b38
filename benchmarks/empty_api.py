"""The limit for ``/predict``: a FastAPI endpoint that validates the same body and does nothing."""

from fastapi import FastAPI

from app_back.web.patient_payload import PatientPayload
from app_back.web.responses import PredictResponse

app = FastAPI()
_CONSTANT = PredictResponse(
    prediction=0,
    probability=0.1,
    prediction_id="0" * 36,
    model_name="mejor_modelo_diabetes",
    model_version=1,
    threshold=0.14,
    synthetic=False,
)


@app.post("/predict")
async def empty(_patient: PatientPayload) -> PredictResponse:
    """Respond the same to every patient."""
    return _CONSTANT
