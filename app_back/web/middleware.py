"""What surrounds every request: its id, a limit on its body, headers, a log line and metrics. Pure ASGI."""

import logging
import re
import time
from collections.abc import MutableMapping
from typing import Any

from fastapi.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app_back.metrics import Metrics
from readmission.ids import new_id

_log = logging.getLogger("app_back.access")
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class RequestMiddleware:
    """The outermost middleware of ours."""

    def __init__(self, app: ASGIApp, metrics: Metrics, max_body_bytes: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, between its id and its log line."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        added = [*_SECURITY_HEADERS, (b"x-request-id", request_id.encode())]
        started, status = time.perf_counter(), 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        try:
            await self._app(scope, self._limited(scope, receive), send_on)
        finally:
            self._account(scope, status, time.perf_counter() - started)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Return a ``receive`` that refuses a body beyond the limit; an honest short length needs no counting."""
        declared = next(
            (value for name, value in scope["headers"] if name == b"content-length"), None
        )
        if declared is not None and int(declared) <= self._max_body_bytes:
            return receive
        return _counting(receive, self._max_body_bytes, int(declared or 0))

    def _account(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        path = getattr(scope.get("route"), "path", "(none)")
        self._metrics.count_request(scope["method"], path, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            line = logging.LogRecord(
                _log.name, logging.INFO, "", 0, "request", None, None
            )  # looks for no caller
            line.__dict__.update(
                request_id=scope["state"]["request_id"],
                method=scope["method"],
                path=path,
                status=status,
                ms=round(seconds * 1000, 3),
            )
            _log.handle(line)


def _counting(receive: Receive, limit: int, length: int) -> Receive:
    async def receive_counted() -> Message:
        nonlocal length
        message = await receive()
        length += len(message.get("body", b""))
        if length > limit:
            raise HTTPException(413, f"The body is longer than {limit} bytes.")
        return message

    return receive_counted


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _GIVEN_ID.fullmatch(given) else new_id()
