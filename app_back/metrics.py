"""What Prometheus reads."""

import os
from collections.abc import Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from readmission.records import Prediction

_LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_SCORES = tuple(step / 20 for step in range(1, 20))


class Metrics:
    """The API's metrics, in a registry of their own; with several workers they share files."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        requests = Counter("http_requests", "Requests.", ["method", "path", "status"], registry=own)
        latency = Histogram(
            "http_request_seconds", "Latency.", ["path"], buckets=_LATENCY_S, registry=own
        )
        predictions = Counter(
            "predictions", "Stored answers.", ["prediction", "model_version"], registry=own
        )
        # Finding a metric by its labels costs more than counting.
        self._request = cache(requests.labels)
        self._seconds = cache(latency.labels)
        self._prediction = cache(predictions.labels)
        self._scores = Histogram(
            "prediction_score", "Probabilities answered.", buckets=_SCORES, registry=own
        )
        self.log_failures = Counter("prediction_log_failures", "Commits that failed.", registry=own)
        self.queue_depth = _gauge(
            "prediction_queue_depth", "Predictions waiting for a commit.", own
        )
        self.model_version = _gauge("model_version", "The served version; 0 before the first.", own)
        self.model_loaded = _gauge(
            "model_loaded_timestamp_seconds", "When the served model was loaded.", own
        )
        self.live_quality = Gauge(
            "live_quality",
            "Quality on known outcomes.",
            ["metric"],
            registry=own,
            multiprocess_mode="mostrecent",
        )

    def count_request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request that ended."""
        self._request(method, path, status).inc()
        self._seconds(path).observe(seconds)

    def count_predictions(self, predictions: Sequence[Prediction]) -> None:
        """Count answers that are stored."""
        for made in predictions:
            self._prediction(made.predicted_readmitted, made.model_version).inc()
            self._scores.observe(made.probability)

    def exposition(self) -> bytes:
        """Return the text that Prometheus reads; with several workers, the sum of them all."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        every_worker = CollectorRegistry()
        MultiProcessCollector(every_worker)  # type: ignore[no-untyped-call]
        return generate_latest(every_worker)


def _gauge(name: str, meaning: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(name, meaning, registry=registry, multiprocess_mode="livemostrecent")
