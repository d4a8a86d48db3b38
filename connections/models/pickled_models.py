"""The folder ``models``, with the file names of the original."""

import os
import pickle
from pathlib import Path

from readmission.model.forest import ForestModel

BATCH_FILE = "modelo_entrenado_batch{}.pkl"
FINAL_FILE = "modelo_entrenado_final.pkl"


class PickledModelFiles:
    """The ModelFiles port on a local folder; the model compresses itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save_batch(self, batch_id: int, model: ForestModel) -> None:
        """Write ``modelo_entrenado_batch{n}.pkl``; a reader sees the old file or the new one."""
        self._save(BATCH_FILE.format(batch_id), model)

    def save_final(self, model: ForestModel) -> None:
        """Write ``modelo_entrenado_final.pkl``."""
        self._save(FINAL_FILE, model)

    def _save(self, name: str, model: ForestModel) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{name}.{os.getpid()}"
        try:
            partial.write_bytes(pickle.dumps(model))
            partial.replace(self._folder / name)
        finally:
            partial.unlink(missing_ok=True)
