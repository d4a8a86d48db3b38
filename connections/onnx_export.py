"""Write a model as ONNX: all trees of all forests in one node, then the calibration, in double precision."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto, helper
from sklearn.tree._tree import Tree

from connections.onnx_model import INPUT, OUTPUT, OnnxModel
from readmission.calibration import FLOOR
from readmission.errors import BrokenModelError
from readmission.forests import LEAF_STEPS, ForestModel

TOLERANCE = 1e-5
_OPSETS = (("", 17), ("ai.onnx.ml", 3))
_IR_VERSION = 9


def export(model: ForestModel, metadata: Mapping[str, str]) -> bytes:
    """Return the model as ONNX; threshold, vocabulary and versions are in its metadata."""
    features = model.vocabulary.features
    inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, len(features)])]
    outputs = [helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, [None, 1])]
    graph = helper.make_graph([_trees(model), *_calibration()], "readmission", inputs, outputs, _constants(model))
    opsets = [helper.make_opsetid(*opset) for opset in _OPSETS]
    exported = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
    helper.set_model_props(exported, {**metadata, **_own_metadata(model)})
    content: bytes = exported.SerializeToString()
    return content


def require_agreement(exported: OnnxModel, model: ForestModel, rows: pd.DataFrame) -> float:
    """Return the largest difference in probability; raises BrokenModelError beyond TOLERANCE or on any decision."""
    ours, theirs = model.probabilities(rows), exported.frame_probabilities(rows)
    difference = float(np.abs(ours - theirs).max())
    flipped = int(np.sum((ours >= model.threshold) != (theirs >= exported.threshold)))
    if difference > TOLERANCE or flipped:
        raise BrokenModelError(f"ONNX and scikit-learn differ by {difference:.2g}; {flipped} decisions differ.")
    return difference


def _own_metadata(model: ForestModel) -> dict[str, str]:
    return {
        "threshold": repr(model.threshold),
        "vocabulary": model.vocabulary.to_json(),
        "calibration": f"{model.calibration.slope!r} {model.calibration.intercept!r}",
        "scikit_learn": version("scikit-learn"),
        "onnx": version("onnx"),
    }


def _trees(model: ForestModel) -> onnx.NodeProto:
    """Merge all trees; leaves count in whole steps, so that their sum is exact in float32."""
    parts = [_tree_arrays(tree, places) for tree, places in _placed_trees(model)]
    nodes = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    tree_ids = np.repeat(np.arange(len(parts)), [len(part["nodeids"]) for part in parts])
    leaves = nodes["modes"] == _LEAF
    attributes = {f"nodes_{name}": values.tolist() for name, values in nodes.items() if name != "weight"}
    return helper.make_node(
        "TreeEnsembleRegressor", [INPUT], ["steps"], domain="ai.onnx.ml", n_targets=1, aggregate_function="SUM",
        nodes_treeids=tree_ids.tolist(), target_treeids=tree_ids[leaves].tolist(),
        target_nodeids=nodes["nodeids"][leaves].tolist(), target_ids=[0] * int(leaves.sum()),
        target_weights=nodes["weight"][leaves].tolist(), **attributes,
    )  # fmt: skip


_LEAF, _BRANCH = "LEAF", "BRANCH_LEQ"


def _placed_trees(model: ForestModel) -> Iterator[tuple[Tree, NDArray[np.int64]]]:
    """Yield each tree with where its pipeline's features stand in the whole vocabulary."""
    for pipeline in model.pipelines:
        places = model.vocabulary.places(pipeline["encoder"].vocabulary_.features)
        for estimator in pipeline["forest"].estimators_:
            yield estimator.tree_, places


def _tree_arrays(tree: Tree, places: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    leaf = tree.children_left < 0
    return {
        "nodeids": np.arange(tree.node_count),
        "featureids": np.where(leaf, 0, places[np.where(leaf, 0, tree.feature)]),
        "modes": np.where(leaf, _LEAF, _BRANCH),
        "values": np.where(leaf, 0.0, _largest_below(tree.threshold)),
        "truenodeids": np.where(leaf, 0, tree.children_left),
        "falsenodeids": np.where(leaf, 0, tree.children_right),
        "weight": np.round(tree.value[:, 0, 1] * LEAF_STEPS),
    }


def _largest_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round down to float32: ``x <= threshold`` then means the same for every float32 ``x``."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _constants(model: ForestModel) -> list[onnx.TensorProto]:
    trees = sum(len(pipeline["forest"].estimators_) for pipeline in model.pipelines)
    values = {
        "whole": float(trees * LEAF_STEPS), "floor": FLOOR, "ceiling": 1.0 - FLOOR, "one": 1.0,
        "slope": model.calibration.slope, "intercept": model.calibration.intercept,
    }  # fmt: skip
    return [helper.make_tensor(name, TensorProto.DOUBLE, [], [value]) for name, value in values.items()]


def _calibration() -> list[onnx.NodeProto]:
    """Return the nodes from the trees' sum to the calibrated probability."""
    return [
        helper.make_node("Cast", ["steps"], ["summed"], to=TensorProto.DOUBLE),
        helper.make_node("Div", ["summed", "whole"], ["score"]),
        helper.make_node("Clip", ["score", "floor", "ceiling"], ["bounded"]),
        helper.make_node("Sub", ["one", "bounded"], ["rest"]),
        helper.make_node("Div", ["bounded", "rest"], ["odds"]),
        helper.make_node("Log", ["odds"], ["log_odds"]),
        helper.make_node("Mul", ["log_odds", "slope"], ["sloped"]),
        helper.make_node("Add", ["sloped", "intercept"], ["shifted"]),
        helper.make_node("Sigmoid", ["shifted"], [OUTPUT]),
    ]
