"""The metrics that Prometheus reads."""

import os
from collections.abc import Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app_back.serving.live_quality import LiveQuality
from readmission.ports.serving import ServedModel
from readmission.records import Prediction

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_PROBABILITY_BUCKETS = tuple(step / 20 for step in range(1, 20))


class Metrics:
    """The API's metrics in a registry of their own; several workers share them through files."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "http_requests", "Requests.", ["method", "path", "status"], registry=registry
        )
        self._latency = Histogram(
            "http_request_seconds",
            "Latency.",
            ["path"],
            buckets=_LATENCY_BUCKETS_S,
            registry=registry,
        )
        self._predictions = Counter(
            "predictions", "Stored predictions.", ["prediction", "model_version"], registry=registry
        )
        self._probabilities = Histogram(
            "prediction_score",
            "Predicted probabilities.",
            buckets=_PROBABILITY_BUCKETS,
            registry=registry,
        )
        self.log_failures = Counter(
            "prediction_log_failures", "Commits that failed.", registry=registry
        )
        self._queue_depth = _gauge(
            "prediction_queue_depth", "Predictions waiting for a commit.", registry
        )
        self._model_version = _gauge(
            "model_version", "The served version; 0 before the first.", registry
        )
        self._model_loaded_at = _gauge(
            "model_loaded_timestamp_seconds", "When the served model was loaded.", registry
        )
        self._live_quality = Gauge(
            "live_quality",
            "Quality on known outcomes.",
            ["metric"],
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        # Looking a metric up by its labels costs more than counting with it.
        self._requests_by = cache(self._requests.labels)
        self._latency_by = cache(self._latency.labels)
        self._predictions_by = cache(self._predictions.labels)

    def count_request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a finished request."""
        requests = self._requests_by(method, path, status)
        requests.inc()
        latency = self._latency_by(path)
        latency.observe(seconds)

    def count_predictions(self, predictions: Sequence[Prediction]) -> None:
        """Count predictions that are stored."""
        for prediction in predictions:
            predictions_by_label = self._predictions_by(
                prediction.predicted_readmitted,
                prediction.model_version,
            )
            predictions_by_label.inc()
            self._probabilities.observe(prediction.probability)

    def update_gauges(
        self, queue_depth: int, served: ServedModel | None, live_quality: LiveQuality | None
    ) -> None:
        """Set the gauges to the API's present state; a gauge without a value stays as it is."""
        self._queue_depth.set(queue_depth)
        if served is not None:
            loaded_at = served.loaded_at.timestamp()
            self._model_version.set(served.version.version)
            self._model_loaded_at.set(loaded_at)
        if live_quality is not None:
            values = live_quality.model_dump(
                exclude_none=True, exclude={"intervals", "enough_outcomes"}
            )
            for metric, value in values.items():
                gauge = self._live_quality.labels(metric)
                gauge.set(value)

    def exposition(self) -> bytes:
        """Return the metrics as text; with several workers, summed over all of them."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        all_workers = CollectorRegistry()
        MultiProcessCollector(all_workers)  # type: ignore[no-untyped-call]
        return generate_latest(all_workers)


def _gauge(name: str, description: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(
        name,
        description,
        registry=registry,
        multiprocess_mode="livemostrecent",
    )
