"""Each response leaves in one write, and nothing is lost when a connection ends."""

import asyncio
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from app_back.fast_predict.single_write_protocol import SingleWriteProtocol
from tests.fakes.event_loop import run_apart


class RecordingTransport(asyncio.Transport):
    """Keeps what was written until it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def resume_reading(self) -> None:
        """There is nothing to resume."""


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    """Answer in three messages."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"11")]}
    )
    await send({"type": "http.response.body", "body": b"hello ", "more_body": True})
    await send({"type": "http.response.body", "body": b"world"})


async def answers(request: bytes) -> RecordingTransport:
    config = Config(hello, log_level="error")
    config.load()
    protocol = SingleWriteProtocol(config, ServerState(), app_state={})
    transport = RecordingTransport()
    protocol.connection_made(transport)
    protocol.data_received(request)
    await asyncio.sleep(0.01)
    return transport


def answer_to(request: bytes) -> RecordingTransport:
    return run_apart(lambda: answers(request))


@pytest.mark.parametrize(("asked", "closed"), [(b"", False), (b"Connection: close\r\n", True)])
def test_head_and_body_leave_together(asked: bytes, closed: bool) -> None:
    transport = answer_to(b"GET / HTTP/1.1\r\nHost: x\r\n" + asked + b"\r\n")
    (answer,) = transport.written
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nhello world")
    assert transport.closed == closed


def test_an_error_response_is_written_before_the_connection_closes() -> None:
    transport = answer_to(b"nonsense\r\n\r\n")
    assert transport.written[0].startswith(b"HTTP/1.1 400")
    assert transport.closed
