"""``POST /predict/batch``: many patients at once, as JSON or as a CSV."""

import anyio.to_thread
from fastapi import APIRouter, Request, Response

from app_back.security.require_scope import require_scope
from app_back.services import Served, Services
from app_back.web.batch_payload import (
    MAX_ROWS,
    Row,
    media_type_of,
    parse_csv_rows,
    parse_json_rows,
    unsupported_media_type,
)
from app_back.web.error_responses import document_errors, json_response
from app_back.web.responses import BatchResponse

_READERS = {"application/json": parse_json_rows, "text/csv": parse_csv_rows}
_ITEM = {
    "description": "A Patient, as for POST /predict; one that is not is named in the answer's errors."
}
_PATIENTS = {"type": "array", "minItems": 1, "maxItems": MAX_ROWS, "items": _ITEM}
_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"patients": _PATIENTS},
                "required": ["patients"],
                "additionalProperties": False,
            },
            "example": {"patients": [{"age": 75, "number_inpatient": 2}, {"age": 40}]},
        },
        "text/csv": {"schema": {"type": "string"}, "example": "age,number_inpatient\n75,2\n40,\n"},
    },
}

router = APIRouter(tags=["predictions"], dependencies=[require_scope("predict")])


@router.post(
    "/predict/batch",
    response_model=BatchResponse,
    responses=document_errors(401, 403, 413, 415, 422, 429, 500, 503),
    openapi_extra={"requestBody": _BODY},
)
async def predict_batch(request: Request, services: Served) -> Response:
    """Answer up to 10,000 patients; a bad row is named, and the good ones are answered and stored all the same."""
    reader = _READERS.get(media_type_of(request))
    if reader is None:
        raise unsupported_media_type(*_READERS)
    body = await request.body()
    return await anyio.to_thread.run_sync(
        lambda: json_response(_answer(services, reader(body))), limiter=services.one_batch
    )


def _answer(services: Services, rows: list[Row]) -> dict[str, object]:
    good = [row for row in rows if row.patient is not None]
    bad = [row for row in rows if row.patient is None]
    served = services.follower.served()
    made = (
        services.predict_many(served, [row.patient for row in good if row.patient is not None])
        if good
        else []
    )
    return {
        "status": 200,
        "rows": len(rows),
        "answered": len(good),
        "rejected": len(bad),
        "model_name": served.version.name,
        "model_version": served.version.version,
        "threshold": served.model.threshold,
        "synthetic": served.version.synthetic,
        "predictions": [
            {
                "row": row.number,
                "prediction": one.predicted_readmitted,
                "probability": one.probability,
                "prediction_id": one.prediction_id,
            }
            for row, one in zip(good, made, strict=True)
        ],
        "errors": [
            {"row": row.number, "detail": [detail.model_dump() for detail in row.wrong]}
            for row in bad
        ],
    }
