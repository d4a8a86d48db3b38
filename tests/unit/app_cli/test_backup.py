from pathlib import Path

import pytest

from app_cli.backup import backup, restore
from readmission.errors import InputError


def test_backup_never_writes_over_a_folder_and_restore_refuses_a_damaged_one(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match="exists already"):
        backup(tmp_path)
    with pytest.raises(InputError, match=r"manifest\.json is missing"):
        restore(tmp_path)
    (tmp_path / "artifacts.tar").write_bytes(b"damaged")
    (tmp_path / "manifest.json").write_text('{"sha256": {"artifacts.tar": "0"}}')
    with pytest.raises(InputError, match="differs from the file that was backed up"):
        restore(tmp_path)
