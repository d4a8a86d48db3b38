"""The house holds together: folders, imports, and who wins over whom."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("readmission", "connections", "app_back", "app_front", "app_cli")


def test_installed_mlflow_wins_over_the_folder_of_the_same_name() -> None:
    code = "import mlflow, pathlib; print(pathlib.Path(mlflow.__file__).parent)"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "mlflow").is_dir()
    assert "site-packages" in Path(found.strip()).parts


@pytest.mark.parametrize(
    "module", ["readmission.schema", "readmission.errors", "readmission.records"]
)
def test_vocabulary_needs_the_standard_library_only(module: str) -> None:
    hidden = "pandas=None, numpy=None, sklearn=None, pydantic=None"
    code = f"import sys; sys.modules.update({hidden}); import {module}"
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True)


def test_the_api_and_its_model_load_without_scikit_learn() -> None:
    code = (
        "import sys; sys.modules.update(sklearn=None, scipy=None); "
        "import app_back.main, connections.models.onnx_model"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_no_file_names_a_path_of_a_developers_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    home_paths = ("/Users" + "/", "/work" + "/")
    text_files = [ROOT / name for name in tracked if not name.endswith((".png", ".ico"))]
    offenders = [
        f"{path}: {needle}"
        for path in text_files
        for needle in home_paths
        if needle in path.read_text()
    ]
    assert offenders == []
