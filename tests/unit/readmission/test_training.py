"""Training, selection and promotion with ports in memory."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from readmission.arrays import target_of
from readmission.data.splitting import assign
from readmission.errors import BrokenModelError, NotReadyError, UnknownVersionError
from readmission.evaluation.metrics import count_alerts
from readmission.model import forest as forests
from readmission.model.calibration import Calibration
from readmission.model.candidate import Candidate, select_best
from readmission.model.exported_model import Exported
from readmission.model.forest import ForestModel
from readmission.model.training import average, out_of_bag, train_forest
from readmission.records import Experiment, Promotion
from readmission.use_cases import change_champion, promote, select_champion, train_all, train_batch
from readmission.use_cases.clean import replace_splits
from readmission.use_cases.training_context import TrainingContext
from readmission.use_cases.training_data import open_data_of_training, open_training_data
from tests.fakes.data import InMemoryCleanData
from tests.fakes.model import InMemoryModelFiles, InMemoryModelStore, InMemoryTracking
from tests.fakes.patients import PREPARATION, SMALL, make_clean_data, make_patients

EXPERIMENT = Experiment("t1", 1, "r1", "v1", 500, 1.0, 0.2, 0.7, 0.3, 0.5, 0.30, 0.65, 0.2)


@dataclass
class Bench:
    """The ports of a training, with everything that was written to them."""

    clean_data: InMemoryCleanData = field(default_factory=make_clean_data)
    tracking: InMemoryTracking = field(default_factory=InMemoryTracking)
    registry: InMemoryModelStore = field(default_factory=InMemoryModelStore)
    files: InMemoryModelFiles = field(default_factory=InMemoryModelFiles)
    steps: list[tuple[str, int, int | None]] = field(default_factory=list)

    @property
    def context(self) -> TrainingContext:
        return TrainingContext(
            clean_data=self.clean_data,
            tracking=self.tracking,
            registry=self.registry,
            files=self.files,
            settings=SMALL,
            workers=1,
            progress=self.progress,
        )

    def train_all(self, training_id: str | None = None) -> select_champion.Selection:
        return train_all.train_all(self.context, training_id)

    def train_batch(self, training_id: str, batch_id: int, data_version: str) -> Candidate:
        """Train one batch as its task does, with data of its own."""
        data = open_training_data(self.clean_data, data_version)
        return train_batch.train_batch(self.context, data, training_id, batch_id)

    def select_and_promote(self, training_id: str) -> select_champion.Selection:
        """Select as the task does: all candidates are loaded from their runs."""
        data = open_data_of_training(self.clean_data, training_id)
        return select_champion.select_and_promote(self.context, data, training_id)

    def rollback(self) -> Promotion:
        return change_champion.rollback(self.clean_data, self.registry)

    def progress(self, step: str, done: int, total: int | None = None) -> None:
        self.steps.append((step, done, total))


@pytest.fixture(scope="module")
def trained() -> Bench:
    bench = Bench()
    bench.train_all("t1")
    return bench


def test_forests_and_their_average_are_calibrated() -> None:
    rows = make_patients(300)
    batches = [rows.iloc[:150], rows.iloc[150:]]
    models = [train_forest(batch, SMALL, batch_id=rank) for rank, batch in enumerate(batches, 1)]
    for model, batch in zip(models, batches, strict=True):
        scores = out_of_bag(model)
        scored = np.isfinite(scores)
        predicted = model.calibration.apply(scores[scored]).mean()
        assert predicted == pytest.approx(target_of(batch)[scored].mean(), abs=1e-3)
    for model in (*models, average(models, batches)):
        assert model.calibration != Calibration()


def test_every_batch_and_the_average_are_candidates(trained: Bench) -> None:
    experiments = trained.clean_data.read_experiments("t1")
    assert [one.batch_id for one in experiments] == [0, 1, 2, 3]
    assert [one.rows for one in experiments] == [
        sum(one.rows for one in experiments[1:]),
        250,
        250,
        experiments[3].rows,
    ]
    assert set(trained.files.files) == {"batch1", "batch2", "batch3", "final"}
    assert [done for step, done, _ in trained.steps if step == "train"] == [0, 1, 2, 3]


def test_the_stored_threshold_is_the_best_on_validation(trained: Bench) -> None:
    val = trained.clean_data.read_val("v1")
    for candidate in trained.tracking.candidates.values():
        told = candidate.model.probabilities(val)
        best = max(count_alerts(target_of(val), told >= threshold).f1 for threshold in set(told))
        assert candidate.experiment.val_f1 == pytest.approx(best)
        assert candidate.experiment.threshold == candidate.model.threshold


def test_the_winner_is_registered_promoted_and_documented(trained: Bench) -> None:
    winner = select_best(trained.clean_data.read_experiments("t1"))
    champion = trained.registry.champion()
    assert champion is not None
    assert (champion.run_id, winner.model_version) == (winner.run_id, champion.version)
    assert trained.files.files["final"] is trained.tracking.load_model(winner.run_id)
    assert set(trained.tracking.documents[winner.run_id]) == {"model_card.md", "model_card.html"}


def test_the_model_learns_what_the_patients_have_in_common(trained: Bench) -> None:
    assert trained.clean_data.read_experiments("t1")[0].val_auc > 0.7


def test_the_test_set_is_reported_for_all_candidates(trained: Bench) -> None:
    assert all(one.test_f1 is not None for one in trained.clean_data.read_experiments("t1"))
    assert all("test_brier" in values for values in trained.tracking.metrics.values())


class TestSetReader(InMemoryCleanData):
    """Counts how often somebody looks at the test set, and by when."""

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
    bench = Bench(reader)
    bench.train_all("t1")
    bench.select_and_promote("t1")
    assert reader.reads == 1


def test_a_repeated_selection_changes_nothing(trained: Bench) -> None:
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


def test_a_repeated_batch_gives_the_same_model() -> None:
    bench = Bench()
    first, second = (bench.train_batch("t1", 2, "v1").experiment for _ in range(2))
    assert replace(first, run_id="", seconds=0) == replace(second, run_id="", seconds=0)
    assert len(bench.tracking.candidates) == len(bench.clean_data.read_experiments()) == 1


def test_the_order_of_rows_and_the_workers_change_nothing() -> None:
    bench = Bench()
    first = bench.train_batch("t1", 1, "v1").experiment
    reversed_rows = ReversedCleanData()
    reversed_rows.__dict__.update(bench.clean_data.__dict__)
    context = replace(bench.context, clean_data=reversed_rows, workers=2)
    data = open_training_data(reversed_rows, "v1")
    second = train_batch.train_batch(context, data, "t2", 1).experiment
    assert (second.val_f1, second.val_auc, second.threshold) == (
        first.val_f1,
        first.val_auc,
        first.threshold,
    )


class ReversedCleanData(InMemoryCleanData):
    def read_batch(self, batch_id: int, data_version: str) -> pd.DataFrame:
        return super().read_batch(batch_id, data_version).iloc[::-1]


def test_votes_are_the_forests_own_however_rows_are_blocked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = make_patients(300)
    model = train_forest(rows, SMALL, batch_id=1)
    forest, encoded = model.pipelines[0]["forest"], model.vocabulary.encode(rows)
    monkeypatch.setattr(forests, "BLOCK_ROWS", 7)
    assert model.encoded_scores(encoded) == pytest.approx(
        forest.predict_proba(encoded)[:, 1], abs=1e-12
    )


def test_batches_trained_one_by_one_end_as_all_at_once(trained: Bench) -> None:
    bench = Bench()
    for batch_id in (1, 2, 3):
        bench.train_batch("t1", batch_id, "v1")
    bench.select_and_promote("t1")
    ours, theirs = (
        [replace(one, run_id="", seconds=0) for one in each.clean_data.read_experiments()]
        for each in (bench, trained)
    )
    assert ours == theirs


def test_selection_waits_for_every_batch() -> None:
    bench = Bench()
    bench.train_batch("t1", 2, "v1")
    with pytest.raises(NotReadyError, match="batch 1, 3 of 3"):
        bench.select_and_promote("t1")


def test_training_without_data_says_what_to_do() -> None:
    bench = Bench(InMemoryCleanData())
    with pytest.raises(NotReadyError, match="clean the data first"):
        bench.train_all()
    with pytest.raises(NotReadyError, match="rows of version v0"):
        Bench().train_batch("t1", 1, "v0")


def test_a_batch_stays_as_it_is_once_the_winner_is_registered(trained: Bench) -> None:
    before = trained.clean_data.read_experiments("t1")
    assert trained.train_batch("t1", 2, "v1").experiment == before[2]
    assert trained.clean_data.read_experiments("t1") == before


def test_a_training_repeated_on_other_data_registers_another_version(champion: Bench) -> None:
    rows = make_patients(900, seed=9)
    placed = rows.join(assign(rows[["encounter_id", "patient_nbr"]], batch_size=250))
    replace_splits(champion.clean_data, [placed], replace(PREPARATION, data_version="v2"))
    again = champion.train_all("t1")
    assert (again.version.version, again.version.data_version) == (2, "v2")
    assert again.promotion.candidate_version == 2


def test_a_training_ends_on_the_rows_it_began_with() -> None:
    bench = Bench()
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
    bench = Bench()
    bench.train_all("t1")
    prepare_again(bench, "v2", batch_size=300)
    for batch_id in range(1, latest_batches(bench) + 1):
        bench.train_batch("t1", batch_id, "v2")
    selection = bench.select_and_promote("t1")
    assert (selection.version.version, selection.version.data_version) == (2, "v2")
    assert {experiment.data_version for experiment in selection.experiments} == {"v2"}
    assert len(selection.experiments) == latest_batches(bench) + 1


def test_batches_of_two_data_versions_are_never_compared() -> None:
    bench = Bench()
    for batch_id in (1, 2, 3):
        bench.train_batch("t1", batch_id, "v1")
    prepare_again(bench, "v2", batch_size=300)
    bench.train_batch("t1", 1, "v2")
    with pytest.raises(NotReadyError, match="batch 2"):
        bench.select_and_promote("t1")
    bench.train_batch("t1", 1, "v1")
    assert bench.select_and_promote("t1").version.data_version == "v1"


def test_a_batch_on_older_rows_is_trained_again_even_where_those_have_a_version() -> None:
    bench = Bench()
    bench.train_all("t1")
    prepare_again(bench, "v2", batch_size=250)
    bench.train_batch("t1", 2, "v2")
    assert bench.train_batch("t1", 2, "v1").experiment.data_version == "v1"
    assert bench.select_and_promote("t1").version.data_version == "v1"


def prepare_again(bench: Bench, data_version: str, batch_size: int) -> None:
    """Replace the splits by those of other patients."""
    rows = make_patients(900, seed=9)
    keys = assign(rows[["encounter_id", "patient_nbr"]], batch_size=batch_size)
    preparation = replace(PREPARATION, data_version=data_version)
    replace_splits(bench.clean_data, [rows.join(keys)], preparation)


def latest_batches(bench: Bench) -> int:
    preparation = bench.clean_data.latest_preparation()
    assert preparation is not None
    return preparation.batches


class LyingStore(InMemoryModelStore):
    """Exports models that say something else."""

    def export(
        self, winner: Experiment, model: ForestModel, rows: pd.DataFrame, *, synthetic: bool
    ) -> Exported:
        exported = super().export(winner, model, rows, synthetic=synthetic)
        return replace(exported, probabilities=exported.probabilities + 1e-4)


def test_a_serving_form_that_says_something_else_is_never_registered() -> None:
    bench = Bench(registry=LyingStore())
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
    rows = [replace(EXPERIMENT, batch_id=n, **changes.get(n, {})) for n in (3, 2, 1, 0)]
    assert select_best(rows).batch_id == winner


@pytest.fixture
def champion(trained: Bench) -> Bench:
    """Give each test the trained bench with its own copy of what was decided."""
    kept = InMemoryTracking(
        candidates=dict(trained.tracking.candidates),
        reports=dict(trained.tracking.reports),
        metrics=dict(trained.tracking.metrics),
    )
    bench = Bench(make_clean_data(), kept)
    bench.registry = InMemoryModelStore(
        list(trained.registry.registered),
        dict(trained.registry.models),
        dict(trained.registry.trainings),
        dict(trained.registry.aliases),
    )
    return bench


def challenge(bench: Bench, model: ForestModel, *, synthetic: bool = False) -> str:
    experiment = replace(EXPERIMENT, training_id="t2", threshold=model.threshold)
    exported = bench.registry.export(experiment, model, make_patients(10), synthetic=synthetic)
    version = bench.registry.register(experiment, exported, synthetic=synthetic)
    return promote.challenge(bench.context, "t2", version, bench.clean_data.read_val("v1")).action


def worse(model: ForestModel) -> ForestModel:
    turned = copy(model)
    turned.calibration = replace(model.calibration, slope=-model.calibration.slope)
    return turned


def test_a_worse_candidate_is_refused_and_recorded(champion: Bench) -> None:
    assert challenge(champion, worse(champion.registry.models[1])) == "refused"
    decision = champion.clean_data.read_promotions()[0]
    assert (decision.training_id, decision.candidate_version, decision.champion_version) == (
        "t2",
        2,
        1,
    )
    assert "F1 minus the champion's" in decision.reason
    assert champion.registry.aliases == {"champion": 1}


def test_what_the_runs_kept_decides_on_their_own_rows(
    champion: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, registered = champion.tracking.candidates, champion.registry.registered[0].run_id
    probabilities = kept[registered].probabilities
    turned = replace(kept[registered], probabilities=1 - probabilities)
    monkeypatch.setattr(champion, "tracking", InMemoryTracking({**kept, "r1": turned}))
    monkeypatch.setattr(InMemoryModelStore, "probabilities", _die)
    assert challenge(champion, champion.registry.models[1]) == "refused"


def test_what_was_kept_of_other_rows_decides_nothing(
    champion: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion.registry.registered[0] = replace(champion.registry.registered[0], data_version="v0")
    monkeypatch.setattr(InMemoryModelStore, "probabilities", _die)
    with pytest.raises(KeyboardInterrupt):
        challenge(champion, champion.registry.models[1])


def test_an_equal_candidate_is_promoted(champion: Bench) -> None:
    assert challenge(champion, champion.registry.models[1]) == "promoted"
    assert champion.registry.aliases == {"champion": 2, "previous": 1}


def test_a_synthetic_model_never_replaces_a_real_one(champion: Bench) -> None:
    assert challenge(champion, champion.registry.models[1], synthetic=True) == "refused"


def test_a_real_model_always_replaces_a_synthetic_one(champion: Bench) -> None:
    champion.registry.registered[0] = replace(champion.registry.registered[0], synthetic=True)
    assert challenge(champion, worse(champion.registry.models[1])) == "promoted"


def test_rollback_brings_the_former_version_back(champion: Bench) -> None:
    with pytest.raises(NotReadyError, match="no previous"):
        champion.rollback()
    challenge(champion, champion.registry.models[1])
    assert champion.rollback().action == "rolled back"
    assert champion.registry.aliases == {"champion": 1, "previous": 2}
    assert champion.clean_data.read_promotions()[0].candidate_version == 1


def test_a_second_rollback_is_refused_until_the_champion_changes(champion: Bench) -> None:
    challenge(champion, champion.registry.models[1])
    champion.rollback()
    with pytest.raises(NotReadyError, match=r"rollback, to version 1.*\./run promote 2"):
        champion.rollback()
    assert champion.registry.aliases == {"champion": 1, "previous": 2}
    change_champion.promote(champion.clean_data, champion.registry, 2)
    assert champion.rollback().candidate_version == 1


def test_a_person_can_promote_any_known_version_but_the_champion(champion: Bench) -> None:
    clean_data, registry = champion.clean_data, champion.registry
    challenge(champion, registry.models[1])
    assert change_champion.promote(clean_data, registry, 1).reason == "Chosen by hand."
    decisions = clean_data.read_promotions()
    with pytest.raises(NotReadyError, match="Version 1 is the champion already"):
        change_champion.promote(clean_data, registry, 1)
    with pytest.raises(UnknownVersionError):
        change_champion.promote(clean_data, registry, 7)
    assert clean_data.read_promotions() == decisions
    assert registry.aliases == {"champion": 1, "previous": 2}


@pytest.mark.parametrize("broken", ["log_documents", "log_metrics"])
def test_a_selection_that_was_killed_can_be_repeated(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench()
    for batch_id in (1, 2, 3):
        bench.train_batch("t1", batch_id, "v1")
    with monkeypatch.context() as killed:
        killed.setattr(InMemoryTracking, broken, _die)
        with pytest.raises(KeyboardInterrupt):
            bench.select_and_promote("t1")
    bench.select_and_promote("t1")
    assert len(bench.tracking.candidates) == 4
    assert len(bench.registry.registered) == len(bench.clean_data.read_promotions()) == 1


def test_a_promotion_that_was_killed_before_its_record_is_recorded_later(
    champion: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(InMemoryCleanData, "append_promotion", _die)
        with pytest.raises(KeyboardInterrupt):
            challenge(champion, champion.registry.models[1])
    version = champion.registry.version(2)
    decided = promote.challenge(champion.context, "t2", version, champion.clean_data.read_val("v1"))
    assert decided.action == "promoted"
    assert champion.registry.aliases == {"champion": 2, "previous": 1}


def _die(*_args: object) -> None:
    raise KeyboardInterrupt
