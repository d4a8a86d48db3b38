"""Error responses as JSON that names the field: the one place where errors become HTTP."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app_back.web.patient_payload import CodeGroupMismatchError
from readmission import errors
from readmission.schema import FIELD_BY_NAME

_log = logging.getLogger(__name__)
RETRY_AFTER_S = "2"
_LOCATIONS = ("body", "query", "path", "header")
_STATUS_OF_ERROR: dict[type[errors.ReadmissionError], int] = {
    errors.UnknownVersionError: 404,
    errors.NotReadyError: 409,
    errors.AlreadyRunningError: 409,
    errors.StageRefusedError: 409,
    errors.SettingError: 500,
    errors.InputError: 422,
    errors.TemporaryError: 503,
    errors.StageFailedError: 500,
    errors.FatalError: 500,
}
"""The first class that matches decides."""
_MEANING_OF_STATUS = {
    401: "The API key is missing or wrong.",
    403: "The API key lacks the scope.",
    404: "Not found.",
    409: "Another stage must run or finish first.",
    413: "The body is too long.",
    415: "The endpoint does not read this content type.",
    422: "The input is invalid; each invalid field is named.",
    429: "Too many requests with this key; retry after Retry-After.",
    500: "Internal error; the log explains it under the request's ID.",
    503: "There is no model yet, the database is unavailable or too much is queued; "
    "retry after Retry-After.",
}


class Detail(BaseModel):
    """One thing that is wrong."""

    field: str | None = Field(
        description="The invalid field, parameter or header; null if it is no single one."
    )
    message: str
    allowed: str | None = Field(None, description="Which values are allowed.")


class Problem(BaseModel):
    """The body of every error response."""

    status: int
    detail: list[Detail]
    request_id: str


def install_error_handlers(app: FastAPI) -> None:
    """Translate the project's errors, the framework's, and unexpected ones."""
    app.add_exception_handler(errors.ReadmissionError, _handle_project_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(Exception, _handle_unexpected_error)


async def error_response_for(request: Request, error: Exception) -> Response:
    """Call the installed handler of an error, for code outside Starlette's own error handling."""
    handlers: Mapping[Any, Any] = request.app.exception_handlers
    error_classes = type(error).__mro__
    handler = next(handlers[kind] for kind in error_classes if kind in handlers)
    response: Response = await handler(request, error)
    return response


def document_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's ``responses`` for the error statuses of an endpoint."""
    return {
        status: {"model": Problem, "description": _MEANING_OF_STATUS[status]} for status in statuses
    }


def details_of(validation_errors: Sequence[Mapping[str, Any]]) -> list[Detail]:
    """Return what is wrong, field by field, from pydantic's errors."""
    details: list[Detail] = []
    for error in validation_errors:
        mismatch = error.get("ctx", {}).get("error")
        if isinstance(mismatch, CodeGroupMismatchError):
            details += [Detail(field=name, message=str(mismatch)) for name in mismatch.fields]
        else:
            details.append(_detail_of(error))
    return details


def error_response(
    request: Request,
    status: int,
    details: Sequence[Detail],
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the ``Problem`` of a request as JSON."""
    problem = Problem(status=status, detail=list(details), request_id=_request_id_of(request))
    return json_response(problem.model_dump(), status, headers)


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return plain data as JSON."""
    return Response(orjson.dumps(content), status, headers, "application/json")


def _detail_of(error: Mapping[str, Any]) -> Detail:
    error_type = error["type"]
    if error_type == "json_invalid":
        reason = error["ctx"]["error"]
        return Detail(field="body", message=f"Invalid JSON: {reason}")
    path = [str(part) for part in error["loc"] if part not in _LOCATIONS]
    name = ".".join(path) or "body"
    if error_type == "extra_forbidden":
        return Detail(field=name, message="There is no such field.")
    field = FIELD_BY_NAME.get(path[0]) if path else None
    if field is None:
        return Detail(field=name, message=error["msg"])
    return Detail(field=name, message=error["msg"], allowed=field.domain.describe())


async def _handle_project_error(request: Request, error: Exception) -> Response:
    status = _status_of(error)
    is_explained = status != 500 or isinstance(error, errors.StageFailedError)
    if not is_explained:
        return await _handle_unexpected_error(request, error)
    headers = {"Retry-After": RETRY_AFTER_S} if status == 503 else None
    detail = Detail(field=None, message=_public_message(error))
    return error_response(request, status, [detail], headers)


def _status_of(error: Exception) -> int:
    matching = (status for kind, status in _STATUS_OF_ERROR.items() if isinstance(error, kind))
    return next(matching)


def _public_message(error: Exception) -> str:
    """Return the message without server addresses, which only the log may show."""
    if isinstance(error, errors.UnreachableError):
        _log.warning("a server is unreachable", extra={"reason": str(error)})
        return "The database or the model registry is unavailable; try again later."
    return str(error)


async def _handle_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    return error_response(request, 422, details_of(error.errors()))


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_allowed_methods(request)))
    # FastAPI responds 400 to a body that is no text at all; that is invalid input like any other.
    status = 422 if error.status_code == 400 else error.status_code
    return error_response(request, status, [Detail(field=None, message=str(error.detail))], headers)


def _allowed_methods(request: Request) -> set[str]:
    """Return the methods of all routes of the path; Starlette names only those of the first."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _scope = route.matches(request.scope)
        if match is not Match.NONE:
            methods |= route.methods
    return methods


async def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    request_id = _request_id_of(request)
    _log.error("request failed", extra={"request_id": request_id}, exc_info=error)
    message = f"Internal error; search the API's log for the request ID {request_id}."
    return error_response(request, 500, [Detail(field=None, message=message)])


def _request_id_of(request: Request) -> str:
    request_id: str = request.scope["state"]["request_id"]
    return request_id
