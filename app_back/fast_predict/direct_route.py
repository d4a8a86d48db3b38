"""The route of ``POST /predict``: bytes in, bytes out."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app_back.security.require_scope import check_access
from app_back.web.batch_payload import media_type_of, unsupported_media_type
from app_back.web.error_responses import error_response_for
from app_back.web.patient_payload import PatientPayload
from readmission.records import Prediction


class DirectRoute(APIRoute):
    """Answers bytes with bytes: the endpoint is documented as FastAPI reads it, and called with the body.

    FastAPI's own way through dependencies, response models and response objects costs as much as the whole prediction.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            content = _content(await self._predict(request, receive))
        except Exception as error:  # noqa: BLE001 - each has its answer
            response = await error_response_for(request, error)
            await response(scope, receive, send)
        else:
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(content)),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": content})

    async def _predict(self, request: Request, receive: Receive) -> Prediction:
        check_access(request, "predict")
        if media_type_of(request) != "application/json":
            raise unsupported_media_type("application/json")
        try:
            patient = _validate(await _body(receive))
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error
        made: Prediction = await self.endpoint(request, patient)
        return made


_validate = PatientPayload.__pydantic_validator__.validate_json


async def _body(receive: Receive) -> bytes:
    """Return the whole body, which most clients send in one piece."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _content(made: Prediction) -> bytes:
    synthetic = "true" if made.synthetic else "false"
    return (
        f'{{"status":200,"prediction":{made.predicted_readmitted},"probability":{made.probability!r},'
        f'"prediction_id":"{made.prediction_id}","model_name":"{made.model_name}",'
        f'"model_version":{made.model_version},"threshold":{made.threshold!r},"synthetic":{synthetic}}}'
    ).encode()
