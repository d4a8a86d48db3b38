"""A load generator for one address: wrk where it is installed, else plain Python sockets."""

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
    """Requests and latencies under load; over several turns ``p50_ms`` is the median of theirs."""

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
    """Post the bodies in turn, again and again, on several connections at once."""
    if _has_wrk():
        return _load_by_wrk(url, bodies, connections, seconds)
    load = _load_by_python(url, bodies, connections, seconds)
    return asyncio.run(load)


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
    return "wrk" if _has_wrk() else "a Python client, slower than wrk"


def _has_wrk() -> bool:
    return shutil.which("wrk") is not None


def _load_by_wrk(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "post.lua"
        script.write_text(_WRK_SCRIPT)
        bodies_file = folder / "bodies"
        bodies_file.write_text("\n".join(bodies))
        command = [
            "wrk",
            "--threads=1",
            f"--connections={connections}",
            f"--duration={seconds}",
            "--timeout=10",
            f"--script={script}",
            url,
            "--",
            str(bodies_file),
        ]
        process = subprocess.run(command, check=True, capture_output=True, text=True)
    _, _, summary_json = process.stdout.rpartition("@")
    summary = json.loads(summary_json)
    return Load(**summary, best_p50_ms=summary["p50_ms"])


async def _load_by_python(url: str, bodies: Sequence[str], connections: int, seconds: int) -> Load:
    """Measure over plain sockets; slower than wrk, so shares of the empty endpoint look better."""
    ends_at = time.monotonic() + seconds
    answers: list[_Answer] = []
    requests = cycle([_format_request(url, body) for body in bodies])
    clients = [_keep_posting(url, requests, ends_at, answers) for _ in range(connections)]
    await asyncio.gather(*clients)
    latencies_s = [answer.latency_s for answer in answers]
    percentiles_s = statistics.quantiles(latencies_s, n=100)
    p50_ms = percentiles_s[49] * 1000
    p99_ms = percentiles_s[98] * 1000
    failed = [answer for answer in answers if not answer.succeeded]
    return Load(
        requests=len(answers),
        seconds=seconds,
        p50_ms=p50_ms,
        best_p50_ms=p50_ms,
        p99_ms=p99_ms,
        errors=len(failed),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    latency_s: float
    succeeded: bool


def _format_request(url: str, body: str) -> bytes:
    address = urlsplit(url)
    encoded_body = body.encode()
    head_lines = [
        f"POST {address.path} HTTP/1.1",
        f"Host: {address.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(encoded_body)}",
    ]
    head = "\r\n".join(head_lines)
    return head.encode() + b"\r\n\r\n" + encoded_body


async def _keep_posting(
    url: str, requests: Iterator[bytes], ends_at: float, answers: list[_Answer]
) -> None:
    """Post one request after another on one connection, until ``ends_at``."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    started_at = time.monotonic()
    while started_at < ends_at:
        request = next(requests)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body_bytes = _content_length(head)
        await reader.readexactly(body_bytes)
        received_at = time.monotonic()
        latency_s = received_at - started_at
        succeeded = b" 200 " in head[:16]
        answer = _Answer(latency_s, succeeded)
        answers.append(answer)
        started_at = time.monotonic()
    writer.close()


def _content_length(head: bytes) -> int:
    header_lines = head.lower().splitlines()
    for line in header_lines:
        name, _, value = line.partition(b": ")
        if name == b"content-length":
            return int(value)
    raise ValueError("The answer has no Content-Length.")
