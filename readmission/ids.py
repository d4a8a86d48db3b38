"""Identifiers that sort by the time of their making (UUID version 7, RFC 9562).

The package uuid6 is no substitute: it gives each identifier a millisecond of its own, so that under load they run ahead
of the clock, and a page of history would miss predictions.
"""

import secrets
import time
from datetime import datetime

_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM = ~((0xF << 76) | (3 << 62)) & ((1 << 80) - 1)


def new_id() -> str:
    """Return a fresh identifier, later than the ones of earlier milliseconds."""
    return _identifier(time.time_ns() // 1_000_000, secrets.randbits(80))


def first_id_of(moment: datetime) -> str:
    """Return the smallest identifier that could be made at ``moment``."""
    return _identifier(int(moment.timestamp() * 1000), 0)


def _identifier(milliseconds: int, random: int) -> str:
    digits = f"{(milliseconds << 80) | _VERSION_AND_VARIANT | (random & _RANDOM):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
