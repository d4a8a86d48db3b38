"""Client of the API: one method per endpoint, with timeouts and the project's own errors."""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import requests

from app_front.api_responses import (
    BatchResponse,
    Contribution,
    ErrorDetail,
    Experiment,
    Model,
    Monitoring,
    Patient,
    Prediction,
    PredictionFilters,
    PredictionsPage,
    Promotion,
    Report,
    StoredPrediction,
)
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

URL_VARIABLE = "API_URL"
KEY_VARIABLE = "API_KEY"
DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 30
TIMEOUT_S = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)


class RefusedFieldsError(InputError):
    """Some fields are refused: ``problems`` are pairs of field and reason."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        descriptions = []
        for field, reason in problems:
            descriptions.append(f"{field}: {reason}")
        super().__init__("; ".join(descriptions))
        self.problems = problems


class FieldsRefusedByApiError(RefusedFieldsError):
    """The API refuses some fields; its reasons are English."""


@dataclass(frozen=True, slots=True)
class Api:
    """One API server, and the key that it is called with.

    Every method raises ``UnreachableError`` when the server does not answer, and the error that
    ``_raise_error`` finds for the response otherwise.
    """

    url: str
    key: str | None = None

    def fetch_model(self) -> Model:
        """Describe the served model."""
        model: Model = self._get("/model")
        return model

    def fetch_report(self) -> Report:
        """Return the evaluation of the served model."""
        response = self._get("/model/report")
        report: Report = response["report"]
        return report

    def fetch_experiments(self) -> list[Experiment]:
        """Return the candidates of all trainings, those of the newest training first."""
        response = self._get("/experiments")
        experiments: list[Experiment] = response["experiments"]
        return experiments

    def fetch_promotions(self) -> list[Promotion]:
        """Return every decision about the champion, newest first."""
        response = self._get("/promotions")
        promotions: list[Promotion] = response["promotions"]
        return promotions

    def fetch_monitoring(self) -> Monitoring:
        """Compare the latest predictions with the training data."""
        monitoring: Monitoring = self._get("/monitoring")
        return monitoring

    def fetch_predictions(
        self, filters: PredictionFilters, *, limit: int, before_id: str | None
    ) -> PredictionsPage:
        """Return stored predictions, newest first; ``before_id`` continues an earlier page."""
        query = {
            **filters,
            "limit": limit,
            "before_id": before_id,
        }
        page: PredictionsPage = self._get("/predictions", query)
        return page

    def fetch_prediction(self, prediction_id: str) -> StoredPrediction:
        """Return one stored prediction; raises UnknownVersionError where there is none."""
        path_segment = quote(prediction_id, safe="")
        response = self._get(f"/predictions/{path_segment}")
        prediction: StoredPrediction = response["prediction"]
        return prediction

    def predict(self, patient: Patient) -> Prediction:
        """Predict one patient."""
        prediction: Prediction = self._post("/predict", patient)
        return prediction

    def predict_batch(self, patients: Sequence[Patient]) -> BatchResponse:
        """Predict several patients; the response numbers them from 1."""
        response: BatchResponse = self._post("/predict/batch", {"patients": patients})
        return response

    def explain(self, patient: Patient, *, top: int) -> list[Contribution]:
        """Return the ``top`` largest contributions of the fields to a patient's risk."""
        response = self._post(f"/explain?top={top}", patient)
        contributions: list[Contribution] = response["contributions"]
        return contributions

    def record_outcome(self, prediction_id: str, outcome: int) -> None:
        """Record whether the patient of a prediction was readmitted (1) or not (0)."""
        path = _outcome_path(prediction_id)
        self._post(path, {"outcome": outcome})

    def withdraw_outcome(self, prediction_id: str) -> None:
        """Take back what was recorded for a prediction by mistake."""
        path = _outcome_path(prediction_id)
        self._send("DELETE", path)

    def _get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """Send a query; requests leaves out the parameters that are None."""
        return self._send("GET", path, params=query)

    def _post(self, path: str, body: object) -> Any:
        return self._send("POST", path, json=body)

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """Send a request and return the JSON of its response."""
        all_headers = dict(headers or {})
        if self.key:
            all_headers["X-API-Key"] = self.key
        try:
            response = requests.request(
                method,
                self.url + path,
                headers=all_headers,
                timeout=TIMEOUT_S,
                proxies=_proxies_for(self.url),
                **options,
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise UnreachableError(f"{self.url} does not answer") from error
        if not response.ok:
            self._raise_error(response)
        return response.json()

    def _raise_error(self, response: requests.Response) -> NoReturn:
        """Raise the project's error that an error response stands for."""
        status = response.status_code
        details = _error_details(response)
        reason = "; ".join(detail["message"] for detail in details)

        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            problems = _field_problems(details)
            if len(problems) == len(details):
                raise FieldsRefusedByApiError(problems)
        if status == HTTPStatus.SERVICE_UNAVAILABLE and not self._has_model():
            raise NoChampionError(reason)
        error_type = _ERROR_BY_STATUS.get(status, FatalError)
        raise error_type(reason)

    def _has_model(self) -> bool:
        """Return whether a model is served: /model answers 503 without one, but not when busy."""
        response = requests.get(
            f"{self.url}/model",
            timeout=TIMEOUT_S,
            proxies=_proxies_for(self.url),
        )
        return response.ok


_ERROR_BY_STATUS: Mapping[int, type[ReadmissionError]] = {
    HTTPStatus.UNAUTHORIZED: SettingError,
    HTTPStatus.FORBIDDEN: SettingError,
    HTTPStatus.NOT_FOUND: UnknownVersionError,
    HTTPStatus.CONFLICT: BusyError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: InputError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InputError,
    HTTPStatus.TOO_MANY_REQUESTS: BusyError,
    HTTPStatus.SERVICE_UNAVAILABLE: BusyError,
}


def _proxies_for(url: str) -> dict[str, str] | None:
    """Return what overrules HTTP_PROXY: no proxy can reach an API on this machine's loopback."""
    host = urlsplit(url).hostname or ""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    return {"http": "", "https": ""} if is_loopback else None


def _outcome_path(prediction_id: str) -> str:
    path_segment = quote(prediction_id, safe="")
    return f"/predictions/{path_segment}/outcome"


def _error_details(response: requests.Response) -> list[ErrorDetail]:
    """Return the reasons in an error response; that of a proxy may not be JSON."""
    try:
        return list(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return [{"field": None, "message": f"HTTP {response.status_code}"}]


def _field_problems(details: Sequence[ErrorDetail]) -> list[tuple[str, str]]:
    """Return (field, reason) of the details that name a field."""
    problems = []
    for detail in details:
        field = detail.get("field")
        if field:
            problems.append((field, detail["message"]))
    return problems


def api_from_environment() -> Api:
    """Return the API that ``API_URL`` and ``API_KEY`` name."""
    url = os.environ.get(URL_VARIABLE, DEFAULT_URL)
    key = os.environ.get(KEY_VARIABLE)
    return Api(
        url=url.rstrip("/"),
        key=key or None,
    )
