"""``POST /predict`` as a plain ASGI app, without FastAPI's dependencies and response models.

It does what the ordinary route in ``app_back.routes.predict`` does, in the same order: access,
content type, validation, prediction. Errors go to the same handlers.
"""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from app_back.security.access_control import API_KEY_HEADER, AccessControl
from app_back.serving.predictor import Predictor
from app_back.web.error_responses import error_response_for, json_response
from app_back.web.media_types import require_json
from app_back.web.patient_payload import PatientPayload
from app_back.web.responses import predict_content
from readmission.records import Prediction


async def direct_predict(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond to one ``POST /predict``."""
    request = Request(scope, receive)
    try:
        prediction = await _predict(request)
        response = json_response(predict_content(prediction))
    except Exception as error:  # noqa: BLE001 - the handlers cover every error
        response = await error_response_for(request, error)
    await response(scope, receive, send)


async def _predict(request: Request) -> Prediction:
    app_state = request.app.state
    access: AccessControl = app_state.access
    predictor: Predictor = app_state.predictor
    api_key = request.headers.get(API_KEY_HEADER)
    access.check(api_key, "predict")
    require_json(request)
    body = await request.body()
    try:
        patient = PatientPayload.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    return await predictor.submit(patient.__dict__)
