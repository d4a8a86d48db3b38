"""What surrounds every request: its ID, a limit on its body, headers, metrics and a log line."""

import logging
import re
import time

from fastapi.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app_back.metrics import Metrics
from readmission.ids import new_id

_log = logging.getLogger("app_back.access")
_VALID_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class RequestMiddleware:
    """The outermost middleware, in plain ASGI: it runs for every request, so it must be cheap."""

    def __init__(self, app: ASGIApp, metrics: Metrics, max_body_bytes: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an HTTP request on, then count and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                id_header = (b"x-request-id", request_id.encode())
                message["headers"] = [*message["headers"], *_SECURITY_HEADERS, id_header]
            await send(message)

        try:
            await self._app(scope, self._limit_body(scope, receive), send_with_headers)
        finally:
            self._record(scope, status, time.perf_counter() - started_at)

    def _limit_body(self, scope: Scope, receive: Receive) -> Receive:
        """Return a ``receive`` that refuses a longer body than allowed."""
        content_length = _header(scope, b"content-length")
        if content_length is None:
            return _count_bytes(receive, self._max_body_bytes)
        if int(content_length) <= self._max_body_bytes:
            return receive  # the server reads no more than the declared length
        return _refuse_body(self._max_body_bytes)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        path = getattr(scope.get("route"), "path", "(none)")
        self._metrics.count_request(scope["method"], path, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            fields = {
                "request_id": scope["state"]["request_id"],
                "method": scope["method"],
                "path": path,
                "status": status,
                "ms": round(seconds * 1000, 3),
            }
            _log.info("request", extra=fields)


def _request_id(scope: Scope) -> str:
    """Return the ID that a proxy has given the request, or a new one."""
    given = _header(scope, b"x-request-id") or b""
    return given.decode() if _VALID_REQUEST_ID.fullmatch(given) else new_id()


def _header(scope: Scope, name: bytes) -> bytes | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return next((value for key, value in headers if key == name), None)


def _count_bytes(receive: Receive, limit: int) -> Receive:
    length = 0

    async def receive_and_count() -> Message:
        nonlocal length
        message = await receive()
        length += len(message.get("body", b""))
        if length > limit:
            raise _body_too_long(limit)
        return message

    return receive_and_count


def _refuse_body(limit: int) -> Receive:
    async def refuse() -> Message:
        raise _body_too_long(limit)

    return refuse


def _body_too_long(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is longer than the allowed {limit} bytes.")
