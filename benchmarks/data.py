"""Load and clean beside the database's own limit: ``python -m benchmarks.data`` (``./run bench data``)."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.data_report import write_report
from connections import bootstrap
from connections.settings import ROOT, load_settings
from tests.servers import mysql

SCALES = {1: 5, 3: 1, 10: 2}
"""How many times the dataset, and how many rounds (the least counts: what else the machine does only adds time)."""
STAGES = ("limit load", "load", "clean", "limit clean")
_PATIENTS = 190_000_000
"""Above every patient number of the dataset."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One stage at one size."""

    database: str
    scale: int
    rows: int
    stage: str
    seconds: float
    peak_mib: float


def main() -> None:
    """Measure all and write ``docs/benchmarks/data.md`` and ``data.png``."""
    source = bootstrap.dataset_source(load_settings(), allow_synthetic=True).fetch()
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as urls:
        measured = [
            result
            for scale, rounds in SCALES.items()
            for path in [enlarge(source.path, Path(folder) / f"{scale}.csv", scale)]
            for database, url in urls.items()
            for result in measure(database, url, path, scale, rounds)
        ]
    write_report(measured, ROOT / "docs" / "benchmarks", synthetic=source.synthetic)


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the databases to measure: SQLite, and MySQL where a server can be started."""
    urls = {"SQLite": f"sqlite:///{folder}/database/"}
    if reason := mysql.why_missing():
        print(f"MySQL is left out: {reason}", file=sys.stderr)
        yield urls
        return
    with mysql.running_mysql() as server:
        yield urls | {"MySQL": server.url}


def enlarge(source: Path, target: Path, scale: int) -> Path:
    """Write the dataset ``scale`` times, every copy with encounters and patients of its own."""
    rows = pd.read_csv(source, dtype=str, keep_default_na=False)
    ids, patients = rows["encounter_id"].astype(int), rows["patient_nbr"].astype(int)
    rank = ids.rank().astype(int)
    for copy in range(scale):
        if scale > 1:
            rows["encounter_id"], rows["patient_nbr"] = rank + copy * len(rows), patients % _PATIENTS + copy * _PATIENTS
        rows.to_csv(target, index=False, header=copy == 0, mode="w" if copy == 0 else "a")
    return target


def measure(database: str, url: str, path: Path, scale: int, rounds: int) -> Iterator[Measured]:
    """Yield the figures of each stage, every run in a process of its own; the stages take turns."""
    rows = sum(1 for _ in path.open()) - 1
    results = [{stage: _run(stage, url, path) for stage in STAGES} for _ in range(rounds)]
    for stage in STAGES:
        seconds = min(result[stage]["seconds"] for result in results)
        peak_mib = max(result[stage]["peak_mib"] for result in results)
        yield Measured(database, scale, rows, stage, seconds, peak_mib)
        print(f"{database} {scale}x {stage}: {seconds:.2f} s, {peak_mib:.0f} MiB", flush=True)


def _run(stage: str, url: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.data_stage", stage, url, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"TZ": "UTC"})
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
