"""Files are replaced whole, and synced where that was asked."""

import os
import stat
from pathlib import Path

import pytest

from connections.atomic_files import move_durably, replace_file


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the inodes that were synced, in order."""
    inodes: list[int] = []
    real_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return inodes


def test_a_file_is_created_and_then_replaced(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"first")
    replace_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_of_the_previous_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"first")
    with path.open("rb") as reader:
        replace_file(path, b"second")
        assert reader.read() == b"first"


def test_a_failed_rename_leaves_the_previous_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"first")

    def fail(_self: Path, _target: Path) -> None:
        raise OSError("no rename")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no rename"):
        replace_file(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_durable_file_and_its_folder_are_synced(tmp_path: Path, synced: list[int]) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"content", durable=True)
    assert synced == [path.stat().st_ino, tmp_path.stat().st_ino]


def test_nothing_is_synced_unless_asked(tmp_path: Path, synced: list[int]) -> None:
    replace_file(tmp_path / "state.json", b"content")
    assert synced == []


def test_all_files_are_synced_before_the_first_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first.part", tmp_path / "second.part"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    moves = {first: tmp_path / "first", second: tmp_path / "second"}
    synced: list[int] = []

    def fail_at_the_second(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:
            raise OSError("no sync")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail_at_the_second)
        with pytest.raises(OSError, match="no sync"):
            move_durably(moves)
    assert sorted(tmp_path.iterdir()) == [first, second]

    move_durably(moves)
    assert (tmp_path / "first").read_bytes() == b"1"
    assert (tmp_path / "second").read_bytes() == b"2"


def test_a_secret_file_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    replace_file(path, b"secret", permissions=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_killed_writers_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    old = tmp_path / "file.4711-1.partial"
    recent = tmp_path / "file.4712-1.partial"
    of_another = tmp_path / "other.4711-1.partial"
    for leftover in (old, recent, of_another):
        leftover.write_bytes(b"half")
    for leftover in (old, of_another):
        os.utime(leftover, (0, 0))
    replace_file(tmp_path / "file", b"whole")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"file", recent.name, of_another.name}
