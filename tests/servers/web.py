"""A small web server on loopback whose pages misbehave as they are told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

Page = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class WebServer:
    """Pages by path, and the paths that were asked for; ``closing`` ends the pages that wait."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    closing: Event = field(default_factory=Event)

    def put(self, path: str, page: Page) -> str:
        """Offer a page and return its address."""
        self.pages[path] = page
        return self.url + path


@contextmanager
def running_web() -> Iterator[WebServer]:
    """Serve on a free port until the block ends."""
    web = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            web.asked.append(path)
            web.pages.get(path, answer(404, b"nothing here"))(self)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield web
        finally:
            web.closing.set()
            server.shutdown()
            thread.join()


def answer(status: int, body: bytes, *, length: int | None = None, **headers: str) -> Page:
    """Answer at once; ``length`` may lie."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


def stall(web: WebServer, body: bytes) -> Page:
    """Send the beginning of a longer body, then nothing more."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) + 1000))
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()
        web.closing.wait(30)

    return page


def drip(web: WebServer) -> Page:
    """Send a byte now and then, without end."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        answer(200, b"", length=10_000)(handler)
        with suppress(ConnectionError):
            while not web.closing.wait(0.05):
                handler.wfile.write(b"x")

    return page


def chunked(body: bytes) -> Page:
    """Answer in chunks of three bytes, labelled as gzip."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Connection", "close")
        handler.end_headers()
        pieces = [body[start : start + 3] for start in range(0, len(body), 3)]
        handler.wfile.write(
            b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
        )

    return page


def in_turn(*pages: Page) -> Page:
    """Answer with each page once, then always with the last."""
    left = list(pages)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)
