"""Pickled models in the folder ``models``, under the file names of the legacy project."""

import os
import pickle
from pathlib import Path

from readmission.model.forest import ForestModel

BATCH_FILE = "modelo_entrenado_batch{}.pkl"
FINAL_FILE = "modelo_entrenado_final.pkl"


class PickledModelFiles:
    """The port ``ModelFiles`` on a local folder; a model compresses itself when it is pickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save_batch(self, batch_id: int, model: ForestModel) -> None:
        """Write ``modelo_entrenado_batch{n}.pkl``; readers see the old file or the new one."""
        self._save(BATCH_FILE.format(batch_id), model)

    def save_final(self, model: ForestModel) -> None:
        """Write ``modelo_entrenado_final.pkl``; readers see the old file or the new one."""
        self._save(FINAL_FILE, model)

    def _save(self, name: str, model: ForestModel) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial_file = self._folder / f"{name}.{os.getpid()}"
        try:
            partial_file.write_bytes(pickle.dumps(model))
            partial_file.replace(self._folder / name)
        finally:
            partial_file.unlink(missing_ok=True)
