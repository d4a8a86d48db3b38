"""A stage that is timed in a process of its own, so that no stage profits from an earlier one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from connections.settings import ROOT


def measure_seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started_at = time.perf_counter()
    work()
    return time.perf_counter() - started_at


def run_stage(module: str, arguments: Sequence[str]) -> Any:
    """Run a module and return the JSON of its last line of output.

    Raises CalledProcessError if it fails.
    """
    environment = os.environ | {"TZ": "UTC"}
    # Compiling every module again would be timed, too.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
    )
    last_line = process.stdout.splitlines()[-1]
    return json.loads(last_line)
