"""ONNX says what scikit-learn says, fast, without a pickle."""

import time
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest

from connections.models.onnx_export import _largest_below, export
from connections.models.onnx_model import OnnxModel
from readmission.errors import BrokenModelError
from readmission.model.calibration import Calibration
from readmission.model.exported_model import Exported
from readmission.model.forest import ForestModel
from readmission.model.training import average, train_forest
from tests.fakes.patients import SMALL, make_model, make_patients

ROWS = make_patients(700, seed=11)
SIZES = {1: 600, 2: 600, 3: 180}


@pytest.fixture(scope="module")
def model() -> ForestModel:
    models = [make_model(rows=rows, seed=seed, batch_id=seed) for seed, rows in SIZES.items()]
    averaged = average(models, [make_patients(rows, seed=seed) for seed, rows in SIZES.items()])
    averaged.threshold = float(np.median(averaged.probabilities(ROWS)))
    return averaged


@pytest.fixture(scope="module")
def exported(model: ForestModel, tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    path.write_bytes(export(model, {"dataset": "real"}))
    return OnnxModel.load(path)


def agreement(onnx: OnnxModel, model: ForestModel) -> float:
    exported = Exported(b"", onnx.threshold, onnx.frame_probabilities(ROWS))
    return exported.require_agreement(model.probabilities(ROWS), model.threshold)


def payloads(rows: pd.DataFrame) -> list[dict[str, int | str | None]]:
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.to_dict("records")
    ]


def test_the_trees_sums_are_exactly_those_of_scikit_learn(
    model: ForestModel, exported: OnnxModel
) -> None:
    assert np.abs(exported.frame_probabilities(ROWS) - model.probabilities(ROWS)).max() < 1e-12


def test_the_votes_are_those_of_the_pipelines(model: ForestModel) -> None:
    votes = [pipeline.predict_proba(ROWS)[:, 1] for pipeline in model.pipelines]
    theirs = np.average(votes, axis=0, weights=list(SIZES.values()))
    assert np.abs(model.scores(ROWS) - theirs).max() < 1e-15


def test_a_tree_that_never_branches_is_exported(exported: OnnxModel) -> None:
    stumps = train_forest(ROWS, replace(SMALL, min_samples_leaf=len(ROWS)), batch_id=1)
    assert agreement(OnnxModel(export(stumps, {})), stumps) < 1e-12


def test_one_row_and_many_rows_give_the_same(exported: OnnxModel) -> None:
    patients = payloads(ROWS)
    many = exported.probabilities(patients)
    assert len(patients) > 500
    one_by_one = np.array([exported.probabilities([patient])[0] for patient in patients])
    assert np.abs(many - one_by_one).max() < 1e-12
    assert np.abs(many[:3] - exported.probabilities(patients[:3])).max() < 1e-12


def test_no_rows_give_no_probabilities(exported: OnnxModel) -> None:
    assert exported.probabilities([]).shape == (0,)


def test_an_empty_payload_is_answered(exported: OnnxModel) -> None:
    assert 0 < exported.probabilities([{}])[0] < 1


def test_metadata_hold_threshold_vocabulary_and_versions(
    model: ForestModel, exported: OnnxModel
) -> None:
    assert exported.threshold == model.threshold
    assert {"vocabulary", "calibration", "scikit_learn", "onnx", "dataset"} <= set(
        exported.metadata
    )
    assert exported.metadata["dataset"] == "real"


def test_an_export_that_disagrees_is_refused(model: ForestModel, exported: OnnxModel) -> None:
    other = copy(model)
    other.calibration = Calibration(model.calibration.slope * 1.01, model.calibration.intercept)
    with pytest.raises(BrokenModelError, match="differ"):
        agreement(exported, other)
    assert agreement(exported, model) < 1e-12


def test_a_decision_that_flips_is_refused(model: ForestModel, exported: OnnxModel) -> None:
    probabilities = model.probabilities(ROWS)
    other = copy(model)
    other.threshold = float(np.quantile(probabilities, 0.9))
    with pytest.raises(BrokenModelError, match="decisions"):
        agreement(exported, other)


@pytest.mark.parametrize("content", [b"", b"no model", "other"])
def test_a_broken_file_is_named(content: bytes | str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content if isinstance(content, bytes) else someone_elses_model())
    with pytest.raises(BrokenModelError, match=r"model\.onnx"):
        OnnxModel.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenModelError, match=r"none\.onnx"):
        OnnxModel.load(tmp_path / "none.onnx")


def someone_elses_model() -> bytes:
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["x"], ["y"])],
        "g",
        [value],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9
    )
    return model.SerializeToString()


def test_one_patient_takes_microseconds(exported: OnnxModel) -> None:
    patients = payloads(ROWS.head(1))
    best = min(_seconds(exported, patients) for _ in range(20))
    assert best < 0.0005


def _seconds(exported: OnnxModel, patients: list[dict[str, int | str | None]]) -> float:
    started = time.perf_counter()
    exported.probabilities(patients)
    return time.perf_counter() - started


def test_split_points_are_rounded_down_to_float32() -> None:
    splits = np.array([0.1, 1 / 3, 0.7, 2.0])
    rounded = _largest_below(splits)
    assert (rounded <= splits).all()
    assert (np.nextafter(rounded, np.float32(np.inf)) > splits).all()
