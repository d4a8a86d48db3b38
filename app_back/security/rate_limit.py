"""A limit on the requests of each client, counted in this process."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from readmission.errors import SettingError


class RateLimiter:
    """A moving window for each client; without a setting there is no limit."""

    def __init__(self, setting: str | None) -> None:
        self._limit = None if setting is None else _parse(setting)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def seconds_to_wait(self, client: str) -> int:
        """Count a request; return 0 if it may proceed, else the seconds until the next one may."""
        if self._limit is None or self._window.hit(self._limit, client):
            return 0
        window = self._window.get_window_stats(self._limit, client)
        remaining_s = window.reset_time - time.time()
        return max(1, math.ceil(remaining_s))


def _parse(setting: str) -> RateLimitItem:
    try:
        return parse(setting)
    except ValueError as error:
        raise SettingError(
            f"RATE_LIMIT={setting!r} is not a number per period; write it like 600/minute."
        ) from error
