"""Errors as JSON that names the field: the one place where they become HTTP."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from readmission import errors
from readmission.schema import FIELD_BY_NAME

_log = logging.getLogger(__name__)
RETRY_AFTER_S = "2"
_STATUS_OF = {
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


class Detail(BaseModel):
    """One thing that is wrong."""

    field: str | None = Field(
        description="The field, parameter or header that is wrong; null if no single one is."
    )
    message: str
    allowed: str | None = Field(None, description="What would be right.")


class Problem(BaseModel):
    """Every error answer."""

    status: int
    detail: list[Detail]
    request_id: str


def install_error_handlers(app: FastAPI) -> None:
    """Translate every error of the project, of the framework, and the ones nobody foresaw."""
    app.add_exception_handler(errors.ReadmissionError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unforeseen)


async def error_response_for(request: Request, error: Exception) -> Response:
    """Return what the installed handlers would answer, for who is not inside of Starlette's layers."""
    handlers: Mapping[Any, Any] = request.app.exception_handlers
    response: Response = await next(
        handlers[kind] for kind in type(error).__mro__ if kind in handlers
    )(request, error)
    return response


def document_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's ``responses`` for the error statuses that an endpoint can answer."""
    return {status: {"model": Problem, "description": _MEANING[status]} for status in statuses}


def details_of(invalid: Sequence[Mapping[str, Any]]) -> list[Detail]:
    """Return what is wrong, field by field, from pydantic's errors."""
    return [detail for error in invalid for detail in _details(error)]


def error_response(
    request: Request, status: int, details: Sequence[Detail], **headers: str
) -> Response:
    """Return an error answer."""
    problem = Problem(
        status=status, detail=list(details), request_id=request.scope["state"]["request_id"]
    )
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return json_response(problem.model_dump(), status, headers)


def json_response(
    content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return plain data as JSON."""
    return Response(orjson.dumps(content), status, headers, "application/json")


def _details(error: Mapping[str, Any]) -> list[Detail]:
    if error["type"] == "code_and_group":
        names = (error["ctx"]["code_name"], error["ctx"]["group_name"])
        return [Detail(field=name, message=error["msg"], allowed=None) for name in names]
    place = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header")]
    field = FIELD_BY_NAME.get(place[0]) if place else None
    if error["type"] == "extra_forbidden":
        return [Detail(field=".".join(place), message="There is no such field.", allowed=None)]
    allowed = field.domain.describe() if field else None
    return [Detail(field=".".join(place) or "body", message=error["msg"], allowed=allowed)]


async def _answer_ours(request: Request, error: Exception) -> Response:
    status = next(status for kind, status in _STATUS_OF.items() if isinstance(error, kind))
    if status == 500 and not isinstance(error, errors.StageFailedError):
        return await _answer_unforeseen(request, error)
    retry = {"Retry_After": RETRY_AFTER_S} if status == 503 else {}
    return error_response(request, status, [Detail(field=None, message=_public(error))], **retry)


def _public(error: Exception) -> str:
    """Say it without the server's addresses: those stand in the log."""
    if isinstance(error, errors.UnreachableError):
        _log.warning("Unreachable.", extra={"reason": str(error)})
        return "The database or the model registry does not answer now; try again."
    return str(error)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    return error_response(request, 422, details_of(error.errors()))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    headers = {name.replace("-", "_"): value for name, value in (error.headers or {}).items()}
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    status = (
        422 if error.status_code == 400 else error.status_code
    )  # FastAPI's 400: the body is not even text
    return error_response(
        request, status, [Detail(field=None, message=str(error.detail))], **headers
    )


def _methods_of(request: Request) -> set[str]:
    """Return what the path allows over all of its routes; Starlette names the first one's methods only."""
    routes = [
        route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE
    ]
    return {method for route in routes for method in route.methods}


async def _answer_unforeseen(request: Request, error: Exception) -> Response:
    request_id = request.scope["state"]["request_id"]
    _log.error("Failed.", extra={"request_id": request_id}, exc_info=error)
    return error_response(
        request,
        500,
        [Detail(field=None, message=f"An internal error; the log tells more at {request_id}.")],
    )


_MEANING = {
    401: "The key is missing or wrong.",
    403: "The key may not do this.",
    404: "There is no such thing.",
    409: "Something has to happen, or end, first.",
    413: "The body is too long.",
    415: "The content type is not one that this endpoint reads.",
    422: "The input is wrong; the fields are named.",
    429: "Too many requests for this key.",
    500: "An internal error, by its id.",
    503: "No model yet, the database is away, or too much is waiting: try again after Retry-After.",
}
