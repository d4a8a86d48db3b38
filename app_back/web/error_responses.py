"""Error responses as JSON that names the field: the one place where errors become HTTP."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app_back.web.near_names import near_category, near_field
from app_back.web.patient_payload import CodeGroupMismatchError
from readmission import errors
from readmission.schema import FIELD_BY_NAME
from readmission.schema import Field as SchemaField
from readmission.schema.diagnoses import UnknownDiagnosisError

RETRY_AFTER_S = "2"
_ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]

_log = logging.getLogger(__name__)
_STATIC_METHODS = ("GET", "HEAD")
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
"""The first class that an error is an instance of decides."""
_MEANING_OF_STATUS = {
    401: "The API key is missing or invalid.",
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
    """One error in the request."""

    field: str | None = Field(
        description="The invalid field, parameter or header; null if no single one is invalid."
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
    handler = _find_handler(request.app, type(error))
    response: Response = await handler(request, error)
    return response


def document_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's ``responses`` for the error statuses of an endpoint."""
    responses: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        responses[status] = {
            "model": Problem,
            "description": _MEANING_OF_STATUS[status],
        }
    return responses


def details_of(validation_errors: Sequence[Mapping[str, Any]]) -> list[Detail]:
    """Convert pydantic's errors to one detail for each invalid field."""
    details: list[Detail] = []
    for error in validation_errors:
        context = error.get("ctx", {})
        cause = context.get("error")
        if isinstance(cause, CodeGroupMismatchError):
            details.extend(_details_of_mismatch(cause))
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
    problem = Problem(
        status=status,
        detail=list(details),
        request_id=_request_id_of(request),
    )
    return json_response(problem.model_dump(), status, headers)


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return plain data as JSON."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def _find_handler(app: FastAPI, error_class: type[Exception]) -> _ErrorHandler:
    """Return the handler of the class, or of its nearest base class that has one."""
    handlers: Mapping[Any, Any] = app.exception_handlers
    for base_class in error_class.__mro__:
        handler: _ErrorHandler | None = handlers.get(base_class)
        if handler is not None:
            return handler
    raise LookupError(f"The app has no handler for {error_class.__name__}.")


def _details_of_mismatch(mismatch: CodeGroupMismatchError) -> list[Detail]:
    """Name both fields: either of them may be the invalid one."""
    message = str(mismatch)
    details = []
    for name in mismatch.fields:
        detail = Detail(field=name, message=message)
        details.append(detail)
    return details


def _detail_of(error: Mapping[str, Any]) -> Detail:
    error_type = error["type"]
    if error_type == "json_invalid":
        reason = error["ctx"]["error"]
        return Detail(field="body", message=f"Invalid JSON: {reason}")
    path = [str(part) for part in error["loc"] if part not in _LOCATIONS]
    name = ".".join(path) or "body"
    if error_type == "extra_forbidden":
        return Detail(field=name, message=_no_such_field(name))
    field = FIELD_BY_NAME.get(path[0]) if path else None
    if field is None:
        return Detail(field=name, message=error["msg"])
    return Detail(
        field=name,
        message=_message_for(field, error),
        allowed=field.describe(),
    )


def _no_such_field(name: str) -> str:
    nearest = near_field(name)
    if nearest is None:
        return "There is no such field."
    return f"There is no such field; did you mean {nearest}?"


def _message_for(field: SchemaField, error: Mapping[str, Any]) -> str:
    """Return the message of an error in a field's value, with the nearest valid value."""
    context = error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, UnknownDiagnosisError):
        return str(cause)
    message: str = error["msg"]
    nearest = near_category(field.name, error.get("input"))
    if nearest is None:
        return message
    return f"{message}; did you mean {nearest}?"


async def _handle_project_error(request: Request, error: Exception) -> Response:
    status = _status_of(error)
    may_show_message = status != 500 or isinstance(error, errors.StageFailedError)
    if not may_show_message:
        return await _handle_unexpected_error(request, error)
    headers = {}
    if status == 503:
        headers["Retry-After"] = RETRY_AFTER_S
    message = _public_message(error)
    detail = Detail(field=None, message=message)
    return error_response(request, status, [detail], headers)


def _status_of(error: Exception) -> int:
    for error_class, status in _STATUS_OF_ERROR.items():
        if isinstance(error, error_class):
            return status
    raise LookupError(f"{type(error).__name__} has no HTTP status.")


def _public_message(error: Exception) -> str:
    """Return the message without server addresses, which only the log may show."""
    message = str(error)
    if isinstance(error, errors.UnreachableError):
        _log.warning("a server is unreachable", extra={"reason": message})
        return "The database or the model registry is unavailable; try again later."
    return message


async def _handle_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    details = details_of(error.errors())
    return error_response(request, 422, details)


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    headers = dict(error.headers or {})
    status = error.status_code
    if status == 405:
        methods = sorted(_allowed_methods(request))
        headers["Allow"] = ", ".join(methods)
    if status == 400:
        # FastAPI responds 400 to a body that is not text; that is invalid input like any other.
        status = 422
    detail = Detail(field=None, message=str(error.detail))
    return error_response(request, status, [detail], headers)


def _allowed_methods(request: Request) -> set[str]:
    """Return the methods of all routes of the path; Starlette names only those of the first."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _scope = route.matches(request.scope)
        if match is not Match.NONE:
            # A folder of static files has no methods of its own.
            methods.update(getattr(route, "methods", _STATIC_METHODS))
    return methods


async def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    request_id = _request_id_of(request)
    log_fields = {"request_id": request_id}
    _log.error("request failed", extra=log_fields, exc_info=error)
    message = f"Internal error; search the API's log for the request ID {request_id}."
    detail = Detail(field=None, message=message)
    return error_response(request, 500, [detail])


def _request_id_of(request: Request) -> str:
    state = request.scope["state"]
    request_id: str = state["request_id"]
    return request_id
