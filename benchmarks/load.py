"""Put load on an address, with wrk where it is installed, else from Python."""

import asyncio
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local requests, sent = {}, 0
function init(args)
  for body in io.lines(args[1]) do requests[#requests + 1] = wrk.format(nil, nil, nil, body) end
end
function request()
  sent = sent + 1
  return requests[sent % #requests + 1]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n@{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What came back under load; of several turns ``p50_ms`` is the middle one's."""

    requests: int
    seconds: float
    p50_ms: float
    best_p50_ms: float
    p99_ms: float
    errors: int

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return self.requests / self.seconds


def put_load(url: str, bodies: Sequence[str], *, connections: int, seconds: int) -> Load:
    """Send one body after another, and all of them again, over so many connections."""
    if tool() == "wrk":
        return _wrk(url, bodies, connections, seconds)
    return asyncio.run(_python(url, bodies, connections, seconds))


def together(loads: Sequence[Load]) -> Load:
    """Return several turns as one: the median of their medians and the best of them, the worst 99th percentile."""
    return Load(
        sum(load.requests for load in loads),
        sum(load.seconds for load in loads),
        statistics.median(load.p50_ms for load in loads),
        min(load.best_p50_ms for load in loads),
        max(load.p99_ms for load in loads),
        sum(load.errors for load in loads),
    )


def tool() -> str:
    """Return what puts the load."""
    return "wrk" if shutil.which("wrk") else "a Python client, slower than wrk"


def _wrk(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder) / "post.lua", Path(folder) / "bodies"
        script.write_text(_SCRIPT)
        lines.write_text("\n".join(bodies))
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}",
            "--timeout",
            "10",
            "-s",
            script,
            url,
            "--",
            lines,
        ]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = json.loads(shown.rpartition("@")[2])
    return Load(**told, best_p50_ms=told["p50_ms"])


async def _python(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    """Measure with sockets; slower than wrk, so the ratios are kinder than the truth."""
    ends, answers = time.monotonic() + seconds, []
    requests = cycle([_request(url, body) for body in bodies])
    await asyncio.gather(*(_connection(url, requests, ends, answers) for _ in range(connections)))
    latencies = [latency for latency, _ in answers]
    cuts = [cut * 1000 for cut in statistics.quantiles(latencies, n=100)]
    errors = sum(not ok for _, ok in answers)
    return Load(len(answers), seconds, cuts[49], cuts[49], cuts[98], errors)


def _request(url: str, body: str) -> bytes:
    parts = urlsplit(url)
    return (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
    ).encode()


async def _connection(
    url: str, requests: Iterator[bytes], ends: float, answers: list[tuple[float, bool]]
) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while (started := time.monotonic()) < ends:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        answers.append((time.monotonic() - started, b" 200 " in head[:16]))
    writer.close()
