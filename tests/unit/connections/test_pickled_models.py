"""The folder ``models`` holds the files of one training, wherever a writer is killed."""

import os
import pickle
import shutil
from pathlib import Path

import pytest

from connections.models.pickled_models import PickledModelFiles

NAMES = {f"modelo_entrenado_batch{number}.pkl" for number in (1, 2, 3)} | {
    "modelo_entrenado_final.pkl"
}
STEPS = [(Path, "mkdir"), (Path, "write_bytes"), (Path, "symlink_to"), (Path, "replace")]
STEPS += [(Path, "unlink"), (shutil, "rmtree"), (shutil, "copyfile")]


def publish(folder: Path, training: str, batches: int = 3) -> None:
    """Write strings in place of models."""
    models = [f"{training} batch {number}" for number in range(1, batches + 1)]
    PickledModelFiles(folder).replace_all(models, f"{training} final")  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, str]:
    """Return what a reader finds; a link that leads nowhere is no file."""
    files = [path for path in folder.glob("*.pkl") if path.exists()]
    return {path.name: pickle.loads(path.read_bytes()) for path in files}  # noqa: S301


def trainings_in(folder: Path) -> set[str]:
    return {content.split()[0] for content in contents(folder).values()}


def test_the_files_have_the_names_of_the_legacy_project(tmp_path: Path) -> None:
    publish(tmp_path / "models", "first")
    assert set(contents(tmp_path / "models")) == NAMES
    assert trainings_in(tmp_path / "models") == {"first"}


def test_a_training_with_fewer_batches_leaves_no_file_of_the_previous_one(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    publish(tmp_path, "second", batches=2)
    assert contents(tmp_path) == {
        "modelo_entrenado_batch1.pkl": "second batch 1",
        "modelo_entrenado_batch2.pkl": "second batch 2",
        "modelo_entrenado_final.pkl": "second final",
    }
    assert len(list((tmp_path / "trainings").iterdir())) == 1


def test_the_files_of_an_earlier_version_are_replaced_and_its_leftovers_removed(
    tmp_path: Path,
) -> None:
    write_plain_files(tmp_path)
    (tmp_path / "modelo_entrenado_final.pkl.4711").write_bytes(b"half of a mod")
    publish(tmp_path, "second", batches=2)
    assert trainings_in(tmp_path) == {"second"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "current",
        "modelo_entrenado_batch1.pkl",
        "modelo_entrenado_batch2.pkl",
        "modelo_entrenado_final.pkl",
        "trainings",
    ]


def write_plain_files(folder: Path) -> None:
    for name in NAMES:
        (folder / name).write_bytes(pickle.dumps("first model"))


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("earlier", ["a training", "an earlier version"])
def test_killed_before_or_after_any_step_the_files_are_of_one_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: str
) -> None:
    """Count the steps once, then kill at each of them, before it and after it."""
    steps = count_steps(tmp_path / "counted", earlier, monkeypatch)
    assert steps > 8
    for step in range(steps):
        for is_done in (False, True):
            folder = tmp_path / f"{step}-{is_done}"
            prepare(folder, earlier)
            with monkeypatch.context() as patched:
                kill_at(step, patched, is_done=is_done)
                with pytest.raises(_Killed):
                    publish(folder, "second", batches=2)
            assert len(trainings_in(folder)) == 1, (step, is_done)
            publish(folder, "third")
            assert set(contents(folder)) == NAMES
            assert trainings_in(folder) == {"third"}
            assert len(list((folder / "trainings").iterdir())) == 1
            assert not list(folder.glob("*.partial"))


def prepare(folder: Path, earlier: str) -> None:
    folder.mkdir()
    if earlier == "a training":
        publish(folder, "first")
    else:
        write_plain_files(folder)


def count_steps(folder: Path, earlier: str, monkeypatch: pytest.MonkeyPatch) -> int:
    prepare(folder, earlier)
    with monkeypatch.context() as patched:
        counted = kill_at(None, patched)
        publish(folder, "second", batches=2)
    return len(counted)


def kill_at(step: int | None, patched: pytest.MonkeyPatch, *, is_done: bool = False) -> list[str]:
    """Raise at one of the calls that change the folder; return the list of those that were made."""
    calls: list[str] = []
    for owner, name in STEPS:
        patched.setattr(owner, name, _killing(getattr(owner, name), name, calls, step, is_done))
    return calls


def _killing(original, name, calls, step, is_done):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    def call(*arguments, **options):  # type: ignore[no-untyped-def]  # noqa: ANN002, ANN003, ANN202
        number = len(calls)
        calls.append(name)
        if number == step and not is_done:
            raise _Killed
        result = original(*arguments, **options)
        if number == step:
            raise _Killed
        return result

    return call


def test_a_link_that_another_process_was_about_to_make_is_no_obstacle(tmp_path: Path) -> None:
    publish(tmp_path, "first")
    (tmp_path / f"current.{os.getpid()}.partial").symlink_to("nowhere")
    publish(tmp_path, "second")
    assert trainings_in(tmp_path) == {"second"}
