"""``python -m tests.integration.spool_writer FOLDER ROWS SEED``: append to a spool, with delays.

Before each statement, of the spool and of its database, it waits for up to ``MAX_DELAY_S``. It
prints each id that was acknowledged.
"""

import random
import sqlite3
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connections.stores.prediction_log import open_prediction_log
from connections.stores.prediction_spool import SpooledPredictionLog
from readmission.ids import new_id
from tests.contract.test_prediction_log import make_prediction
from tests.fakes.databases import settings_for

MAX_DELAY_S = 0.05
GROUP_SIZE = 50


def main(folder: Path, rows: int, seed: int) -> None:
    random.seed(seed)
    sqlite3.connect = _connect_delayed  # type: ignore[assignment]
    database = open_prediction_log(settings_for(f"sqlite:///{folder}/db/"))
    log = SpooledPredictionLog(database, folder / "spool")
    log.start()
    for _ in range(0, rows, GROUP_SIZE):
        predictions = [
            replace(make_prediction(), prediction_id=new_id(), made_at=datetime.now(UTC))
            for _ in range(GROUP_SIZE)
        ]
        log.append(predictions)
        for prediction in predictions:
            sys.stdout.write(f"{prediction.prediction_id}\n")
        sys.stdout.flush()
    log.close()


class _DelayedConnection(sqlite3.Connection):
    """Waits before each of its statements."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.set_trace_callback(lambda _statement: _wait())


_connect = sqlite3.connect


def _wait() -> None:
    time.sleep(random.uniform(0, MAX_DELAY_S))  # noqa: S311


def _connect_delayed(*arguments: Any, **options: Any) -> sqlite3.Connection:
    _wait()
    return _connect(*arguments, factory=_DelayedConnection, **options)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
