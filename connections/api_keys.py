"""API keys, as the setting API_KEYS lists them; only the SHA-256 of a key is ever stored.

Standard library only: ``python3 -m app_cli.secrets`` makes keys before anything is installed.
"""

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass
from typing import Literal, get_args

from readmission.errors import SettingError

Scope = Literal["predict", "admin"]
ENTRY_FORMAT = "NAME:SCOPE+SCOPE:SHA256, with the scopes predict and admin"
_SCOPES = frozenset(get_args(Scope))
_DIGEST_LENGTH = hashlib.sha256().digest_size * 2
_LOWERCASE_HEX = set(string.hexdigits.lower())


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key that the API accepts, without the key itself."""

    name: str
    scopes: frozenset[str]
    digest: str


class KeyRing:
    """All keys that the API accepts; with an empty ring no key is needed."""

    def __init__(self, keys: tuple[ApiKey, ...]) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        """Whether requests need a key."""
        return bool(self._keys)

    def find(self, presented: str) -> ApiKey | None:
        """Return the matching key; takes the same time whichever key matches, or none."""
        digest = digest_of(presented)
        found = None
        for key in self._keys:
            matches = hmac.compare_digest(key.digest, digest)
            if matches and found is None:
                found = key
        return found


def generate_key() -> str:
    """Return a new random key."""
    return secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """Return the SHA-256 of a key; keys are long and random, so one round is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def format_entry(name: str, scopes: str, key: str) -> str:
    """Return the entry of API_KEYS that admits ``key``; raises SettingError if it is malformed."""
    entry = f"{name}:{scopes}:{digest_of(key)}"
    _parse_entry(entry)
    return entry


def parse_keys(setting: str) -> KeyRing:
    """Parse the setting API_KEYS; raises SettingError that names the malformed entry."""
    keys = []
    for part in setting.split(","):
        entry = part.strip()
        if entry:
            keys.append(_parse_entry(entry))
    return KeyRing(tuple(keys))


def _parse_entry(entry: str) -> ApiKey:
    name, _, scopes_and_digest = entry.partition(":")
    scopes_text, _, digest = scopes_and_digest.partition(":")
    scopes = frozenset(scopes_text.split("+"))
    has_known_scopes = scopes <= _SCOPES
    if not name or not has_known_scopes or not _is_digest(digest):
        owner = name or "(no name)"
        raise SettingError(f"API_KEYS: the entry for {owner} is not {ENTRY_FORMAT}.")
    return ApiKey(name, scopes, digest)


def _is_digest(text: str) -> bool:
    if len(text) != _DIGEST_LENGTH:
        return False
    return set(text) <= _LOWERCASE_HEX
