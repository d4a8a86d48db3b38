"""The set-up of ./run and ./test: which Python it takes, and what it hands to uv."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone whose environment holds a uv that only writes down its variables."""
    folder = tmp_path / "a clone"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / "requirements.txt").write_text("")
    write_program(folder / ".venv/bin/python", f'exec "{sys.executable}" "$@"')
    write_program(folder / ".venv/bin/uv", "env > uv.env")
    return folder


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def set_up(clone: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    inherited = {"PATH": os.environ["PATH"], "HOME": str(clone), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["sh", "-euc", f'. "{ROOT}/app_cli/setup.sh"; set_up requirements.txt; env > after.env'],
        cwd=clone,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def uv_variables(clone: Path, name: str = "uv.env") -> dict[str, str]:
    lines = (clone / name).read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if "=" in line)
    return {name: value for name, value in pairs.items() if name.startswith(("UV_", "SSL_"))}


def test_uv_gets_the_index_and_the_certificate_that_are_set_for_pip(clone: Path) -> None:
    done = set_up(
        clone,
        PIP_INDEX_URL="https://mirror.example/simple",
        PIP_EXTRA_INDEX_URL="https://a.example/simple https://b.example/simple",
        PIP_FIND_LINKS="/opt/wheels /opt/more",
        PIP_CERT="/etc/company.pem",
        PIP_TRUSTED_HOST="mirror.example",
        PIP_NO_INDEX="1",
    )
    assert done.returncode == 0, done.stderr
    assert uv_variables(clone) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/opt/wheels,/opt/more",
        "SSL_CERT_FILE": "/etc/company.pem",
        "UV_INSECURE_HOST": "mirror.example",
        "UV_NO_INDEX": "1",
    }
    assert uv_variables(clone, "after.env") == {}


def test_uv_gets_what_pips_configuration_file_says(clone: Path) -> None:
    config = clone / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://global.example/simple\ncert = /etc/company.pem\n"
        "extra-index-url =\n    https://a.example/simple\n    https://b.example/simple\n"
        "[install]\nindex-url = https://install.example/simple\n"
    )
    done = set_up(clone, PIP_CONFIG_FILE=str(config))
    assert done.returncode == 0, done.stderr
    variables = uv_variables(clone)
    assert variables["UV_DEFAULT_INDEX"] == "https://install.example/simple"
    assert variables["UV_INDEX"].split() == ["https://a.example/simple", "https://b.example/simple"]
    assert variables["SSL_CERT_FILE"] == "/etc/company.pem"


def test_uvs_own_variables_overrule_those_of_pip(clone: Path) -> None:
    set_up(
        clone,
        PIP_INDEX_URL="https://pip.example/simple",
        UV_DEFAULT_INDEX="https://uv.example/simple",
        PIP_CERT="/etc/pip.pem",
        SSL_CERT_FILE="/etc/uv.pem",
    )
    expected = {"UV_DEFAULT_INDEX": "https://uv.example/simple", "SSL_CERT_FILE": "/etc/uv.pem"}
    assert uv_variables(clone) == expected


def test_without_settings_of_pip_uv_gets_none(clone: Path) -> None:
    assert set_up(clone).returncode == 0
    assert uv_variables(clone) == {}


def test_a_failed_installation_names_the_variables_and_is_tried_again(clone: Path) -> None:
    write_program(clone / ".venv/bin/uv", "exit 1")
    failed = set_up(clone)
    assert failed.returncode != 0
    assert "UV_DEFAULT_INDEX" in failed.stderr
    assert list((clone / ".venv").glob(".installed*")) == []


@pytest.mark.parametrize(
    ("version", "works"),
    [("3, 10", False), ("3, 11", True), ("3, 14", True), ("3, 15", False), ("4, 0", False)],
)
def test_python_3_11_to_3_14_is_taken(version: str, works: bool, clone: Path) -> None:
    """The candidate is this Python, which says that it is another version."""
    code = f'exec "{sys.executable}" -c "import sys; sys.version_info = ({version}, 0); $2"'
    programs = clone / "programs"
    programs.mkdir()
    write_program(programs / "python3", code)
    find = ["/bin/sh", "-euc", f'. "{ROOT}/app_cli/setup.sh"; find_python']
    found = subprocess.run(find, env={"PATH": str(programs)}, capture_output=True, text=True)
    assert (found.returncode == 0) == works
    assert works or "Python 3.11, 3.12, 3.13 or 3.14 is needed" in found.stderr


@pytest.mark.parametrize("name", ["100% sure", "a:b"])
def test_a_folder_whose_name_cannot_work_is_refused_at_once(name: str, clone: Path) -> None:
    renamed = clone.rename(clone.parent / name)
    refused = set_up(renamed)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: the name of the folder")
    assert not (renamed / "uv.env").exists()


@pytest.mark.parametrize("name", ["c#app", "q?x", "$HOME", "it's", 'a "b"', "a;b&c", "*", "ñ"])
def test_a_folder_with_another_sign_in_its_name_is_set_up(name: str, clone: Path) -> None:
    renamed = clone.rename(clone.parent / name)
    assert set_up(renamed).returncode == 0
    assert (renamed / "uv.env").exists()
