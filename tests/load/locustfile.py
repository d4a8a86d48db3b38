"""Load with limits: ``locust -f tests/load/locustfile.py --headless -u 32 -r 32 -t 60s --host http://127.0.0.1:8000``.

The exit code is 1 when a request failed or an answer was slower than the limits allow.
"""

import os
from typing import Any

from locust import FastHttpUser, constant, events, task

MAX_FAILED = 0.0
MAX_P95_MS = {"/predict": 250, "/predict/batch of 100": 1000, "/model": 500}

_KEY = os.environ.get("API_KEY")
_HEADERS = {"X-API-Key": _KEY} if _KEY else {}
_PATIENT = {"age": 70, "number_inpatient": 2, "discharge_disposition_id": "Otro"}


class Ward(FastHttpUser):
    """Someone who predicts all day, sends a list now and then, and looks at the model."""

    wait_time = constant(0)

    @task(100)
    def predict(self) -> None:
        self.client.post("/predict", json=_PATIENT, headers=_HEADERS)

    @task(1)
    def predict_a_list(self) -> None:
        patients = {"patients": [_PATIENT] * 100}
        self.client.post(
            "/predict/batch", json=patients, headers=_HEADERS, name="/predict/batch of 100"
        )

    @task(1)
    def look_at_the_model(self) -> None:
        self.client.get("/model", headers=_HEADERS)


@events.quitting.add_listener
def judge(environment: Any, **_: Any) -> None:
    """Turn what was measured into the exit code."""
    total = environment.stats.total
    slow = [name for name, limit in MAX_P95_MS.items() if _p95_ms(environment, name) > limit]
    if not total.num_requests or total.fail_ratio > MAX_FAILED or slow:
        environment.process_exit_code = 1
        failed = f"{total.num_failures} of {total.num_requests} requests"
        print(f"FAILED: {failed}; too slow: {slow or 'none'}")  # noqa: T201
    else:
        environment.process_exit_code = 0


def _p95_ms(environment: Any, name: str) -> float:
    entries = [one for one in environment.stats.entries.values() if one.name == name]
    return max((one.get_response_time_percentile(0.95) or 0 for one in entries), default=0)
