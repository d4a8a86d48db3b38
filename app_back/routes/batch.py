"""``POST /predict/batch``: many patients at once, as JSON, CSV or Excel workbook."""

from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response

from app_back.dependencies import PredictorDep
from app_back.security.require_scope import require_scope
from app_back.serving.predictor import Predictor
from app_back.web.batch_payload import MAX_ROWS, BatchRow, parse_json_rows, parse_table_rows
from app_back.web.error_responses import document_errors, json_response
from app_back.web.media_types import (
    CSV,
    JSON,
    XLSX,
    charset_of,
    media_type_of,
    unsupported_media_type,
)
from app_back.web.responses import BatchResponse, explain_converted
from readmission.ports.serving import PatientFields
from readmission.records import Prediction

_MEDIA_TYPES = (JSON, CSV, XLSX)
_PATIENTS_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_ROWS,
    "items": {"description": "A Patient as for POST /predict; errors name the invalid ones."},
}
_REQUEST_BODY = {
    "required": True,
    "content": {
        JSON: {
            "schema": {
                "type": "object",
                "properties": {"patients": _PATIENTS_SCHEMA},
                "required": ["patients"],
                "additionalProperties": False,
            },
            "example": {"patients": [{"age": 75, "number_inpatient": 2}, {"age": 40}]},
        },
        CSV: {"schema": {"type": "string"}, "example": "age,number_inpatient\n75,2\n40,\n"},
        XLSX: {"schema": {"type": "string", "format": "binary"}},
    },
}

router = APIRouter(tags=["predictions"], dependencies=[require_scope("predict")])


@router.post(
    "/predict/batch",
    response_model=BatchResponse,
    responses=document_errors(401, 403, 413, 415, 422, 429, 500, 503),
    openapi_extra={"requestBody": _REQUEST_BODY},
)
async def predict_batch(request: Request, predictor: PredictorDep) -> Response:
    """Predict and store up to 10,000 patients; invalid rows are named and skipped.

    A table is read as spreadsheets save it: comma, semicolon or tab, UTF-8, UTF-16 or cp1252,
    decimal comma, names or labels in Spanish or English, or the dataset's own columns.
    """
    media_type = media_type_of(request)
    if media_type not in _MEDIA_TYPES:
        raise unsupported_media_type(*_MEDIA_TYPES)
    charset = charset_of(request)
    body = await request.body()

    def respond() -> Response:
        rows = _parse_rows(body, media_type, charset)
        return json_response(_predict_rows(predictor, rows))

    return await anyio.to_thread.run_sync(respond, limiter=predictor.one_batch_at_a_time)


def _parse_rows(body: bytes, media_type: str, charset: str | None) -> list[BatchRow]:
    if media_type == JSON:
        return parse_json_rows(body)
    return parse_table_rows(body, charset)


def _predict_rows(predictor: Predictor, rows: list[BatchRow]) -> dict[str, Any]:
    """Return the content of a ``BatchResponse`` as plain data."""
    numbers: list[int] = []
    patients: list[PatientFields] = []
    errors: list[dict[str, Any]] = []
    for row in rows:
        if row.patient is None:
            errors.append(_invalid_row(row))
        else:
            numbers.append(row.number)
            patients.append(row.patient)
    served = predictor.served()
    predictions: list[Prediction] = []
    if patients:
        predictions = predictor.predict_many(served, patients)
    numbered_predictions = zip(numbers, predictions, strict=True)
    version = served.version
    return {
        "status": 200,
        "rows": len(rows),
        "answered": len(patients),
        "rejected": len(errors),
        "model_name": version.name,
        "model_version": version.version,
        "threshold": served.model.threshold,
        "synthetic": version.synthetic,
        "predictions": [_predicted_row(*numbered) for numbered in numbered_predictions],
        "errors": errors,
    }


def _predicted_row(number: int, prediction: Prediction) -> dict[str, Any]:
    content: dict[str, Any] = {
        "row": number,
        "prediction": prediction.predicted_readmitted,
        "probability": prediction.probability,
        "prediction_id": prediction.prediction_id,
    }
    if prediction.given_diagnoses:
        content["converted"] = explain_converted(prediction.given_diagnoses, prediction.fields)
    return content


def _invalid_row(row: BatchRow) -> dict[str, Any]:
    return {
        "row": row.number,
        "detail": [detail.model_dump() for detail in row.errors],
    }
