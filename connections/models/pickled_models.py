"""Pickled models in the folder ``models``, under the file names of the legacy project.

All files are those of one training. Each name is a link into the folder ``current``, which is a
link to the folder of a training::

    modelo_entrenado_final.pkl -> current/modelo_entrenado_final.pkl
    current -> trainings/3f2a...
    trainings/3f2a.../modelo_entrenado_final.pkl

So one rename of ``current`` changes all of them at once, and a process that is killed before it
has changed none.
"""

import os
import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path

from readmission.ids import new_id
from readmission.model.forest import ForestModel

BATCH_FILE = "modelo_entrenado_batch{}.pkl"
FINAL_FILE = "modelo_entrenado_final.pkl"
_ANY_MODEL = "modelo_entrenado_*.pkl"
_LEFTOVERS = ("*.partial", "modelo_entrenado_*.pkl.*")
"""What a killed training has left, also one of an earlier version."""
_CURRENT = "current"
_TRAININGS = "trainings"
_ADOPTED = "adopted"


class PickledModelFiles:
    """The port ``ModelFiles`` on a local folder; a model compresses itself when it is pickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._trainings = folder / _TRAININGS

    def replace_all(self, batches: Sequence[ForestModel], final: ForestModel) -> None:
        """Replace all files by those of one training, in one step.

        The caller holds the lock on training: what killed trainings have left is removed.
        """
        models = {FINAL_FILE: final}
        for batch_id, model in enumerate(batches, start=1):
            models[BATCH_FILE.format(batch_id)] = model
        training = self._trainings / new_id()
        training.mkdir(parents=True)
        for name, model in models.items():
            (training / name).write_bytes(pickle.dumps(model))
        self._adopt_plain_files()
        for name in models:
            _link(self._folder / name, Path(_CURRENT, name))
        _link(self._folder / _CURRENT, training.relative_to(self._folder))
        self._sweep(training)

    def _adopt_plain_files(self) -> None:
        """Turn the files of an earlier version into links to the same content."""
        files = [path for path in self._folder.glob(_ANY_MODEL) if not path.is_symlink()]
        if not files:
            return
        adopted = self._trainings / _ADOPTED
        shutil.rmtree(adopted, ignore_errors=True)
        adopted.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, adopted / file.name)
        if not (self._folder / _CURRENT).exists():
            _link(self._folder / _CURRENT, adopted.relative_to(self._folder))
        for file in files:
            _link(file, Path(_CURRENT, file.name))

    def _sweep(self, training: Path) -> None:
        """Remove what is not of the published training."""
        for folder in self._trainings.iterdir():
            if folder != training:
                shutil.rmtree(folder, ignore_errors=True)
        for pattern in _LEFTOVERS:
            for leftover in self._folder.glob(pattern):
                leftover.unlink(missing_ok=True)
        for link in self._folder.glob(_ANY_MODEL):
            if not link.exists():  # a batch that this training does not have
                link.unlink(missing_ok=True)


def _link(path: Path, target: Path) -> None:
    """Make ``path`` a link to ``target``, in one step."""
    if path.is_symlink() and path.readlink() == target:
        return
    staged = path.with_name(f"{path.name}.{os.getpid()}.partial")
    staged.unlink(missing_ok=True)
    staged.symlink_to(target)
    staged.replace(path)
