"""API keys: only their SHA-256 is kept; ``python -m app_back.security.api_keys NAME`` makes one."""

import argparse
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

from readmission.errors import SettingError

Scope = Literal["predict", "admin"]
_FORM = "NAME:SCOPE+SCOPE:SHA256, scopes predict and admin"


@dataclass(frozen=True, slots=True)
class Key:
    """One key that the API accepts."""

    name: str
    scopes: frozenset[str]
    digest: str


class KeyRing:
    """All keys; empty, everybody on this machine may do everything."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        """Tell whether a key is needed."""
        return bool(self._keys)

    def find(self, presented: str) -> Key | None:
        """Return the key, in the same time whichever it is and whether it is there or not."""
        digest = digest_of(presented)
        matching = [key for key in self._keys if hmac.compare_digest(key.digest, digest)]
        return matching[0] if matching else None


def digest_of(key: str) -> str:
    """Return what is kept of a key; keys are random and long, so one round of SHA-256 is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def parse_keys(setting: str) -> KeyRing:
    """Read the setting API_KEYS; raises SettingError that names the entry."""
    return KeyRing(tuple(_parse(entry.strip()) for entry in setting.split(",") if entry.strip()))


def _parse(entry: str) -> Key:
    name, _, rest = entry.partition(":")
    scopes, _, digest = rest.partition(":")
    asked = frozenset(scopes.split("+"))
    if (
        not name
        or not asked <= set(get_args(Scope))
        or len(digest) != 64
        or set(digest) - set("0123456789abcdef")
    ):
        raise SettingError(f"API_KEYS: the entry of {name or '(no name)'} is not {_FORM}.")
    return Key(name, asked, digest)


def main() -> None:
    """Print a fresh key and the entry that lets it in."""
    parser = argparse.ArgumentParser(
        prog="python -m app_back.security.api_keys", description="Make a key for the API."
    )
    parser.add_argument("name", help="who will use it")
    parser.add_argument("--scopes", default="predict", help="predict, admin or predict+admin")
    asked = parser.parse_args()
    key = secrets.token_urlsafe(32)
    entry = _parse(f"{asked.name}:{asked.scopes}:{digest_of(key)}")
    print(f"key, shown only now: {key}")  # noqa: T201 - a command's output
    print(f"entry for API_KEYS:  {entry.name}:{asked.scopes}:{entry.digest}")  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
