"""Write a model as ONNX: tree ensembles, the sum of their votes, then the calibration.

The graph agrees with scikit-learn exactly: leaves count in whole steps, so that sums in float32 are
exact in any order, and everything after the sum is in double precision.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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

_ML_DOMAIN = "ai.onnx.ml"
_OPSETS = {"": 21, _ML_DOMAIN: 5}
_IR_VERSION = 10

_AGGREGATE_SUM = 1
_BRANCH_GREATER_THAN = np.uint8(3)
_TENSOR_ATTRIBUTES = ("nodes_splits", "nodes_modes", "leaf_weights")
"""Attributes of the operator TreeEnsemble that are tensors; its others are lists of integers."""

_GROUP_NODES = 100_000
"""A group of trees has no more nodes, so that it stays in the CPU cache; trees are never split."""

_TreeArrays = dict[str, NDArray[Any]]
"""The attributes of the operator TreeEnsemble."""


@dataclass(frozen=True, slots=True)
class _WeightedTree:
    """A fitted tree, the column of the model's matrix for each of its features, and its weight."""

    tree: Tree
    columns: NDArray[np.int64]
    weight: int


def export(model: ForestModel, metadata: Mapping[str, str]) -> bytes:
    """Return the model as ONNX; threshold, vocabulary and versions are in its metadata."""
    graph = _graph(model)
    opsets = []
    for domain, opset_version in _OPSETS.items():
        opset = helper.make_opsetid(domain, opset_version)
        opsets.append(opset)
    exported = helper.make_model(
        graph,
        opset_imports=opsets,
        ir_version=_IR_VERSION,
    )
    helper.set_model_props(exported, {**metadata, **_model_metadata(model)})
    content: bytes = exported.SerializeToString()
    return content


def _graph(model: ForestModel) -> onnx.GraphProto:
    columns = len(model.vocabulary.features)
    features = helper.make_tensor_value_info(
        INPUT,
        TensorProto.FLOAT,
        [None, columns],
    )
    probability = helper.make_tensor_value_info(
        OUTPUT,
        TensorProto.DOUBLE,
        [None, 1],
    )
    return helper.make_graph(
        nodes=[*_vote_nodes(model), *_calibration_nodes()],
        name="readmission",
        inputs=[features],
        outputs=[probability],
        initializer=_constants(model),
    )


def _model_metadata(model: ForestModel) -> dict[str, str]:
    slope = model.calibration.slope
    intercept = model.calibration.intercept
    return {
        "threshold": repr(model.threshold),
        "vocabulary": model.vocabulary.to_json(),
        "calibration": f"{slope!r} {intercept!r}",
        "scikit_learn": version("scikit-learn"),
        "onnx": version("onnx"),
    }


def _vote_nodes(model: ForestModel) -> list[onnx.NodeProto]:
    """Return one node for each group of trees, and one that sums their votes as ``steps``.

    ONNX Runtime runs all trees of a node on one row before the next row: few enough of them stay in
    the processor's cache.
    """
    groups = _groups(_weighted_trees(model))
    nodes = []
    outputs = []
    for number, trees in enumerate(groups):
        output = f"steps_{number}"
        node = _ensemble_node(trees, output)
        nodes.append(node)
        outputs.append(output)
    total = helper.make_node("Sum", outputs, ["steps"])
    return [*nodes, total]


def _weighted_trees(model: ForestModel) -> Iterator[_WeightedTree]:
    """Yield the trees of all pipelines of the model."""
    for pipeline, weight in zip(model.pipelines, model.weights, strict=True):
        vocabulary = pipeline["encoder"].vocabulary_
        columns = model.vocabulary.indices_of(vocabulary.features)
        for estimator in pipeline["forest"].estimators_:
            yield _WeightedTree(estimator.tree_, columns, weight)


def _groups(trees: Iterable[_WeightedTree]) -> Iterator[list[_WeightedTree]]:
    """Yield the trees in groups of at most ``_GROUP_NODES`` nodes, or of a single tree."""
    group: list[_WeightedTree] = []
    group_nodes = 0
    for tree in trees:
        tree_nodes = tree.tree.node_count
        if group and group_nodes + tree_nodes > _GROUP_NODES:
            yield group
            group = []
            group_nodes = 0
        group.append(tree)
        group_nodes += tree_nodes
    yield group


def _ensemble_node(trees: Sequence[_WeightedTree], output: str) -> onnx.NodeProto:
    """Return one operator that sums the votes of several trees."""
    node = helper.make_node(
        "TreeEnsemble",
        [INPUT],
        [output],
        domain=_ML_DOMAIN,
        n_targets=1,
        aggregate_function=_AGGREGATE_SUM,
    )
    arrays = _merged_arrays(trees)
    for name in _TENSOR_ATTRIBUTES:
        tensor = numpy_helper.from_array(arrays.pop(name))
        attribute = helper.make_attribute(name, tensor)
        node.attribute.append(attribute)
    for name, numbers in arrays.items():
        attribute = onnx.AttributeProto(
            name=name,
            type=onnx.AttributeProto.INTS,
            ints=numbers.tolist(),
        )
        node.attribute.append(attribute)
    return node


def _merged_arrays(trees: Sequence[_WeightedTree]) -> _TreeArrays:
    """Concatenate the arrays of several trees, whose branches and leaves are numbered through."""
    parts = []
    branches = 0
    leaves = 0
    for tree in trees:
        arrays = _tree_arrays(tree, first_branch=branches, first_leaf=leaves)
        parts.append(arrays)
        branches += len(arrays["nodes_splits"])
        leaves += len(arrays["leaf_weights"])

    merged = {}
    for name in parts[0]:
        arrays_of_name = [part[name] for part in parts]
        merged[name] = np.concatenate(arrays_of_name)
    return merged


def _tree_arrays(weighted: _WeightedTree, *, first_branch: int, first_leaf: int) -> _TreeArrays:
    """Return a tree's branches and leaves, numbered separately.

    scikit-learn goes left if ``x <= threshold``. We export ``x > split`` with the right side as its
    true side, because ONNX Runtime stores a branch's false side next to it, and most rows go left.
    """
    tree = weighted.tree
    is_leaf = tree.children_left < 0
    if is_leaf[0]:
        return _single_leaf_arrays(weighted, first_branch, first_leaf)

    is_branch = ~is_leaf
    branch_numbers = first_branch + np.cumsum(is_branch) - 1
    leaf_numbers = first_leaf + np.cumsum(is_leaf) - 1
    number_of_node = np.where(is_leaf, leaf_numbers, branch_numbers)

    left = tree.children_left[is_branch]
    right = tree.children_right[is_branch]
    feature = tree.feature[is_branch]
    threshold = tree.threshold[is_branch]
    votes = _votes(weighted)[is_leaf]
    return {
        "tree_roots": np.array([first_branch]),
        "nodes_featureids": weighted.columns[feature],
        "nodes_splits": _largest_below(threshold),
        "nodes_modes": np.full(len(left), _BRANCH_GREATER_THAN),
        "nodes_truenodeids": number_of_node[right],
        "nodes_trueleafs": is_leaf[right].astype(np.int64),
        "nodes_falsenodeids": number_of_node[left],
        "nodes_falseleafs": is_leaf[left].astype(np.int64),
        "leaf_targetids": np.zeros(len(votes), dtype=np.int64),
        "leaf_weights": votes,
    }


def _single_leaf_arrays(weighted: _WeightedTree, first_branch: int, first_leaf: int) -> _TreeArrays:
    """Return a tree without branches as one branch with the same leaf on both sides."""
    zero = np.zeros(1, dtype=np.int64)
    one = np.ones(1, dtype=np.int64)
    leaf_number = zero + first_leaf
    return {
        "tree_roots": np.array([first_branch]),
        "nodes_featureids": zero,
        "nodes_splits": np.zeros(1, dtype=np.float32),
        "nodes_modes": np.full(1, _BRANCH_GREATER_THAN),
        "nodes_truenodeids": leaf_number,
        "nodes_trueleafs": one,
        "nodes_falsenodeids": leaf_number,
        "nodes_falseleafs": one,
        "leaf_targetids": zero,
        "leaf_weights": _votes(weighted),
    }


def _votes(weighted: _WeightedTree) -> NDArray[np.float32]:
    """Return the weighted vote of each node of a tree in whole steps, exact in float32."""
    share_of_positives = weighted.tree.value[:, 0, 1]
    steps = np.round(share_of_positives * LEAF_STEPS)
    votes = steps.astype(np.float32)
    votes *= weighted.weight
    return np.asarray(votes)


def _largest_below(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round down to float32: ``x > threshold`` then means the same for every float32 ``x``."""
    nearest = thresholds.astype(np.float32)
    next_lower = np.nextafter(nearest, np.float32(-np.inf))
    rounded_down: NDArray[np.float32] = np.where(
        nearest > thresholds,
        next_lower,
        nearest,
    )
    return rounded_down


def _constants(model: ForestModel) -> list[onnx.TensorProto]:
    """Return the numbers that the calibration's nodes use, as double precision scalars."""
    total_weight = sum(tree.weight for tree in _weighted_trees(model))
    values = {
        "whole": float(total_weight * LEAF_STEPS),
        "floor": FLOOR,
        "ceiling": 1.0 - FLOOR,
        "one": 1.0,
        "slope": model.calibration.slope,
        "intercept": model.calibration.intercept,
    }
    constants = []
    for name, value in values.items():
        constant = helper.make_tensor(
            name,
            TensorProto.DOUBLE,
            dims=[],
            vals=[value],
        )
        constants.append(constant)
    return constants


def _calibration_nodes() -> list[onnx.NodeProto]:
    """Return the nodes from the summed votes, ``steps``, to the calibrated probability.

    probability = sigmoid(slope * log(score / (1 - score)) + intercept), where the score is the
    share of the votes, kept off 0 and 1.
    """
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
