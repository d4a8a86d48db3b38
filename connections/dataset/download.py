"""Bring a file from an http or https address to local disk, whole or not at all."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests
import tenacity
import urllib3

from connections.dataset.address import Address
from readmission.errors import DatasetError, SettingError, UnreachableError
from readmission.ports.data import Progress

logger = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 20
_MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_WRONG_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_REASONS: tuple[tuple[type[requests.RequestException], str], ...] = (
    (requests.exceptions.SSLError, "its certificate does not hold"),
    (requests.exceptions.ProxyError, "the proxy refuses or does not answer"),
    (requests.exceptions.Timeout, "it takes too long to answer"),
    (requests.exceptions.ChunkedEncodingError, "the transfer broke off before the file was whole"),
    (requests.exceptions.TooManyRedirects, "it redirects without end"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, how often to try, how much to accept."""

    connect_timeout_s: float = 10
    read_timeout_s: float = 30
    total_timeout_s: float = 1800
    attempts: int = 3
    first_wait_s: float = 1
    max_bytes: int = 4 << 30


def download(address: Address, target: Path, limits: Limits, progress: Progress) -> None:
    """Stream ``address`` to ``target``; failures that may pass are tried again, each after a longer wait."""
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(limits.attempts),
        wait=tenacity.wait_exponential(multiplier=limits.first_wait_s, max=30),
        retry=tenacity.retry_if_exception(_may_pass),
        before_sleep=lambda state: logger.info(
            "%s: try %d failed, another follows", address.public, state.attempt_number
        ),
        reraise=True,
    )
    try:
        retrying(_stream, address.url, target, limits, progress)
    except _WRONG_ADDRESS as error:
        raise SettingError(f"DATASET_URL: {address.public} is not an address: {error}") from error
    except requests.RequestException as error:
        raise UnreachableError(
            f"{address.public} cannot be downloaded: {_reason(error)}."
        ) from error


def _stream(url: str, target: Path, limits: Limits, progress: Progress) -> None:
    deadline = time.monotonic() + limits.total_timeout_s
    with requests.get(
        url,
        stream=True,
        timeout=(limits.connect_timeout_s, limits.read_timeout_s),
        headers={"Accept-Encoding": "identity"},  # Content-Length then counts the file's own bytes
    ) as response:
        response.raise_for_status()
        _write(response, target, limits, deadline, progress)


def _write(
    response: requests.Response, target: Path, limits: Limits, deadline: float, progress: Progress
) -> None:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    done = 0
    with target.open("wb") as file:
        for chunk in _body(response):
            done += file.write(chunk)
            if done > limits.max_bytes:
                raise DatasetError(
                    f"{Address(response.url).public} is larger than {limits.max_bytes:,} bytes: not the dataset."
                )
            if time.monotonic() > deadline:
                raise requests.exceptions.Timeout(f"not whole after {limits.total_timeout_s} s")
            progress("download", done, total)


def _body(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives, so that one that drips meets the deadline; raises when it is cut short."""
    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            yield chunk
    except urllib3.exceptions.TimeoutError as error:
        raise requests.exceptions.Timeout(str(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(str(error)) from error


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError):
        return error.response is not None and error.response.status_code in _MAY_PASS
    return isinstance(
        error,
        requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError,
    )


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answers {error.response.status_code} {error.response.reason}"
    return next((text for kind, text in _REASONS if isinstance(error, kind)), "no connection")
