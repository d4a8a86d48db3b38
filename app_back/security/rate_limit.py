"""How often one key may ask; counted in this process."""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from readmission.errors import SettingError


class RateLimit:
    """A moving window for each key; no setting, no limit."""

    def __init__(self, setting: str | None) -> None:
        self._item = None if setting is None else _parse(setting)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, who: str) -> int:
        """Count a request; returns 0 if it may pass, else the seconds until the next may."""
        if self._item is None or self._window.hit(self._item, who):
            return 0
        return max(
            1, math.ceil(self._window.get_window_stats(self._item, who).reset_time - time.time())
        )


def _parse(setting: str) -> RateLimitItem:
    try:
        return parse(setting)
    except ValueError as error:
        raise SettingError(
            f"RATE_LIMIT: {setting!r} is not a number over a time, such as 600/minute."
        ) from error
