"""Serve an ASGI app on a free port, from a thread of the tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from fastapi import FastAPI

from app_back.fast_predict.single_write_protocol import SingleWriteProtocol


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Yield the address at which ``app`` answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", ws="none", http=SingleWriteProtocol)
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
