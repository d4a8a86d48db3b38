"""Serve the registry's champion: ask for it, load it aside, swap it in; on any failure the old one stays."""

import logging
from collections.abc import Callable
from threading import Lock

from connections.models.champion_store import ChampionStore
from connections.periodic_task import Repeater
from readmission.errors import BrokenModelError, NoChampionError, TemporaryError
from readmission.ports.serving import ServedModel
from readmission.records import ModelVersion

_log = logging.getLogger(__name__)


class ChampionFollower:
    """Holds the served model; ``current`` is swapped in one assignment, so a reader sees the old or the new."""

    def __init__(self, store: ChampionStore, poll_s: float, on_change: Callable[[], None]) -> None:
        self._store = store
        self._on_change = on_change
        self._looking = Lock()
        self._repeater = Repeater("champion-follower", self.refresh, poll_s)
        self.current: ServedModel | None = None
        self.problem: str | None = "The champion is being loaded."
        self.refused: ModelVersion | None = None

    def start(self) -> None:
        """Serve the cached champion at once, and begin to follow."""
        self._fall_back()
        self._repeater.start()

    def close(self) -> None:
        """Stop following."""
        self._repeater.close()

    def served(self) -> ServedModel:
        """Return the model to answer with; raises NoChampionError that says why there is none."""
        if self.current is None:
            raise NoChampionError(
                self.problem or "No model has been promoted yet: run the pipeline first."
            )
        return self.current

    def refresh(self) -> None:
        """Look at the registry once."""
        with self._looking:
            before = self.current, self.problem
            try:
                self._take_up(self._store.wanted())
            except (TemporaryError, BrokenModelError) as error:
                self._report(str(error))
                self._fall_back()
            if (self.current, self.problem) != before:
                self._on_change()

    def _take_up(self, wanted: ModelVersion | None) -> None:
        if wanted is None:
            self.problem = None
        elif wanted != self.refused and not self._serves(wanted):
            self._swap_in(wanted)

    def _swap_in(self, wanted: ModelVersion) -> None:
        try:
            self.current = self._store.fetch(wanted)
        except BrokenModelError:
            self.refused = wanted
            raise
        self.refused = self.problem = None
        _log.info("Serving a new champion.", extra={"model_version": wanted.version})

    def _serves(self, wanted: ModelVersion) -> bool:
        current = self.current
        return (
            current is not None
            and current.source == "registry"
            and current.version.run_id == wanted.run_id
        )

    def _fall_back(self) -> None:
        """Serve the cached champion if nothing is served yet."""
        if self.current is None:
            try:
                self.current = self._store.cached()
            except BrokenModelError as error:
                self._report(str(error))

    def _report(self, problem: str) -> None:
        if problem != self.problem:
            _log.warning("The champion cannot be followed.", extra={"reason": problem})
        self.problem = problem
