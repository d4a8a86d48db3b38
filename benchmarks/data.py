"""Load and clean, compared with the database's own limit: ``python -m benchmarks.data`` (``./run bench data``)."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import fmean

import pandas as pd

from benchmarks.data_report import write_report
from connections import bootstrap
from connections.settings import ROOT, load_settings
from tests.servers import mysql

PASSES = 2
ROUNDS = {1: 5, 3: 1, 10: 1}
"""Of each pass, by how many times the dataset; every size meets the machine's quick minutes and its slow ones."""
STAGES = ("limit load", "load", "clean", "limit clean")
_PATIENTS = 190_000_000
"""Above every patient number of the dataset."""


@dataclass(slots=True)
class Measured:
    """One stage at one size, run after run."""

    database: str
    scale: int
    rows: int
    stage: str
    runs: list[float] = field(default_factory=list)
    peak_mib: float = 0

    @property
    def seconds(self) -> float:
        """Return the least: what else the machine does can only add time."""
        return min(self.runs)

    @property
    def mean_seconds(self) -> float:
        """Return what tells growth: a long run takes the machine's minutes as they come."""
        return fmean(self.runs)

    def run(self, url: str, path: Path) -> None:
        """Run it once more, in a process of its own."""
        command = [sys.executable, "-m", "benchmarks.data_stage", self.stage, url, str(path)]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"TZ": "UTC"}
        )
        told = json.loads(done.stdout.splitlines()[-1])
        self.runs.append(told["seconds"])
        self.peak_mib = max(self.peak_mib, told["peak_mib"])
        print(
            f"{self.database} {self.scale}x {self.stage}: {self.runs[-1]:.2f} s, {told['peak_mib']:.0f} MiB",
            flush=True,
        )


def main() -> None:
    """Measure all and write ``docs/benchmarks/data.md`` and ``data.png``."""
    source = bootstrap.dataset_source(load_settings(), allow_synthetic=True).fetch()
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as urls:
        files = {
            scale: enlarge(source.path, Path(folder) / f"{scale}.csv", scale) for scale in ROUNDS
        }
        measured = measure(urls, files)
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
            rows["encounter_id"], rows["patient_nbr"] = (
                rank + copy * len(rows),
                patients % _PATIENTS + copy * _PATIENTS,
            )
        rows.to_csv(target, index=False, header=copy == 0, mode="w" if copy == 0 else "a")
    return target


def measure(urls: Mapping[str, str], files: Mapping[int, Path]) -> list[Measured]:
    """Return the figures of each stage at each size; the sizes take turns, and the stages of each."""
    measured = {
        (scale, name): _unmeasured(name, scale, files[scale]) for scale in files for name in urls
    }
    for _, scale, name in product(range(PASSES), files, urls):
        for _ in range(ROUNDS[scale]):
            for one in measured[scale, name]:
                one.run(urls[name], files[scale])
    return [one for stages in measured.values() for one in stages]


def _unmeasured(database: str, scale: int, path: Path) -> list[Measured]:
    with path.open() as lines:
        rows = sum(1 for _ in lines) - 1
    return [Measured(database, scale, rows, stage) for stage in STAGES]


if __name__ == "__main__":
    main()
