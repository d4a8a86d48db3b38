"""Load on one address: from wrk where it is installed, else from Python."""

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

_WRK_SCRIPT = """
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
  io.write(string.format(
    '\\n@{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}\\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """The answers under load; over several turns ``p50_ms`` is the median of their medians."""

    requests: int
    seconds: float
    p50_ms: float
    best_p50_ms: float
    p99_ms: float
    errors: int

    @property
    def per_second(self) -> float:
        """The throughput, in answers per second."""
        return self.requests / self.seconds


def put_load(url: str, bodies: Sequence[str], *, connections: int, seconds: int) -> Load:
    """Post the bodies, over and over, on a number of connections at once."""
    if shutil.which("wrk"):
        return _load_by_wrk(url, bodies, connections, seconds)
    return asyncio.run(_load_by_python(url, bodies, connections, seconds))


def combine_turns(turns: Sequence[Load]) -> Load:
    """Return several turns as one: the median and the best of their p50, the worst of their p99."""
    return Load(
        requests=sum(turn.requests for turn in turns),
        seconds=sum(turn.seconds for turn in turns),
        p50_ms=statistics.median(turn.p50_ms for turn in turns),
        best_p50_ms=min(turn.best_p50_ms for turn in turns),
        p99_ms=max(turn.p99_ms for turn in turns),
        errors=sum(turn.errors for turn in turns),
    )


def load_tool() -> str:
    """Return the name of the load generator."""
    return "wrk" if shutil.which("wrk") else "a Python client, slower than wrk"


def _load_by_wrk(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(_WRK_SCRIPT)
        bodies_file = Path(folder) / "bodies"
        bodies_file.write_text("\n".join(bodies))
        options = ["-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "10"]
        command = ["wrk", *options, "-s", str(script), url, "--", str(bodies_file)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    summary = json.loads(output.rpartition("@")[2])
    return Load(**summary, best_p50_ms=summary["p50_ms"])


async def _load_by_python(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    """Measure over plain sockets; slower than wrk, so shares of the empty endpoint look better."""
    ends_at = time.monotonic() + seconds
    answers: list[_Answer] = []
    requests = cycle([_format_request(url, body) for body in bodies])
    clients = [_keep_posting(url, requests, ends_at, answers) for _ in range(connections)]
    await asyncio.gather(*clients)
    percentiles_s = statistics.quantiles([answer.latency_s for answer in answers], n=100)
    p50_ms = percentiles_s[49] * 1000
    p99_ms = percentiles_s[98] * 1000
    errors = sum(not answer.succeeded for answer in answers)
    return Load(len(answers), seconds, p50_ms, p50_ms, p99_ms, errors)


@dataclass(frozen=True, slots=True)
class _Answer:
    latency_s: float
    succeeded: bool


def _format_request(url: str, body: str) -> bytes:
    address = urlsplit(url)
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    )
    return (head + body).encode()


async def _keep_posting(
    url: str, requests: Iterator[bytes], ends_at: float, answers: list[_Answer]
) -> None:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    while (started_at := time.monotonic()) < ends_at:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_content_length(head))
        succeeded = b" 200 " in head[:16]
        answers.append(_Answer(time.monotonic() - started_at, succeeded))
    writer.close()


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length: ")
    return int(rest.partition(b"\r\n")[0])
