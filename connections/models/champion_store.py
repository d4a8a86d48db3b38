"""The champion on local disk: the last model that loaded and predicted, for when the registry is away."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from connections.atomic_files import replace_file
from readmission.errors import BrokenModelError
from readmission.ports.serving import Model, ServedModel
from readmission.records import ModelVersion


class Registry(Protocol):
    """Where champions come from."""

    def champion(self) -> ModelVersion | None:
        """Return the version behind the alias."""

    def download_onnx(self, version: int, folder: Path) -> Path:
        """Write a version's ONNX file into a folder and return its path."""


class ChampionStore:
    """Fetches champions, proves that they predict, and keeps the last good one in ``folder``."""

    def __init__(self, registry: Registry, load: Callable[[Path], Model], folder: Path) -> None:
        self._registry = registry
        self._load = load
        self._folder = folder

    def wanted(self) -> ModelVersion | None:
        """Return the version that should be served, None before the first promotion."""
        return self._registry.champion()

    def fetch(self, version: ModelVersion) -> ServedModel:
        """Return a champion that has predicted once; it replaces the cached one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            downloaded = self._registry.download_onnx(version.version, Path(scratch))
            model = self._prove(downloaded)
            kept = self._keep(downloaded, version)
        return ServedModel(model, version, datetime.now(UTC), "registry", kept)

    def cached(self) -> ServedModel | None:
        """Return the last good champion, None before there was one."""
        try:
            version = ModelVersion(**json.loads((self._folder / "champion.json").read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise BrokenModelError(f"The cached champion cannot be read: {error}") from error
        kept = self._folder / f"champion-{version.version}.onnx"
        return ServedModel(self._prove(kept), version, datetime.now(UTC), "cache", kept)

    def _prove(self, path: Path) -> Model:
        model = self._load(path)
        answer = model.probabilities([{}])
        if answer.shape != (1,) or not np.all((answer >= 0) & (answer <= 1)):
            raise BrokenModelError(
                f"{path.name} answers {answer} for the default patient, not one probability."
            )
        return model

    def _keep(self, downloaded: Path, version: ModelVersion) -> Path:
        """Replace the cached champion; the small file that names it is renamed last."""
        kept = self._folder / f"champion-{version.version}.onnx"
        downloaded.replace(kept)
        replace_file(self._folder / "champion.json", json.dumps(asdict(version)).encode())
        for old in self._folder.glob("champion-*.onnx"):
            if old != kept:
                old.unlink(missing_ok=True)
        return kept
