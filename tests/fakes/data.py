"""``raw_data`` and ``clean_data`` in memory, held to the same contract as the real ones."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from connections.dataset.blocks import count_rows, read_blocks
from readmission.data.cleaning import CLEAN_COLUMNS
from readmission.data.row_checker import LineChecker
from readmission.errors import DatasetError, TooManyRejectedRowsError, UnknownVersionError
from readmission.ids import new_id
from readmission.ports.data import Progress
from readmission.records import DatasetFile, Experiment, Load, Preparation, Promotion, RejectedRow


class InMemoryRawData:
    """The schema ``raw_data`` as a frame."""

    prefetches = False

    def __init__(
        self, initial_data: pd.DataFrame | None = None, *, max_rejected_fraction: float = 0.01
    ) -> None:
        self.initial_data = initial_data
        self.rejected_rows: list[RejectedRow] = []
        self.loads = (
            []
            if initial_data is None
            else [_load(DatasetFile(None, "memory", "0"), rows=len(initial_data))]
        )
        self._max_rejected_fraction = max_rejected_fraction

    def replace_initial_data(
        self, dataset: DatasetFile, *, force: bool, progress: Progress
    ) -> Load:
        latest = self.latest_load()
        if latest and latest.content == dataset.sha256 and not force:
            return replace(latest, status="unchanged")
        rows, rejected = self._checked(dataset)
        progress("Loading rows", len(rows), len(rows))
        self.initial_data, self.rejected_rows = rows, rejected
        self.loads.append(_load(dataset, rows=len(rows), rejected=len(rejected)))
        return self.loads[-1]

    def merge_initial_data(self, dataset: DatasetFile, *, progress: Progress) -> Load:
        rows, rejected = self._checked(dataset)
        old = pd.DataFrame(columns=rows.columns) if self.initial_data is None else self.initial_data
        both = old.astype(str).merge(rows.astype(str), on="encounter_id", suffixes=("", "_new"))
        others = [name for name in rows.columns if name != "encounter_id"]
        same = (both[others].to_numpy() == both[[f"{name}_new" for name in others]].to_numpy()).all(
            axis=1
        )
        untouched = old[~old["encounter_id"].isin(rows["encounter_id"])]
        added, changed = len(rows) - len(both), int((~same).sum())
        self.initial_data = pd.concat([untouched.astype(object), rows.astype(object)]).astype(
            rows.dtypes
        )
        load = replace(
            _load(dataset, rows=len(self.initial_data), rejected=len(rejected)),
            mode="merge",
            added=added,
            changed=changed,
            identical=int(same.sum()),
            status="loaded" if added + changed else "unchanged",
        )
        if added + changed:
            self.loads.append(replace(load, content=f"merge {load.load_id}"))
        return load

    def read_initial_data(
        self, columns: Sequence[str] | None = None
    ) -> Generator[pd.DataFrame, None, None]:
        if self.initial_data is not None:
            rows = self.initial_data.sort_values("encounter_id", ignore_index=True)
            yield rows if columns is None else rows[list(columns)]

    def latest_load(self) -> Load | None:
        return self.loads[-1] if self.loads else None

    def _checked(self, dataset: DatasetFile) -> tuple[pd.DataFrame, list[RejectedRow]]:
        checker = LineChecker()
        blocks = [checker.check(block) for block in read_blocks(dataset)]
        rejected = [row for block in blocks for row in block.rejected]
        if len(rejected) > self._max_rejected_fraction * count_rows(dataset.path):
            raise TooManyRejectedRowsError(f"line {rejected[0].line}: {rejected[0].reason}")
        if not any(len(block.frame) for block in blocks):
            raise DatasetError("no rows")
        return pd.concat([block.frame for block in blocks], ignore_index=True), rejected


class InMemoryCleanData:
    """The schema ``clean_data`` as frames, of the latest version and the one before."""

    def __init__(self) -> None:
        self._versions: list[tuple[Preparation, pd.DataFrame]] = []
        self._experiments: dict[tuple[str, int], tuple[datetime, Experiment]] = {}
        self._promotions: list[Promotion] = []

    @property
    def train_data(self) -> pd.DataFrame:
        return self._split(self._versions[-1][1], "train")

    def replace_splits(
        self, chunks: Iterable[pd.DataFrame], preparation: Preparation
    ) -> Preparation:
        rows = pd.concat([chunk.astype(object) for chunk in chunks], ignore_index=True)
        counts = {
            f"{name}_rows": int((rows["split"] == name).sum()) for name in ("train", "val", "test")
        }
        excluded = preparation.excluded_rows - len(rows)
        batches = int(rows["batch_id"].max()) if len(rows) else 0
        preparation = replace(preparation, **counts, excluded_rows=excluded, batches=batches)
        self._versions = [*self._versions[-1:], (preparation, rows)]
        return preparation

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


def _load(dataset: DatasetFile, *, rows: int, rejected: int = 0) -> Load:
    return Load(
        new_id(),
        dataset.source,
        dataset.sha256,
        dataset.synthetic,
        rows,
        rejected,
        "loaded",
        datetime.now(UTC),
        0.0,
        content=dataset.sha256,
    )
