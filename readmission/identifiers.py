"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

import secrets
import time
from uuid import UUID

_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM = ~((0xF << 76) | (3 << 62)) & ((1 << 80) - 1)


def new_id() -> str:
    """Return a fresh identifier, later than the ones of earlier milliseconds."""
    random = secrets.randbits(80) & _RANDOM
    return str(UUID(int=(time.time_ns() // 1_000_000 << 80) | _VERSION_AND_VARIANT | random))
