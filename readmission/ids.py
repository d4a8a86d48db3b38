"""Identifiers that sort by the time of their creation (UUID version 7, RFC 9562).

The package uuid6 is no substitute: it gives each identifier a millisecond of its own, so that under
load the identifiers run ahead of the clock, and a page of history would miss predictions.
"""

import secrets
import time
import uuid
from datetime import datetime

_TIME_SHIFT = 80
_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_VERSION_AND_VARIANT_BITS = (0xF << 76) | (3 << 62)


def new_id() -> str:
    """Return a new identifier, later than those of earlier milliseconds."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(_TIME_SHIFT)
    return _identifier(milliseconds, random)


def first_id_of(moment: datetime) -> str:
    """Return the smallest identifier that could be created at ``moment``."""
    milliseconds = int(moment.timestamp() * 1000)
    return _identifier(milliseconds, random=0)


def _identifier(milliseconds: int, random: int) -> str:
    """Return 48 bits of time, then 80 random bits of which 6 are the version and the variant."""
    time_bits = milliseconds << _TIME_SHIFT
    random_bits = random & ~_VERSION_AND_VARIANT_BITS
    number = time_bits | _VERSION_AND_VARIANT | random_bits
    identifier = uuid.UUID(int=number)
    return str(identifier)
