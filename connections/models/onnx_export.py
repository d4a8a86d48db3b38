"""Write a model as ONNX: nodes of some trees each, their sum, then the calibration, in double precision."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.tree._tree import Tree

from connections.models.onnx_model import INPUT, OUTPUT
from readmission.model.calibration import FLOOR
from readmission.model.forest import LEAF_STEPS, ForestModel

_ML = "ai.onnx.ml"
_OPSETS = (("", 21), (_ML, 5))
_IR_VERSION = 10
_SUM = 1
_BRANCH_GT = np.uint8(3)
_GROUP_NODES = 100_000
_PlacedTree = tuple[Tree, NDArray[np.int64], int]


def export(model: ForestModel, metadata: Mapping[str, str]) -> bytes:
    """Return the model as ONNX; threshold, vocabulary and versions are in its metadata."""
    features = model.vocabulary.features
    inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, len(features)])]
    outputs = [helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, [None, 1])]
    graph = helper.make_graph(
        [*_trees(model), *_calibration()], "readmission", inputs, outputs, _constants(model)
    )
    opsets = [helper.make_opsetid(*opset) for opset in _OPSETS]
    exported = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
    helper.set_model_props(exported, {**metadata, **_own_metadata(model)})
    content: bytes = exported.SerializeToString()
    return content


def _own_metadata(model: ForestModel) -> dict[str, str]:
    return {
        "threshold": repr(model.threshold),
        "vocabulary": model.vocabulary.to_json(),
        "calibration": f"{model.calibration.slope!r} {model.calibration.intercept!r}",
        "scikit_learn": version("scikit-learn"),
        "onnx": version("onnx"),
    }


def _trees(model: ForestModel) -> list[onnx.NodeProto]:
    """Return nodes of some trees each, and the one that sums their votes.

    ONNX Runtime asks all trees of a node about one row before the next row: few enough stay in the processor's cache.
    """
    groups = [
        _ensemble(trees, f"steps_{number}")
        for number, trees in enumerate(_grouped(_placed_trees(model)))
    ]
    return [*groups, helper.make_node("Sum", [group.output[0] for group in groups], ["steps"])]


def _grouped(trees: Iterator[_PlacedTree]) -> Iterator[list[_PlacedTree]]:
    """Yield the trees by groups of at most ``_GROUP_NODES`` nodes, or of one tree."""
    group: list[_PlacedTree] = []
    for tree in trees:
        if group and sum(one.node_count for one, _, _ in (*group, tree)) > _GROUP_NODES:
            yield group
            group = []
        group.append(tree)
    yield group


def _ensemble(trees: Sequence[_PlacedTree], output: str) -> onnx.NodeProto:
    """Merge trees into one node; leaves count in whole steps, so that their sum is exact in float32."""
    nodes, leaves, parts = 0, 0, []
    for tree, places, weight in trees:
        parts.append(_tree_arrays(tree, places, nodes, leaves))
        parts[-1]["leaf_weights"] *= weight
        nodes, leaves = (
            nodes + len(parts[-1]["nodes_splits"]),
            leaves + len(parts[-1]["leaf_weights"]),
        )
    merged = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    tensors = {name: merged.pop(name) for name in ("nodes_splits", "nodes_modes", "leaf_weights")}
    node = helper.make_node(
        "TreeEnsemble", [INPUT], [output], domain=_ML, n_targets=1, aggregate_function=_SUM
    )
    node.attribute.extend(
        helper.make_attribute(name, numpy_helper.from_array(one)) for name, one in tensors.items()
    )
    for name, numbers in merged.items():
        node.attribute.append(
            onnx.AttributeProto(name=name, type=onnx.AttributeProto.INTS, ints=numbers.tolist())
        )
    return node


def _placed_trees(model: ForestModel) -> Iterator[_PlacedTree]:
    """Yield each tree with where its pipeline's features stand in the whole vocabulary, and its weight."""
    for pipeline, weight in zip(model.pipelines, model.weights, strict=True):
        places = model.vocabulary.indices_of(pipeline["encoder"].vocabulary_.features)
        for estimator in pipeline["forest"].estimators_:
            yield estimator.tree_, places, weight


def _tree_arrays(
    tree: Tree, places: NDArray[np.int64], nodes: int, leaves: int
) -> dict[str, NDArray[Any]]:
    """Return a tree's branches and leaves apart, numbered from ``nodes`` and ``leaves`` on.

    ONNX Runtime lays a branch's false side next to it: with *greater than* that is the left side, which most rows take.
    """
    leaf = tree.children_left < 0
    if leaf[0]:
        return _lone_leaf(tree, nodes, leaves)
    number = np.where(leaf, leaves + np.cumsum(leaf), nodes + np.cumsum(~leaf)) - 1
    left, right = tree.children_left[~leaf], tree.children_right[~leaf]
    return {
        "tree_roots": np.array([nodes]),
        "nodes_featureids": places[tree.feature[~leaf]],
        "nodes_splits": _largest_below(tree.threshold[~leaf]),
        "nodes_modes": np.full(len(left), _BRANCH_GT),
        "nodes_truenodeids": number[right],
        "nodes_trueleafs": leaf[right].astype(np.int64),
        "nodes_falsenodeids": number[left],
        "nodes_falseleafs": leaf[left].astype(np.int64),
        "leaf_targetids": np.zeros(int(leaf.sum()), dtype=np.int64),
        "leaf_weights": _steps(tree)[leaf],
    }


def _lone_leaf(tree: Tree, nodes: int, leaves: int) -> dict[str, NDArray[Any]]:
    """Return a tree that never branches as a branch with the same leaf on both sides."""
    nothing = np.zeros(1, dtype=np.int64)
    return {
        "tree_roots": np.array([nodes]),
        "nodes_featureids": nothing,
        "nodes_splits": np.zeros(1, dtype=np.float32),
        "nodes_modes": np.full(1, _BRANCH_GT),
        "nodes_truenodeids": nothing + leaves,
        "nodes_trueleafs": nothing + 1,
        "nodes_falsenodeids": nothing + leaves,
        "nodes_falseleafs": nothing + 1,
        "leaf_targetids": nothing,
        "leaf_weights": _steps(tree),
    }


def _steps(tree: Tree) -> NDArray[np.float32]:
    return np.asarray(np.round(tree.value[:, 0, 1] * LEAF_STEPS), dtype=np.float32)


def _largest_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round down to float32: ``x > threshold`` then means the same for every float32 ``x``."""
    rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    chosen: NDArray[np.float32] = np.where(rounded > thresholds, below, rounded)
    return chosen


def _constants(model: ForestModel) -> list[onnx.TensorProto]:
    votes = sum(weight for _, _, weight in _placed_trees(model))
    values = {
        "whole": float(votes * LEAF_STEPS),
        "floor": FLOOR,
        "ceiling": 1.0 - FLOOR,
        "one": 1.0,
        "slope": model.calibration.slope,
        "intercept": model.calibration.intercept,
    }
    return [
        helper.make_tensor(name, TensorProto.DOUBLE, [], [value]) for name, value in values.items()
    ]


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
