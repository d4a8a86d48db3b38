"""Identifiers that sort by the time they were made (UUID version 7, RFC 9562)."""

import secrets
import time
from datetime import datetime

_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM = ~((0xF << 76) | (3 << 62)) & ((1 << 80) - 1)


def new_id() -> str:
    """Return a fresh identifier, later than the ones of earlier milliseconds."""
    return _identifier(time.time_ns() // 1_000_000, secrets.randbits(80))


def first_id_of(moment: datetime) -> str:
    """Return what no identifier made at ``moment`` or later is smaller than."""
    return _identifier(int(moment.timestamp() * 1000), 0)


def _identifier(milliseconds: int, random: int) -> str:
    digits = f"{(milliseconds << 80) | _VERSION_AND_VARIANT | (random & _RANDOM):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
