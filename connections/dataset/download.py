"""Download a file over https or http to local disk, whole or not at all."""

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
_MAX_WAIT_S = 30
_TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_TRANSIENT_ERRORS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)
_INVALID_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_EXPLANATIONS: tuple[tuple[type[requests.RequestException], str], ...] = (
    (requests.exceptions.SSLError, "its certificate does not hold"),
    (requests.exceptions.ProxyError, "the proxy refuses or does not answer"),
    (requests.exceptions.Timeout, "it takes too long to answer"),
    (requests.exceptions.ChunkedEncodingError, "the transfer broke off before the file was whole"),
    (requests.exceptions.TooManyRedirects, "it redirects without end"),
)
"""The first class that an error belongs to explains it."""


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
    """Download ``address`` to ``target``; retry transient failures, each after a longer wait.

    Raises UnreachableError when the last attempt fails, DatasetError for a file over the size
    limit, SettingError for an address that cannot work.
    """
    retrying = _retry_policy(address, limits)
    try:
        retrying(_attempt, address.url, target, limits, progress)
    except _INVALID_ADDRESS as error:
        raise SettingError(f"DATASET_URL: {address.public} is not an address: {error}") from error
    except requests.RequestException as error:
        raise UnreachableError(
            f"{address.public} cannot be downloaded: {_explain(error)}."
        ) from error


def _retry_policy(address: Address, limits: Limits) -> tenacity.Retrying:
    def log_failure(state: tenacity.RetryCallState) -> None:
        attempt = state.attempt_number
        logger.info("%s: try %d failed, another follows", address.public, attempt)

    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(limits.attempts),
        wait=tenacity.wait_exponential(multiplier=limits.first_wait_s, max=_MAX_WAIT_S),
        retry=tenacity.retry_if_exception(_is_transient),
        before_sleep=log_failure,
        reraise=True,
    )


def _attempt(url: str, target: Path, limits: Limits, progress: Progress) -> None:
    deadline = time.monotonic() + limits.total_timeout_s
    with requests.get(
        url,
        stream=True,
        timeout=(limits.connect_timeout_s, limits.read_timeout_s),
        headers={"Accept-Encoding": "identity"},  # Content-Length then counts the file's own bytes
    ) as response:
        response.raise_for_status()
        _save_body(response, target, limits, deadline, progress)


def _save_body(
    response: requests.Response, target: Path, limits: Limits, deadline: float, progress: Progress
) -> None:
    """Write the body to ``target``; raises when it is too large, or not whole by the deadline."""
    total = _content_length(response)
    done = 0
    with target.open("wb") as file:
        for chunk in _read_chunks(response):
            done += file.write(chunk)
            if done > limits.max_bytes:
                source = Address(response.url).public
                raise DatasetError(
                    f"{source} is larger than {limits.max_bytes:,} bytes: not the dataset."
                )

            if time.monotonic() > deadline:
                raise requests.exceptions.Timeout(f"not whole after {limits.total_timeout_s} s")

            progress("download", done, total)


def _content_length(response: requests.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    if not length.isdigit():
        return None
    return int(length)


def _read_chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives; raises when it is cut short.

    ``read1`` returns what there is instead of waiting for a whole chunk, so that the deadline is
    checked even for a server that sends a byte at a time.
    """
    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            yield chunk
    except urllib3.exceptions.TimeoutError as error:
        raise requests.exceptions.Timeout(str(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(str(error)) from error


def _is_transient(error: BaseException) -> bool:
    """Return whether another attempt may succeed."""
    if not isinstance(error, requests.HTTPError):
        return isinstance(error, _TRANSIENT_ERRORS)
    if error.response is None:
        return False
    return error.response.status_code in _TRANSIENT_STATUSES


def _explain(error: requests.RequestException) -> str:
    response = error.response
    if isinstance(error, requests.HTTPError) and response is not None:
        return f"it answers {response.status_code} {response.reason}"

    for error_class, explanation in _EXPLANATIONS:
        if isinstance(error, error_class):
            return explanation

    return "no connection"
