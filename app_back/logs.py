"""The API's log as JSON lines; it never contains anything about a patient."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

_STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({})))
_FORMATTING_ATTRIBUTES = frozenset({"message", "asctime", "color_message"})
_NOT_EXTRA = _STANDARD_ATTRIBUTES | _FORMATTING_ATTRIBUTES


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object; what was passed as ``extra`` becomes keys of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        time = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        attributes = vars(record)
        for name, value in attributes.items():
            if name not in _NOT_EXTRA:
                line[name] = value
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        json_bytes = orjson.dumps(line, default=str)
        return json_bytes.decode()


def log_config(level: str) -> dict[str, Any]:
    """Return the configuration for ``logging.config`` and uvicorn.

    The log line of our own middleware replaces uvicorn's access log.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": create_formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "app_back": {"level": level},
            "uvicorn": {"level": level},
            "uvicorn.access": {"level": "WARNING"},
        },
    }


def create_formatter() -> JsonFormatter:
    """Return the formatter, and keep logging from collecting attributes that no line shows.

    The configuration calls this once in each serving process. Without ``_srcfile``, no record
    searches the stack for its caller; see "Optimization" in the logging HOWTO.
    """
    logging._srcfile = None
    logging.logThreads = False
    logging.logProcesses = False
    logging.logMultiprocessing = False
    return JsonFormatter()
