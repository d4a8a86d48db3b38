"""Training of batches with ports in memory."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readmission.arrays import target_of
from readmission.errors import NotReadyError
from readmission.evaluation.metrics import count_alerts
from readmission.model import forest as forests
from readmission.model.calibration import Calibration
from readmission.model.training import average, out_of_bag, train_forest
from readmission.use_cases import train_batch
from readmission.use_cases.training_data import open_training_data
from tests.fakes.data import InMemoryCleanData
from tests.fakes.patients import SMALL, make_patients
from tests.fakes.training import TrainingBench


def test_forests_and_their_average_are_calibrated() -> None:
    rows = make_patients(300)
    batches = [rows.iloc[:150], rows.iloc[150:]]
    models = [
        train_forest(batch, SMALL, batch_id=number) for number, batch in enumerate(batches, 1)
    ]
    for model, batch in zip(models, batches, strict=True):
        scores = out_of_bag(model)
        scored = np.isfinite(scores)
        predicted = model.calibration.apply(scores[scored]).mean()
        assert predicted == pytest.approx(target_of(batch)[scored].mean(), abs=1e-3)
    for model in (*models, average(models, batches)):
        assert model.calibration != Calibration()


def test_every_batch_and_the_average_are_candidates(trained: TrainingBench) -> None:
    experiments = trained.clean_data.read_experiments("t1")
    assert [experiment.batch_id for experiment in experiments] == [0, 1, 2, 3]
    assert [experiment.rows for experiment in experiments] == [
        sum(experiment.rows for experiment in experiments[1:]),
        250,
        250,
        experiments[3].rows,
    ]
    assert set(trained.files.files) == {"batch1", "batch2", "batch3", "final"}
    assert [done for step, done, _ in trained.steps if step == "train"] == [0, 1, 2, 3]


def test_the_stored_threshold_is_the_best_on_validation(trained: TrainingBench) -> None:
    val = trained.clean_data.read_val("v1")
    target = target_of(val)
    for candidate in trained.tracking.candidates.values():
        probabilities = candidate.model.probabilities(val)
        thresholds = set(probabilities)
        best = max(count_alerts(target, probabilities >= value).f1 for value in thresholds)
        assert candidate.experiment.val_f1 == pytest.approx(best)
        assert candidate.experiment.threshold == candidate.model.threshold


def test_the_model_learns_what_the_patients_have_in_common(trained: TrainingBench) -> None:
    assert trained.clean_data.read_experiments("t1")[0].val_auc > 0.7


def test_a_repeated_batch_gives_the_same_model() -> None:
    bench = TrainingBench()
    first, second = (bench.train_batch("t1", 2, "v1").experiment for _ in range(2))
    assert replace(first, run_id="", seconds=0) == replace(second, run_id="", seconds=0)
    assert len(bench.tracking.candidates) == len(bench.clean_data.read_experiments()) == 1


def test_the_order_of_rows_and_the_workers_change_nothing() -> None:
    bench = TrainingBench()
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


def test_training_without_data_says_what_to_do() -> None:
    bench = TrainingBench(InMemoryCleanData())
    with pytest.raises(NotReadyError, match=r"\./run pipeline loads and cleans"):
        bench.train_all()
    with pytest.raises(NotReadyError, match="rows of version v0"):
        TrainingBench().train_batch("t1", 1, "v0")


def test_a_batch_stays_as_it_is_once_the_winner_is_registered(trained: TrainingBench) -> None:
    before = trained.clean_data.read_experiments("t1")
    assert trained.train_batch("t1", 2, "v1").experiment == before[2]
    assert trained.clean_data.read_experiments("t1") == before
