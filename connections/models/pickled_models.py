"""The folder ``models``, with the file names of the original."""

import pickle
from pathlib import Path

from connections.atomic_files import replace_file
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
        replace_file(self._folder / name, pickle.dumps(model))
