"""Generated secrets: the Compose stack's ``.env``, and the key files of the local stack.

``python3 -m app_cli.secrets`` writes ``.env`` before anything is installed.
"""

import base64
import json
import os
import re
import secrets
import sys
from pathlib import Path

from connections.api_keys import format_entry
from connections.atomic_files import replace_file
from readmission.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / ".env.example"
PLACEHOLDER = "changeme"

_PLACEHOLDER_LINE = re.compile(rf"^(\w+)={PLACEHOLDER}$", re.MULTILINE)


def write_secrets(path: Path = ROOT / ".env") -> Path:
    """Write the template with generated values, readable by this user alone.

    Raises SettingError, and changes nothing, if the file exists.
    """
    text = fill(TEMPLATE.read_text())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingError(
            f"{path} exists and is left as it is; to generate new secrets, move it away first."
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return path


def fill(template: str) -> str:
    """Return the template with a generated value for each placeholder."""
    names = _PLACEHOLDER_LINE.findall(template)
    values = {name: _generate(name) for name in names}
    form_entry = format_entry("form", "predict", values["FORM_API_KEY"])
    admin_entry = format_entry("admin", "predict+admin", values["ADMIN_API_KEY"])
    values["API_KEYS"] = f"{form_entry},{admin_entry}"

    def filled_line(line: re.Match[str]) -> str:
        name = line[1]
        return f"{name}={values[name]}"

    return _PLACEHOLDER_LINE.sub(filled_line, template)


def generated_once(path: Path, new_values: dict[str, str]) -> dict[str, str]:
    """Return the values in a JSON file; if there is no file yet, write ``new_values`` first.

    The file is readable by this user alone.
    """
    if not path.exists():
        content = json.dumps(new_values).encode()
        replace_file(path, content, permissions=0o600)
    values: dict[str, str] = json.loads(path.read_text())
    return values


def _generate(name: str) -> str:
    """Return a random value in the format that the variable's owner accepts."""
    if name == "AIRFLOW_FERNET_KEY":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    if name in ("MINIO_ROOT_USER", "S3_ACCESS_KEY"):
        return secrets.token_hex(10)
    return secrets.token_hex(24)


if __name__ == "__main__":
    try:
        print(f"Wrote {write_secrets()}")
    except SettingError as error:
        sys.exit(f"error: {error}")
