"""``raw_data`` and ``clean_data`` in memory, held to the same contract as the real ones."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pandas as pd

from connections.dataset.blocks import DatasetFile
from readmission.data.cleaning import CLEAN_COLUMNS
from readmission.data.row_checker import CheckedBlock
from readmission.errors import UnknownVersionError
from readmission.ids import new_id
from readmission.ports.data import Progress, RawData, silent
from readmission.records import Experiment, Load, Preparation, Promotion, RejectedRow
from readmission.use_cases.load import load, merge


class InMemoryRawData:
    """The schema ``raw_data`` as a frame."""

    prefetches = False

    def __init__(self, initial_data: pd.DataFrame | None = None) -> None:
        self.initial_data = initial_data
        self.rejected_rows: list[RejectedRow] = []
        self.loads = [] if initial_data is None else [_make_load(len(initial_data))]

    def data_lock(self, stage: str) -> AbstractContextManager[None]:
        return nullcontext()

    @contextmanager
    def staged_load(self, load: Load) -> Iterator["InMemoryStagedLoad"]:
        yield InMemoryStagedLoad(self)

    def read_initial_data(
        self, columns: Sequence[str] | None = None
    ) -> Generator[pd.DataFrame, None, None]:
        if self.initial_data is not None:
            rows = self.initial_data.sort_values("encounter_id", ignore_index=True)
            yield rows if columns is None else rows[list(columns)]

    def latest_load(self) -> Load | None:
        return self.loads[-1] if self.loads else None


class InMemoryStagedLoad:
    """Frames that wait for their publication."""

    def __init__(self, raw_data: InMemoryRawData) -> None:
        self._raw_data = raw_data
        self._frames: list[pd.DataFrame] = []
        self._rejected: list[RejectedRow] = []

    def write(self, block: CheckedBlock) -> None:
        self._frames.append(block.frame)

    def reject(self, rows: Sequence[RejectedRow]) -> None:
        self._rejected += rows

    def publish(self, load: Load) -> Load:
        rows = pd.concat(self._frames, ignore_index=True)
        if load.mode == "merge":
            rows, load = _merge(self._raw_data.initial_data, rows, load)
        self._raw_data.initial_data = rows
        self._raw_data.rejected_rows = self._rejected
        if load.status == "loaded":
            self._raw_data.loads.append(load)
        return load


def _merge(old: pd.DataFrame | None, new: pd.DataFrame, load: Load) -> tuple[pd.DataFrame, Load]:
    """Return the old rows with the new ones in their places, and the load with the counts."""
    if old is None:
        old = pd.DataFrame(columns=new.columns)
    values = [name for name in new.columns if name != "encounter_id"]
    both = old.astype(str).merge(new.astype(str), on="encounter_id", suffixes=("", "_new"))
    old_values = both[values].to_numpy()
    new_values = both[[f"{name}_new" for name in values]].to_numpy()
    is_identical = (old_values == new_values).all(axis=1)
    untouched = old[~old["encounter_id"].isin(new["encounter_id"])]
    merged = pd.concat([untouched.astype(object), new.astype(object)]).astype(new.dtypes)
    added = len(new) - len(both)
    changed = int((~is_identical).sum())
    counted = replace(
        load,
        status="loaded" if added + changed else "unchanged",
        rows=len(merged),
        added=added,
        changed=changed,
        identical=int(is_identical.sum()),
    )
    return merged, counted


def _make_load(rows: int) -> Load:
    return Load(
        load_id=new_id(),
        source="memory",
        sha256="0",
        synthetic=False,
        rows=rows,
        rejected=0,
        status="loaded",
        started_at=datetime.now(UTC),
        seconds=0.0,
        content="0",
    )


@dataclass(frozen=True)
class FileSource:
    """A source whose file is at hand."""

    dataset: DatasetFile

    def fetch(self, *, force: bool = False) -> DatasetFile:
        return self.dataset


def load_file(
    raw_data: RawData,
    dataset: DatasetFile,
    *,
    force: bool = False,
    max_rejected_fraction: float = 0.01,
    progress: Progress = silent,
) -> Load:
    """Let a file replace all rows."""
    return load(
        FileSource(dataset),
        raw_data,
        max_rejected_fraction=max_rejected_fraction,
        force=force,
        progress=progress,
    )


def merge_file(
    raw_data: RawData, dataset: DatasetFile, *, max_rejected_fraction: float = 0.01
) -> Load:
    """Merge a file into the rows."""
    return merge(dataset, raw_data, max_rejected_fraction=max_rejected_fraction)


class InMemoryCleanData:
    """The schema ``clean_data`` as frames, of the latest version and the one before."""

    def __init__(self) -> None:
        self._versions: list[tuple[Preparation, pd.DataFrame]] = []
        self._experiments: dict[tuple[str, int], tuple[datetime, Experiment]] = {}
        self._promotions: list[Promotion] = []

    def training_lock(self, stage: str) -> AbstractContextManager[None]:
        return nullcontext()

    @property
    def train_data(self) -> pd.DataFrame:
        return self._split(self._versions[-1][1], "train")

    @contextmanager
    def staged_splits(self, data_version: str) -> Iterator["InMemoryStagedSplits"]:
        yield InMemoryStagedSplits(self._versions)

    def latest_preparation(self, data_version: str | None = None) -> Preparation | None:
        found = [one for one, _ in self._versions if data_version in (None, one.data_version)]
        return found[-1] if found else None

    def read_batch(self, batch_id: int, data_version: str) -> pd.DataFrame:
        rows = self._version(data_version)
        found = self._split(rows[rows["batch_id"] == batch_id], "train")
        if found.empty:
            raise UnknownVersionError(f"no batch {batch_id} of version {data_version}")
        return found

    def read_val(self, data_version: str) -> pd.DataFrame:
        return self._split(self._version(data_version), "val")

    def read_test(self, data_version: str) -> pd.DataFrame:
        return self._split(self._version(data_version), "test")

    def save_experiments(self, experiments: Sequence[Experiment]) -> None:
        for row in experiments:
            self._experiments[row.training_id, row.batch_id] = (datetime.now(UTC), row)

    def read_experiments(self, training_id: str | None = None) -> list[Experiment]:
        newest: dict[str, datetime] = {}
        for saved_at, row in self._experiments.values():
            newest[row.training_id] = max(saved_at, newest.get(row.training_id, saved_at))
        rows = [
            row for _, row in self._experiments.values() if training_id in (None, row.training_id)
        ]
        return sorted(
            rows,
            key=lambda row: (-newest[row.training_id].timestamp(), row.training_id, row.batch_id),
        )

    def append_promotion(self, promotion: Promotion) -> None:
        self._promotions.insert(0, promotion)

    def read_promotions(self) -> list[Promotion]:
        return list(self._promotions)

    def _version(self, data_version: str) -> pd.DataFrame:
        for preparation, rows in reversed(self._versions):
            if preparation.data_version == data_version:
                return rows
        raise UnknownVersionError(f"no version {data_version}")

    @staticmethod
    def _split(rows: pd.DataFrame, split: str) -> pd.DataFrame:
        found = rows.loc[rows["split"] == split, list(CLEAN_COLUMNS)].sort_values(
            "encounter_id", ignore_index=True
        )
        return found.infer_objects()


class InMemoryStagedSplits:
    """Frames that wait for their publication."""

    def __init__(self, versions: list[tuple[Preparation, pd.DataFrame]]) -> None:
        self._versions = versions
        self._frames: list[pd.DataFrame] = []

    def write(self, split: str, rows: pd.DataFrame) -> None:
        self._frames.append(rows.astype(object))

    def publish(self, preparation: Preparation) -> None:
        rows = pd.concat(self._frames, ignore_index=True)
        self._versions[:-1] = []  # the latest version becomes the previous one
        self._versions.append((preparation, rows))
