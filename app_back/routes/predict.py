"""``POST /predict``: one patient in, one stored prediction out.

This is FastAPI's ordinary route. ``app_back.fast_predict`` takes its requests over, with the same
responses, unless ``PREDICT_FAST_PATH`` is off.
"""

from fastapi import APIRouter, Depends

from app_back.dependencies import PredictorDep
from app_back.security.require_scope import require_scope
from app_back.web.error_responses import document_errors
from app_back.web.media_types import require_json
from app_back.web.patient_payload import PatientPayload
from app_back.web.responses import PredictResponse, predict_content

router = APIRouter(tags=["predictions"])


@router.post(
    "/predict",
    dependencies=[require_scope("predict"), Depends(require_json)],
    responses=document_errors(401, 403, 413, 415, 422, 429, 500, 503),
)
async def predict(patient: PatientPayload, predictor: PredictorDep) -> PredictResponse:
    """Predict one patient. Every field has a default; 200 means that the prediction is stored."""
    prediction = await predictor.submit(patient.__dict__)
    content = predict_content(prediction)
    return PredictResponse(**content)
