"""uvicorn's HTTP protocol with one write for each response.

uvicorn writes the head and then the body: two system calls, the first of which wakes the client
for a response that is not complete yet.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class SingleWriteProtocol(HttpToolsProtocol):
    """Responds over a transport that joins all writes of one event-loop iteration."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wrap the transport of a new connection."""
        joining = _JoiningTransport(transport, self.loop)
        super().connection_made(joining)  # type: ignore[arg-type]


class _JoiningTransport:
    """Collects writes, and passes them on together in the next event-loop iteration."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pending: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write ``data`` soon, together with what else is written in this iteration."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def close(self) -> None:
        """Write the pending data, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._pending:
            data = b"".join(self._pending)
            self._transport.write(data)
            self._pending.clear()
