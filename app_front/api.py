"""The API as the form sees it: every call has a time-out and fails with one of the project's errors."""

import os
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn

import requests

from readmission.errors import (
    BusyError,
    FatalError,
    InputError,
    NoChampionError,
    ReadmissionError,
    SettingError,
    UnknownVersionError,
    UnreachableError,
)

URL_VARIABLE, KEY_VARIABLE = "API_URL", "API_KEY"
DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_S, ANSWER_S = 3, 30


class RefusedFieldsError(InputError):
    """The API refuses some fields: ``problems`` are (field, reason)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Api:
    """One API server."""

    url: str
    key: str | None = None

    def get(self, path: str, **query: object) -> Any:
        """Read ``path``; empty filters are left out."""
        return self._call(
            "GET", path, params={name: value for name, value in query.items() if value is not None}
        )

    def post(self, path: str, body: object) -> Any:
        """Send ``body`` as JSON."""
        return self._call("POST", path, json=body)

    def post_csv(self, path: str, text: str) -> Any:
        """Send a CSV."""
        return self._call("POST", path, data=text.encode(), headers={"Content-Type": "text/csv"})

    def _call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> Any:
        headers = {**(headers or {}), **({"X-API-Key": self.key} if self.key else {})}
        try:
            response = requests.request(
                method, self.url + path, headers=headers, timeout=(CONNECT_S, ANSWER_S), **options
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise UnreachableError(f"{self.url} does not answer") from error
        return response.json() if response.ok else self._refuse(response)

    def _refuse(self, response: requests.Response) -> NoReturn:
        """Raise what the API's error answer means for the visitor."""
        details = _details(response)
        reason = "; ".join(detail["message"] for detail in details)
        if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and all(
            detail.get("field") for detail in details
        ):
            raise RefusedFieldsError([(detail["field"], detail["message"]) for detail in details])
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            raise BusyError(reason) if self._has_model() else NoChampionError(reason)
        raise _ERROR_OF.get(HTTPStatus(response.status_code), FatalError)(reason)

    def _has_model(self) -> bool:
        """Tell an API without a model from one that is busy: /model answers 503 in the first case only."""
        return requests.get(f"{self.url}/model", timeout=(CONNECT_S, ANSWER_S)).ok


_ERROR_OF: dict[HTTPStatus, type[ReadmissionError]] = {
    HTTPStatus.UNAUTHORIZED: SettingError,
    HTTPStatus.FORBIDDEN: SettingError,
    HTTPStatus.NOT_FOUND: UnknownVersionError,
    HTTPStatus.CONFLICT: BusyError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: InputError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InputError,
    HTTPStatus.TOO_MANY_REQUESTS: BusyError,
}


def _details(response: requests.Response) -> list[dict[str, str]]:
    """Return the reasons of an error answer; a proxy's answer is not JSON."""
    try:
        return list(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return [{"message": f"HTTP {response.status_code}"}]


def from_environment() -> Api:
    """Return the API that API_URL and API_KEY name."""
    return Api(
        os.environ.get(URL_VARIABLE, DEFAULT_URL).rstrip("/"), os.environ.get(KEY_VARIABLE) or None
    )
