"""The pipeline's stages, started through the API."""

import threading
import time
from datetime import UTC, datetime

import pytest

from readmission.records import Preparation
from tests.unit.app_back.conftest import ApiHarness


def test_a_post_starts_a_job_and_returns_its_location(api: ApiHarness) -> None:
    started = api.client.post("/train")
    job = started.json()
    assert (started.status_code, job["status"], started.headers["location"]) == (
        202,
        202,
        f"/jobs/{job['job_id']}",
    )
    assert api.spawned == [("train", job["job_id"])]
    api.jobs.report(job["job_id"], "training batch 2", 2, 6)
    followed = api.client.get(started.headers["location"]).json()
    assert (followed["state"], followed["step"], followed["done"], followed["total"]) == (
        "running",
        "training batch 2",
        2,
        6,
    )


def test_one_job_of_a_kind_runs_at_a_time(api: ApiHarness) -> None:
    first = api.client.post("/clean").json()
    assert api.client.post("/clean").status_code == 409
    assert api.client.post("/train").status_code == 202
    api.jobs.end(first["job_id"], "succeeded", None)
    assert api.client.post("/clean").status_code == 202


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/download", "Datos descargados y almacenados correctamente"),
        (
            "/train",
            "Todos los batches fueron entrenados y el mejor modelo fue copiado como "
            "'modelo_entrenado_final.pkl'.",
        ),
    ],
)
def test_a_get_responds_when_the_stage_ends_as_in_the_legacy_project(
    api: ApiHarness, path: str, message: str
) -> None:
    with ending(api, "succeeded"):
        answer = api.client.get(path).json()
    assert (answer["status"], answer["message"]) == (200, message)


def test_clean_returns_the_counts_as_in_the_legacy_project(api: ApiHarness) -> None:
    api.clean_data.preparation = Preparation(
        "d", "l", False, 81_000, 15_000, 5_000, 2_000, 6, 15_000, datetime.now(UTC)
    )
    with ending(api, "succeeded"):
        answer = api.client.get("/clean").json()
    assert answer["message"] == "6 batches cargados correctamente."
    counts = ("train_total_rows", "val_total_rows", "test_total_rows", "batch_size")
    assert [answer[name] for name in counts] == [81_000, 15_000, 5_000, 15_000]


@pytest.mark.parametrize(
    ("state", "exit_code", "status"),
    [
        ("failed", 2, 409),
        ("failed", 75, 503),
        ("interrupted", None, 503),
        ("failed", 70, 500),
        ("failed", -9, 500),
    ],
)
def test_a_failed_stage_returns_its_reason_and_a_matching_status(
    api: ApiHarness, state: str, exit_code: int | None, status: int
) -> None:
    with ending(api, state, "The dataset has no column age.", exit_code):
        answer = api.client.get("/download")
    problem = answer.json()
    assert (answer.status_code, problem["status"], "retry-after" in answer.headers) == (
        status,
        status,
        status == 503,
    )
    job_id = api.spawned[-1][1]
    assert (
        problem["detail"][0]["message"]
        == f"The download job {job_id} did not finish: The dataset has no column age."
    )


def test_an_unknown_job_is_not_found(api: ApiHarness) -> None:
    assert api.client.get("/jobs/01890000-0000-7000-8000-000000000000").status_code == 404


class ending:  # noqa: N801 - reads as a phrase
    """End the job that starts within the block."""

    def __init__(
        self, api: ApiHarness, state: str, reason: str | None = None, exit_code: int | None = None
    ) -> None:
        self._thread = threading.Thread(target=self._end, args=(api, state, reason, exit_code))

    def _end(self, api: ApiHarness, *end: object) -> None:
        while not api.spawned:
            time.sleep(0.01)
        api.jobs.end(api.spawned[-1][1], *end)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()
