"""Selection among the candidates of a training, with ports in memory."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from readmission.data.splitting import assign
from readmission.errors import BrokenModelError, NotReadyError
from readmission.model.candidate import select_best
from readmission.model.exported_model import Exported
from readmission.model.forest import ForestModel
from readmission.records import Experiment
from readmission.use_cases import select_champion
from readmission.use_cases.clean import replace_splits
from tests.fakes.data import InMemoryCleanData
from tests.fakes.model import InMemoryModelStore, InMemoryTracking
from tests.fakes.patients import PREPARATION, make_clean_data, make_patients
from tests.fakes.training import EXPERIMENT, TrainingBench, die


def test_the_winner_is_registered_promoted_and_documented(trained: TrainingBench) -> None:
    winner = select_best(trained.clean_data.read_experiments("t1"))
    champion = trained.registry.champion()
    assert champion is not None
    assert (champion.run_id, winner.model_version) == (winner.run_id, champion.version)
    assert trained.files.files["final"] is trained.tracking.load_model(winner.run_id)
    assert set(trained.tracking.documents[winner.run_id]) == {"model_card.md", "model_card.html"}


def test_the_test_set_is_reported_for_all_candidates(trained: TrainingBench) -> None:
    assert all(row.test_f1 is not None for row in trained.clean_data.read_experiments("t1"))
    assert all("test_brier" in values for values in trained.tracking.metrics.values())


class TestSetReader(InMemoryCleanData):
    """Counts the reads of the test set, which must come after the choice."""

    __test__ = False
    reads = 0
    chosen = 0

    def read_test(self, data_version: str) -> pd.DataFrame:
        self.reads += 1
        assert self.chosen == 4, "the choice among all candidates comes first"
        return super().read_test(data_version)

    def choose(self, experiments: Sequence[Experiment]) -> Experiment:
        self.chosen = len(experiments)
        return select_best(experiments)


def test_the_test_set_is_read_once_after_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = TestSetReader()
    reader.__dict__.update(make_clean_data().__dict__)
    monkeypatch.setattr(select_champion, "select_best", reader.choose)
    bench = TrainingBench(reader)
    bench.train_all("t1")
    bench.select_and_promote("t1")
    assert reader.reads == 1


def test_a_repeated_selection_changes_nothing(trained: TrainingBench) -> None:
    before = (
        trained.clean_data.read_experiments(),
        trained.clean_data.read_promotions(),
        list(trained.registry.registered),
    )
    again = trained.select_and_promote("t1")
    assert before == (
        trained.clean_data.read_experiments(),
        trained.clean_data.read_promotions(),
        list(trained.registry.registered),
    )
    assert again.promotion == before[1][0]


def test_batches_trained_one_by_one_end_as_all_at_once(trained: TrainingBench) -> None:
    bench = TrainingBench()
    for batch_id in (1, 2, 3):
        bench.train_batch("t1", batch_id, "v1")
    bench.select_and_promote("t1")
    assert comparable(bench) == comparable(trained)


def comparable(bench: TrainingBench) -> list[Experiment]:
    """Return the experiments without what differs between equal trainings."""
    experiments = bench.clean_data.read_experiments()
    return [replace(experiment, run_id="", seconds=0) for experiment in experiments]


def test_selection_waits_for_every_batch() -> None:
    bench = TrainingBench()
    bench.train_batch("t1", 2, "v1")
    with pytest.raises(NotReadyError, match="batch 1, 3 of 3"):
        bench.select_and_promote("t1")


def test_a_training_repeated_on_other_data_registers_another_version(
    champion: TrainingBench,
) -> None:
    prepare_again(champion, "v2", batch_size=250)
    again = champion.train_all("t1")
    assert (again.version.version, again.version.data_version) == (2, "v2")
    assert again.promotion.candidate_version == 2


def test_a_training_ends_on_the_rows_it_began_with() -> None:
    bench = TrainingBench()
    bench.train_batch("t1", 1, "v1")
    replace_splits(
        bench.clean_data,
        [make_patients(300, seed=9).assign(split="train", batch_id=1)],
        replace(PREPARATION, data_version="v2"),
    )
    for batch_id in (2, 3):
        bench.train_batch("t1", batch_id, "v1")
    assert bench.select_and_promote("t1").version.data_version == "v1"


def test_a_training_that_starts_over_on_newer_rows_is_selected_on_those_alone() -> None:
    bench = TrainingBench()
    bench.train_all("t1")
    prepare_again(bench, "v2", batch_size=300)
    for batch_id in range(1, latest_batches(bench) + 1):
        bench.train_batch("t1", batch_id, "v2")
    selection = bench.select_and_promote("t1")
    assert (selection.version.version, selection.version.data_version) == (2, "v2")
    assert {experiment.data_version for experiment in selection.experiments} == {"v2"}
    assert len(selection.experiments) == latest_batches(bench) + 1


def test_batches_of_two_data_versions_are_never_compared() -> None:
    bench = TrainingBench()
    for batch_id in (1, 2, 3):
        bench.train_batch("t1", batch_id, "v1")
    prepare_again(bench, "v2", batch_size=300)
    bench.train_batch("t1", 1, "v2")
    with pytest.raises(NotReadyError, match="batch 2"):
        bench.select_and_promote("t1")
    bench.train_batch("t1", 1, "v1")
    assert bench.select_and_promote("t1").version.data_version == "v1"


def test_a_batch_on_older_rows_is_trained_again_even_where_those_have_a_version() -> None:
    bench = TrainingBench()
    bench.train_all("t1")
    prepare_again(bench, "v2", batch_size=250)
    bench.train_batch("t1", 2, "v2")
    assert bench.train_batch("t1", 2, "v1").experiment.data_version == "v1"
    assert bench.select_and_promote("t1").version.data_version == "v1"


class DeviatingStore(InMemoryModelStore):
    """Exports models whose probabilities differ from the originals."""

    def export(
        self, winner: Experiment, model: ForestModel, rows: pd.DataFrame, *, synthetic: bool
    ) -> Exported:
        exported = super().export(winner, model, rows, synthetic=synthetic)
        return replace(exported, probabilities=exported.probabilities + 1e-4)


def test_an_onnx_form_with_other_probabilities_is_never_registered() -> None:
    bench = TrainingBench(registry=DeviatingStore())
    with pytest.raises(BrokenModelError, match="differ by"):
        bench.train_all("t1")
    assert bench.registry.registered == []


@pytest.mark.parametrize(
    ("changes", "winner"),
    [
        ({}, 0),
        ({2: {"val_f1": 0.31}}, 2),
        ({2: {"val_f1": 0.304}}, 0),
        ({2: {"val_f1": 0.31}, 1: {"val_f1": 0.306, "val_average_precision": 0.21}}, 1),
        ({1: {"val_average_precision": 0.21}}, 1),
        ({3: {"val_f1": 0.29}}, 0),
    ],
)
def test_ties_go_to_average_precision_then_to_the_earlier_batch(
    changes: dict[int, dict[str, float]], winner: int
) -> None:
    experiments = []
    for batch_id in (3, 2, 1, 0):
        experiment = replace(EXPERIMENT, batch_id=batch_id, **changes.get(batch_id, {}))
        experiments.append(experiment)
    assert select_best(experiments).batch_id == winner


@pytest.mark.parametrize("broken", ["log_documents", "log_metrics"])
def test_a_selection_that_was_killed_can_be_repeated(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = TrainingBench()
    for batch_id in (1, 2, 3):
        bench.train_batch("t1", batch_id, "v1")
    with monkeypatch.context() as killed:
        killed.setattr(InMemoryTracking, broken, die)
        with pytest.raises(KeyboardInterrupt):
            bench.select_and_promote("t1")
    bench.select_and_promote("t1")
    assert len(bench.tracking.candidates) == 4
    assert len(bench.registry.registered) == len(bench.clean_data.read_promotions()) == 1


def prepare_again(bench: TrainingBench, data_version: str, batch_size: int) -> None:
    """Replace the splits by those of other patients."""
    rows = make_patients(900, seed=9)
    keys = assign(rows[["encounter_id", "patient_nbr"]], batch_size=batch_size)
    preparation = replace(PREPARATION, data_version=data_version)
    replace_splits(bench.clean_data, [rows.join(keys)], preparation)


def latest_batches(bench: TrainingBench) -> int:
    preparation = bench.clean_data.latest_preparation()
    assert preparation is not None
    return preparation.batches
