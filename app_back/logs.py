"""The log as JSON lines; nothing of a patient is ever in it."""

import logging
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson

_OWN = len(vars(logging.makeLogRecord({})))
"""How many attributes a record has by itself; they come first."""
_FORMATTED = ("message", "asctime", "color_message")


@lru_cache(maxsize=2)
def _second(since_epoch: int) -> str:
    return datetime.fromtimestamp(since_epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class JsonLines(logging.Formatter):
    """One JSON object a line; what was given as ``extra`` becomes its keys."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line: dict[str, Any] = {
            "time": f"{_second(int(record.created))}.{int(record.created % 1 * 1000):03}+00:00",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        given = islice(vars(record).items(), _OWN, None)
        line |= {name: value for name, value in given if name not in _FORMATTED}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def log_config(level: str) -> dict[str, Any]:
    """Return the configuration for ``logging.config`` and uvicorn; our own line replaces uvicorn's access log."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = (
        False  # looked up, and never shown
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "app_back": {"level": level},
            "uvicorn": {"level": level},
            "uvicorn.access": {"level": "WARNING"},
        },
    }
