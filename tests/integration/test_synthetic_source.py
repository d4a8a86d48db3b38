"""When the synthetic sample stands in, where it lies, and what it never does."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from connections import bootstrap
from connections.dataset import synthetic_marginals
from connections.dataset.address import Address
from connections.dataset.download import Limits
from connections.dataset.header import HEADER
from connections.dataset.local_copy import file_sha256
from connections.dataset.source import UrlDatasetSource
from connections.dataset.synthetic_source import FallbackDatasetSource, SyntheticDatasetSource
from connections.settings import Settings
from readmission.errors import UnreachableError

NOWHERE = Address("http://127.0.0.1:9/Diabetes.csv")
IMPATIENT = Limits(attempts=1, connect_timeout_s=0.5)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table for a small sample, which is generated quickly."""
    return write_table(tmp_path / "table.json", patients=1000)


def write_table(path: Path, patients: int) -> Path:
    marginals = replace(
        synthetic_marginals.read_marginals(), rows=patients * 14 // 10, patients=patients
    )
    synthetic_marginals.write_marginals(marginals, path)
    return path


def synthetic(folder: Path, table: Path) -> SyntheticDatasetSource:
    return SyntheticDatasetSource(folder, table=table)


def fallback(folder: Path, table: Path) -> FallbackDatasetSource:
    real = UrlDatasetSource(NOWHERE, folder, keep_any=True, limits=IMPATIENT)
    return FallbackDatasetSource(real, synthetic(folder, table))


def test_the_sample_is_labelled_and_logged_as_a_warning(
    tmp_path: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = fallback(tmp_path / "data", table).fetch()
    assert (file.path.name, file.source, file.synthetic) == (
        "Diabetes.synthetic.csv",
        "synthetic",
        True,
    )
    assert file.sha256 == file_sha256(file.path)
    assert file.path.read_text().splitlines()[0] == ",".join(HEADER)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "SYNTHETIC" in caplog.text


def test_the_sample_is_the_same_everywhere_and_generated_once(tmp_path: Path, table: Path) -> None:
    here, there = synthetic(tmp_path / "here", table), synthetic(tmp_path / "there", table)
    first = here.fetch()
    assert first.sha256 == there.fetch().sha256
    inode = first.path.stat().st_ino
    assert here.fetch().path.stat().st_ino == inode
    assert here.fetch(force=True).path.stat().st_ino != inode


def test_a_damaged_sample_or_another_table_makes_a_new_sample(tmp_path: Path, table: Path) -> None:
    source = synthetic(tmp_path / "data", table)
    first = source.fetch()
    first.path.write_text("damaged")
    assert source.fetch() == first
    assert file_sha256(first.path) == first.sha256
    write_table(table, patients=500)
    assert source.fetch().sha256 != first.sha256


def test_a_real_file_is_neither_overwritten_nor_passed_over(tmp_path: Path, table: Path) -> None:
    real = tmp_path / "Diabetes.csv"
    real.write_text(",".join(HEADER) + "\n" + ",".join("1" * len(HEADER)) + "\n")
    before = real.read_bytes()
    assert not fallback(tmp_path, table).fetch().synthetic
    with pytest.raises(UnreachableError):
        fallback(tmp_path, table).fetch(force=True)
    synthetic(tmp_path, table).fetch()
    assert real.read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "allowed", "falls_back"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"dataset_url": NOWHERE.url}, True, False),
        ({"database_url": "mysql+pymysql://root:secret@127.0.0.1:3306"}, True, False),
    ],
)
def test_only_the_embedded_mode_falls_back_where_allowed_and_no_address_is_set(
    settings: dict[str, str],
    allowed: bool,
    falls_back: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DATASET_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    source = bootstrap.dataset_source(
        Settings(data_dir=tmp_path, **settings), allow_synthetic=allowed
    )
    assert isinstance(source, FallbackDatasetSource) == falls_back
