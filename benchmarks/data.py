"""``./run bench data``: load and clean, compared with the database's own limit, in one run."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pandas as pd

from benchmarks.data_report import StageRuns, write_report
from benchmarks.stage_process import run_stage
from connections import bootstrap
from connections.dataset.blocks import DatasetFile
from connections.settings import ROOT, load_settings
from tests.servers import mysql

STAGES = ("limit load", "load", "clean", "limit clean")
PASSES = 2
ROUNDS = {1: 5, 3: 1, 10: 1}
"""How many rounds of a pass each size gets, by how many times it is the dataset.

The sizes take turns, so that each one runs in both the fast and the slow minutes of the machine.
"""
_PATIENTS = 190_000_000
"""More than any patient number of the dataset."""


def main() -> None:
    """Measure all stages, and write ``docs/benchmarks/data.md`` and ``data.png``."""
    dataset = _fetch_dataset()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = _write_sizes(dataset.path, folder)
        with databases(folder) as urls:
            measured = measure(urls, files)
    write_report(
        measured,
        folder=ROOT / "docs" / "benchmarks",
        synthetic=dataset.synthetic,
    )


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the databases' URLs by name: SQLite, and MySQL where a server can be started."""
    urls = {"SQLite": f"sqlite:///{folder}/database/"}
    why_no_mysql = mysql.why_missing()
    if why_no_mysql:
        print(f"MySQL is left out: {why_no_mysql}", file=sys.stderr)
        yield urls
        return
    with mysql.running_mysql() as server:
        urls["MySQL"] = server.url
        yield urls


def enlarge(source: Path, target: Path, scale: int) -> None:
    """Write the dataset ``scale`` times, every copy with encounters and patients of its own."""
    rows = pd.read_csv(source, dtype=str, keep_default_na=False)
    encounters = rows["encounter_id"].astype(int)
    ranks = encounters.rank().astype(int)
    patients = rows["patient_nbr"].astype(int)
    with target.open("w") as file:
        for copy in range(scale):
            if scale > 1:
                first_encounter = copy * len(rows)
                first_patient = copy * _PATIENTS
                rows["encounter_id"] = first_encounter + ranks
                rows["patient_nbr"] = first_patient + patients % _PATIENTS
            needs_header = copy == 0
            rows.to_csv(file, index=False, header=needs_header)


def measure(urls: Mapping[str, str], files: Mapping[int, Path]) -> list[StageRuns]:
    """Run each stage at each size on each database; sizes, databases and stages take turns."""
    setups: list[_Setup] = []
    for scale, database in product(files, urls):
        setup = _build_setup(database, urls[database], scale, files[scale])
        setups.append(setup)
    for setup in setups * PASSES:
        for _ in range(setup.rounds):
            setup.run_stages()
    measured: list[StageRuns] = []
    for setup in setups:
        measured.extend(setup.stages)
    return measured


def _fetch_dataset() -> DatasetFile:
    source = bootstrap.dataset_source(load_settings(), allow_synthetic=True)
    dataset = source.fetch()
    # The port promises lines only; enlarging them needs the file.
    if not isinstance(dataset, DatasetFile):
        raise TypeError(f"{dataset.source} is not a file on local disk.")
    return dataset


def _write_sizes(dataset: Path, folder: Path) -> dict[int, Path]:
    """Write a file for each size; return them by how many times they are the dataset."""
    files: dict[int, Path] = {}
    for scale in ROUNDS:
        target = folder / f"{scale}.csv"
        enlarge(dataset, target, scale)
        files[scale] = target
    return files


def _count_rows(file: Path) -> int:
    """Return how many lines follow the header."""
    with file.open() as lines:
        header_and_rows = sum(1 for _ in lines)
    return header_and_rows - 1


@dataclass(frozen=True, slots=True)
class _Setup:
    """One size on one database: the arguments of its stages, and their runs."""

    url: str
    file: Path
    rounds: int
    stages: list[StageRuns]

    def run_stages(self) -> None:
        """Run all stages once more, each in a process of its own."""
        for runs in self.stages:
            arguments = [runs.stage, self.url, str(self.file)]
            measured = run_stage("benchmarks.data_stage", arguments)
            seconds = measured["seconds"]
            peak_mib = measured["peak_mib"]
            runs.add(seconds, peak_mib)
            print(f"{runs.label}: {seconds:.2f} s, {peak_mib:.0f} MiB", flush=True)


def _build_setup(database: str, url: str, scale: int, file: Path) -> _Setup:
    rows = _count_rows(file)
    return _Setup(
        url=url,
        file=file,
        rounds=ROUNDS[scale],
        stages=[StageRuns(database, scale, rows, stage) for stage in STAGES],
    )


if __name__ == "__main__":
    main()
