"""Follows the registry's champion: polls for a new one, loads it in the background and serves it.

On any failure the model that is being served stays in place.
"""

import logging
from collections.abc import Callable
from threading import Lock

from connections.models.champion_store import ChampionStore
from connections.periodic_task import PeriodicTask
from readmission.errors import BrokenModelError, NoChampionError, TemporaryError
from readmission.ports.serving import ServedModel
from readmission.records import ModelVersion

_log = logging.getLogger(__name__)


class ChampionFollower:
    """Holds the served model; ``current`` changes in one assignment, so readers need no lock."""

    def __init__(self, store: ChampionStore, poll_s: float, on_change: Callable[[], None]) -> None:
        self._store = store
        self._on_change = on_change
        self._refresh_lock = Lock()
        self._polling = PeriodicTask("champion-follower", self.refresh, poll_s)
        self._rejected: ModelVersion | None = None
        self.current: ServedModel | None = None
        self.problem: str | None = "The champion is still being loaded."

    def start(self) -> None:
        """Serve the cached champion at once, and start polling the registry."""
        self._serve_cached()
        self._polling.start()

    def close(self) -> None:
        """Stop polling."""
        self._polling.close()

    def served(self) -> ServedModel:
        """Return the served model; raises NoChampionError that says why there is none."""
        if self.current is not None:
            return self.current
        reason = self.problem or "No model has been promoted yet: run the pipeline first."
        raise NoChampionError(reason)

    def refresh(self) -> None:
        """Poll the registry once."""
        with self._refresh_lock:
            previous = (self.current, self.problem)
            try:
                self._follow()
            except (TemporaryError, BrokenModelError) as error:
                self._report(error)
                self._serve_cached()
            latest = (self.current, self.problem)
            if latest != previous:
                self._on_change()

    def _follow(self) -> None:
        """Serve the registry's champion, unless it is served already or was broken before."""
        champion = self._store.promoted()
        if champion is None:
            self.problem = None
            return
        if champion == self._rejected or self._is_served(champion):
            return
        self._load(champion)

    def _load(self, champion: ModelVersion) -> None:
        """Download and serve a champion; a broken one is not tried again."""
        try:
            self.current = self._store.fetch(champion)
        except BrokenModelError:
            self._rejected = champion
            raise
        self._rejected = None
        self.problem = None
        _log.info("serving a new champion", extra={"model_version": champion.version})

    def _is_served(self, champion: ModelVersion) -> bool:
        current = self.current
        if current is None or current.source != "registry":
            return False
        # By run, not by version: another registry may use the same version number.
        return current.version.run_id == champion.run_id

    def _serve_cached(self) -> None:
        """Serve the cached champion if no model is served yet."""
        if self.current is not None:
            return
        try:
            self.current = self._store.cached()
        except BrokenModelError as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        """Show the problem at ``GET /model``, and log it once however often it repeats."""
        problem = str(error)
        is_new = problem != self.problem
        self.problem = problem
        if is_new:
            log_fields = {"reason": problem}
            _log.warning("cannot follow the registry's champion", extra=log_fields)
