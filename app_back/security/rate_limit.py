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
        self._limit: RateLimitItem | None = None
        if setting is not None:
            self._limit = _parse_limit(setting)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def seconds_to_wait(self, client: str) -> int:
        """Count a request; return 0 if it may proceed, else the seconds until the next one may."""
        limit = self._limit
        if limit is None:
            return 0
        may_proceed = self._window.hit(limit, client)
        if may_proceed:
            return 0
        window = self._window.get_window_stats(limit, client)
        remaining_s = window.reset_time - time.time()
        whole_seconds = math.ceil(remaining_s)
        return max(1, whole_seconds)


def _parse_limit(setting: str) -> RateLimitItem:
    try:
        return parse(setting)
    except ValueError as error:
        raise SettingError(
            f"RATE_LIMIT={setting!r} is not a number per period; write it like 600/minute."
        ) from error
