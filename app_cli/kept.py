"""Secrets that are generated once and kept in a file that only this user can read."""

import json
from pathlib import Path


def kept(path: Path, made: dict[str, str]) -> dict[str, str]:
    """Return what the file holds; where there is none, write ``made``."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps(made))
    held: dict[str, str] = json.loads(path.read_text())
    return held
