"""``POST /predict``: the original's endpoint, and the fast one."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app_back.access import allow, needs
from app_back.answers import PredictAnswer
from app_back.media_types import media_type_of, unsupported
from app_back.patient import Patient
from app_back.problems import answer_error, documented
from app_back.services import services_of
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
            response = await answer_error(request, error)
            await response(scope, receive, send)
        else:
            headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": content})

    async def _predict(self, request: Request, receive: Receive) -> Prediction:
        allow(request, "predict")
        if media_type_of(request) != "application/json":
            raise unsupported("application/json")
        try:
            patient = _validate(await _body(receive))
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error
        made: Prediction = await self.endpoint(request, patient)
        return made


router = APIRouter(route_class=DirectRoute, tags=["predictions"])


@router.post(
    "/predict",
    dependencies=[needs("predict")],
    response_model=PredictAnswer,
    responses=documented(401, 403, 413, 415, 422, 429, 500, 503),
)
async def predict(request: Request, patient: Patient) -> Prediction:
    """Answer one patient; every field has a default, and 200 means that the row is stored."""
    return await services_of(request).submit(patient.__dict__)


_validate = Patient.__pydantic_validator__.validate_json


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
