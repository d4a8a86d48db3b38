"""``POST /predict``: the original's endpoint, and the fast one."""

from fastapi import APIRouter, Request

from app_back.fast_predict.direct_route import DirectRoute
from app_back.security.require_scope import require_scope
from app_back.services import services_of
from app_back.web.error_responses import document_errors
from app_back.web.patient_payload import PatientPayload
from app_back.web.responses import PredictResponse
from readmission.records import Prediction

router = APIRouter(route_class=DirectRoute, tags=["predictions"])


@router.post(
    "/predict",
    dependencies=[require_scope("predict")],
    response_model=PredictResponse,
    responses=document_errors(401, 403, 413, 415, 422, 429, 500, 503),
)
async def predict(request: Request, patient: PatientPayload) -> Prediction:
    """Answer one patient; every field has a default, and 200 means that the row is stored."""
    return await services_of(request).submit(patient.__dict__)
