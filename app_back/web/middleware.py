"""The middleware around every request: request ID, body limit, headers, metrics and log line."""

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
                message["headers"] = [
                    *message["headers"],
                    *_SECURITY_HEADERS,
                    id_header,
                ]
            await send(message)

        limited_receive = self._limit_body(scope, receive)
        try:
            await self._app(scope, limited_receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started_at
            self._record(scope, status, seconds)

    def _limit_body(self, scope: Scope, receive: Receive) -> Receive:
        """Return a ``receive`` that refuses a longer body than allowed."""
        limit = self._max_body_bytes
        content_length = _find_header(scope, b"content-length")
        if content_length is None:
            return _count_bytes(receive, limit)
        if int(content_length) > limit:
            return _refuse_body(limit)
        # The server reads no more than the declared length.
        return receive

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        """Count the request and log it under its route: the path itself may name a patient."""
        method = scope["method"]
        path = getattr(scope.get("route"), "path", "(none)")
        self._metrics.count_request(method, path, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            fields = {
                "request_id": scope["state"]["request_id"],
                "method": method,
                "path": path,
                "status": status,
                "ms": round(seconds * 1000, 3),
            }
            _log.info("request", extra=fields)


def _request_id(scope: Scope) -> str:
    """Return the ID that a proxy has given the request, or a new one."""
    proxy_id = _find_header(scope, b"x-request-id")
    if proxy_id is not None and _VALID_REQUEST_ID.fullmatch(proxy_id):
        return proxy_id.decode()
    return new_id()


def _find_header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of that lowercase name."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value
    return None


def _count_bytes(receive: Receive, limit: int) -> Receive:
    """Wrap ``receive`` for a body of undeclared length: it raises 413 once the limit is passed."""
    received_bytes = 0

    async def receive_and_count() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > limit:
            raise _body_too_long(limit)
        return message

    return receive_and_count


def _refuse_body(limit: int) -> Receive:
    """Return a ``receive`` that raises 413 instead of reading the body."""

    async def refuse() -> Message:
        raise _body_too_long(limit)

    return refuse


def _body_too_long(limit: int) -> HTTPException:
    return HTTPException(413, f"The body is longer than the allowed {limit} bytes.")
