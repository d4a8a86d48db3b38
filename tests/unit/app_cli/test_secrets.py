import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app_cli.secrets import PLACEHOLDER, TEMPLATE, generated_once, write_secrets
from connections.api_keys import parse_keys
from readmission.errors import SettingError

ROOT = TEMPLATE.parent


def values_of(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", path.read_text(), re.MULTILINE))


def test_each_secret_is_generated_for_this_user_alone(tmp_path: Path) -> None:
    first, second = write_secrets(tmp_path / "a"), write_secrets(tmp_path / "b")
    assert first.stat().st_mode & 0o777 == 0o600
    assert PLACEHOLDER not in values_of(first).values()
    assert not set(values_of(first).values()) & set(values_of(second).values())


def test_an_existing_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("MINE=1")
    with pytest.raises(SettingError, match="left as it is"):
        write_secrets(path)
    assert path.read_text() == "MINE=1"


def test_the_api_knows_the_keys_that_were_generated(tmp_path: Path) -> None:
    made = values_of(write_secrets(tmp_path / ".env"))
    keys = parse_keys(made["API_KEYS"])
    form, admin = keys.find(made["FORM_API_KEY"]), keys.find(made["ADMIN_API_KEY"])
    assert form and form.scopes == {"predict"}
    assert admin and admin.scopes == {"predict", "admin"}
    assert hashlib.sha256(made["FORM_API_KEY"].encode()).hexdigest() in made["API_KEYS"]


def test_every_variable_that_the_stack_demands_is_in_the_example_and_has_no_usable_value() -> None:
    stack = "".join(
        (ROOT / name).read_text() for name in ("docker-compose.yml", "minio/seaweedfs.yml")
    )
    demanded = set(re.findall(r"\$\{(\w+):\?", stack))
    example = values_of(TEMPLATE)
    assert demanded <= set(example)
    assert {example[name] for name in demanded} == {PLACEHOLDER}


def test_every_secret_of_the_example_is_checked_before_anything_starts() -> None:
    stack = (ROOT / "docker-compose.yml").read_text()
    checked = re.search(r"secrets-check:.*?environment: \[(.*?)\]", stack, re.DOTALL)
    assert checked
    told_to_nobody = {"ADMIN_API_KEY"}
    placeholders = {name for name, value in values_of(TEMPLATE).items() if value == PLACEHOLDER}
    assert set(re.findall(r"\w+", checked[1])) == placeholders - told_to_nobody


def test_secrets_need_no_set_up(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from app_cli import secrets; from pathlib import Path; "
    )
    run = [
        "python3",
        "-I",
        "-S",
        "-c",
        code + "secrets.write_secrets(Path(sys.argv[2]))",
        str(ROOT),
        str(tmp_path / "x"),
    ]
    subprocess.run(run, check=True)
    assert values_of(tmp_path / "x")


def test_api_key_prints_a_key_and_the_entry_that_admits_it() -> None:
    command = [sys.executable, "-m", "app_cli", "api-key", "ward-7", "--scopes", "predict"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    key, entry = (line.split(": ", 1)[1].strip() for line in printed.splitlines())
    found = parse_keys(entry).find(key)
    assert found is not None
    assert (found.name, found.scopes) == ("ward-7", {"predict"})


def test_local_keys_are_generated_once_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert generated_once(path, {"key": "first"}) == {"key": "first"}
    assert generated_once(path, {"key": "second"}) == {"key": "first"}
    assert path.stat().st_mode & 0o777 == 0o600
