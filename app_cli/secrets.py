"""Write the Compose stack's ``.env`` with generated secrets; needs no set-up: ``python3 -m app_cli.secrets``."""

import base64
import json
import os
import re
import secrets
import sys
from pathlib import Path

from connections.api_keys import format_entry
from readmission.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / ".env.example"
PLACEHOLDER = "changeme"


def write_secrets(path: Path = ROOT / ".env") -> Path:
    """Write the template with generated values, for this user's eyes only; an existing file stays as it is."""
    text = fill(TEMPLATE.read_text())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingError(
            f"{path} exists and is left as it is; move it away to make new secrets."
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return path


def fill(template: str) -> str:
    """Return the template with a generated value for each placeholder."""
    names = re.findall(rf"^(\w+)={PLACEHOLDER}$", template, re.MULTILINE)
    values = {name: _generate(name) for name in names}
    values["API_KEYS"] = ",".join(
        (
            format_entry("form", "predict", values["FORM_API_KEY"]),
            format_entry("admin", "predict+admin", values["ADMIN_API_KEY"]),
        )
    )
    return re.sub(
        rf"^(\w+)={PLACEHOLDER}$",
        lambda found: f"{found[1]}={values[found[1]]}",
        template,
        flags=re.M,
    )


def _generate(name: str) -> str:
    """Return a random value of the form that the name's owner accepts."""
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


def kept(path: Path, made: dict[str, str]) -> dict[str, str]:
    """Return what the file holds; where there is none, write ``made``."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps(made))
    held: dict[str, str] = json.loads(path.read_text())
    return held
