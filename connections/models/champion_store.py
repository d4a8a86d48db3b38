"""The champion on local disk: the last model that loaded and predicted.

The API serves it while the registry is unavailable.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from connections.atomic_files import remove_old
from readmission.errors import BrokenModelError
from readmission.ports.serving import Model, ServedModel
from readmission.records import ModelVersion

_VERSION_FILE = "champion.json"
_MODEL_FILE = "champion-{version}.onnx"


class ChampionRegistry(Protocol):
    """The model registry, as far as serving needs it."""

    def champion(self) -> ModelVersion | None:
        """Return the version behind the alias, None before the first promotion."""

    def download_onnx(self, version: int, folder: Path) -> Path:
        """Write a version's ONNX file into a folder and return its path."""


class ChampionStore:
    """Fetches champions, checks that they predict, and caches the last good one in ``folder``.

    The folder holds ``champion-{version}.onnx`` and ``champion.json``, the facts of that version.
    """

    def __init__(
        self, registry: ChampionRegistry, load: Callable[[Path], Model], folder: Path
    ) -> None:
        self._registry = registry
        self._load = load
        self._folder = folder

    def promoted(self) -> ModelVersion | None:
        """Return the registry's champion, None before the first promotion."""
        return self._registry.champion()

    def fetch(self, version: ModelVersion) -> ServedModel:
        """Download a version, check that it predicts, and cache it in place of the previous one.

        Raises BrokenModelError if it does not predict; the cached champion then stays.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_old(self._folder, f"{tempfile.gettempprefix()}*")
        with tempfile.TemporaryDirectory(dir=self._folder) as temporary_folder:
            downloaded = self._registry.download_onnx(
                version.version,
                Path(temporary_folder),
            )
            model = self._load_and_check(downloaded)
            cached = self._replace_cached(downloaded, version)
        return ServedModel(
            model,
            version,
            datetime.now(UTC),
            "registry",
            cached,
        )

    def cached(self) -> ServedModel | None:
        """Return the last good champion, None if there was none yet.

        Raises BrokenModelError if its files cannot be read.
        """
        version = self._read_cached_version()
        if version is None:
            return None
        path = self._model_path(version)
        return ServedModel(
            self._load_and_check(path),
            version,
            datetime.now(UTC),
            "cache",
            path,
        )

    def _read_cached_version(self) -> ModelVersion | None:
        version_file = self._folder / _VERSION_FILE
        try:
            facts = json.loads(version_file.read_text())
            return ModelVersion(**facts)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise BrokenModelError(f"The cached champion cannot be read: {error}") from error

    def _model_path(self, version: ModelVersion) -> Path:
        return self._folder / _MODEL_FILE.format(version=version.version)

    def _load_and_check(self, path: Path) -> Model:
        """Load a model and predict for the default patient."""
        model = self._load(path)
        probabilities = model.probabilities([{}])
        valid = (probabilities >= 0) & (probabilities <= 1)
        if probabilities.shape != (1,) or not np.all(valid):
            raise BrokenModelError(
                f"{path.name} answers {probabilities} for the default patient, not one probability."
            )
        return model

    def _replace_cached(self, downloaded: Path, version: ModelVersion) -> Path:
        """Replace the cached champion; return its path.

        The small file that names the version is renamed last: if the process is killed before, it
        still names the previous model, which is deleted only afterwards.
        """
        cached = self._model_path(version)
        downloaded.replace(cached)

        new_version_file = downloaded.with_name(_VERSION_FILE)
        new_version_file.write_text(json.dumps(asdict(version)))
        new_version_file.replace(self._folder / _VERSION_FILE)

        for path in self._folder.glob(_MODEL_FILE.format(version="*")):
            if path != cached:
                path.unlink(missing_ok=True)
        return cached
