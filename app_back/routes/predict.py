"""``POST /predict``: the original's endpoint, and the fast one."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError

from app_back.access import allow, needs
from app_back.answers import PredictAnswer
from app_back.media_types import media_type_of, unsupported
from app_back.patient import Patient
from app_back.problems import documented
from app_back.services import services_of
from readmission.records import Prediction

_JSON = {"content-type": "application/json"}


class DirectRoute(APIRoute):
    """Validates the body once, straight from its bytes; FastAPI still makes the documentation.

    FastAPI's own way through dependencies and response models costs as much as the whole prediction.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Return what answers a request."""
        validate = Patient.__pydantic_validator__.validate_json

        async def answer(request: Request) -> Response:
            allow(request, "predict")
            if media_type_of(request) != "application/json":
                raise unsupported("application/json")
            try:
                patient = validate(await request.body())
            except ValidationError as error:
                raise RequestValidationError(error.errors()) from error
            made: Response = await self.endpoint(request, patient)
            return made

        return answer


router = APIRouter(route_class=DirectRoute, tags=["predictions"])


@router.post(
    "/predict",
    dependencies=[needs("predict")],
    response_model=PredictAnswer,
    responses=documented(401, 403, 413, 415, 422, 429, 500, 503),
)
async def predict(request: Request, patient: Patient) -> Response:
    """Answer one patient; every field has a default, and 200 means that the row is stored."""
    made = await services_of(request).submit(patient.__dict__)
    return Response(_body(made), 200, _JSON)


def _body(made: Prediction) -> bytes:
    synthetic = "true" if made.synthetic else "false"
    return (
        f'{{"status":200,"prediction":{made.predicted_readmitted},"probability":{made.probability!r},'
        f'"prediction_id":"{made.prediction_id}","model_name":"{made.model_name}",'
        f'"model_version":{made.model_version},"threshold":{made.threshold!r},"synthetic":{synthetic}}}'
    ).encode()
