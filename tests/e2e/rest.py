"""Airflow's public REST API, as an operator's script would use it."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import requests

ENDED = ("success", "failed")


class Airflow:
    """One running Airflow."""

    def __init__(self, url: str, password: str, user: str = "admin") -> None:
        self.url = url
        self._session = requests.Session()
        token = requests.post(
            f"{url}/auth/token", json={"username": user, "password": password}, timeout=30
        )
        token.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    def close(self) -> None:
        self._session.close()

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self._session.request(method, f"{self.url}/api/v2/{path}", timeout=60, **kwargs)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def wait_for_dags(self, dag_ids: Iterable[str]) -> None:
        def known() -> bool:
            return {dag["dag_id"] for dag in self.call("GET", "dags")["dags"]} >= set(dag_ids)

        wait_until(known, "all DAGs are parsed", 90)

    def pause(self, dag_id: str, paused: bool) -> None:
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": paused})

    def trigger(self, dag_id: str, logical_date: str | None, **conf: Any) -> str:
        run = self.call(
            "POST", f"dags/{dag_id}/dagRuns", json={"logical_date": logical_date, "conf": conf}
        )
        return str(run["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return list(
            self.call("GET", f"dags/{dag_id}/dagRuns", params={"order_by": "id"})["dag_runs"]
        )

    def made(self, dag_id: str, run_id: str) -> bool:
        return run_id in [run["dag_run_id"] for run in self.runs(dag_id)]

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}"))

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return list(
            self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        )

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        return {name(task): task["state"] for task in self.tasks(dag_id, run_id)}

    def log(
        self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1
    ) -> str:
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        return str(self.call("GET", path, params={"map_index": map_index}))

    def task(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        return next(task for task in self.tasks(dag_id, run_id) if task["task_id"] == task_id)

    def clear(self, dag_id: str, run_id: str) -> None:
        self.call(
            "POST",
            f"dags/{dag_id}/dagRuns/{run_id}/clear",
            json={"dry_run": False, "only_failed": False},
        )

    def clear_tasks(self, dag_id: str, run_id: str, *tasks: str | tuple[str, int]) -> None:
        wanted = {"dag_run_id": run_id, "task_ids": tasks, "dry_run": False, "only_failed": False}
        self.call("POST", f"dags/{dag_id}/clearTaskInstances", json=wanted)

    def wait_for_run(self, dag_id: str, run_id: str, *, timeout_s: float = 600) -> str:
        """Return the state in which the run, which may not be made yet, ended."""

        def ended() -> str | None:
            found = (run["state"] for run in self.runs(dag_id) if run["dag_run_id"] == run_id)
            return next((state for state in found if state in ENDED), None)

        return str(wait_until(ended, f"{dag_id} {run_id} ended", timeout_s))


def name(task: dict[str, Any]) -> str:
    return task["task_id"] + (f"[{task['map_index']}]" if task["map_index"] >= 0 else "")


def wait_until(found: Callable[[], Any], what: str, timeout_s: float, every_s: float = 1.0) -> Any:
    deadline = time.monotonic() + timeout_s
    while not (value := found()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        time.sleep(every_s)
    return value
