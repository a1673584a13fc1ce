"""The primitives that write the graph of a tail; see `mer_sklearn.features.onnx_ops`."""

from __future__ import annotations

import warnings
from typing import Any

import ndonnx as ndx
import numpy as np
import spox
import spox.opset.ai.onnx.ml.v3 as ml
from sklearn.base import is_classifier

from ...errors import ArtifactError, first_line
from ...features.onnx_ops import GraphOps
from ...features.ops import Array
from .base import Classes, TailOps, label_values
from .trees import LEAF, Trees

__all__ = ["OPSETS", "GraphTailOps"]

OPSETS = {"": 21, "ai.onnx.ml": 3}


class GraphTailOps(GraphOps, TailOps):
    """The primitives of features and tails that write a graph; one object a graph."""

    def trees(self, x: Array, trees: Trees) -> Array:
        """Write all trees as one node; the link behind them is ordinary nodes.

        onnxruntime's own links (`post_transform`) are wrong in some versions.
        """
        is_leaf = trees.left == LEAF
        node, output = np.nonzero(is_leaf[:, None] & _counts(trees))
        branch = "BRANCH_LT" if trees.strict else "BRANCH_LEQ"
        tree = trees.tree_of_node
        sums = ml.tree_ensemble_regressor(
            x.unwrap_spox(),
            n_targets=len(trees.base),
            base_values=trees.base.tolist(),
            aggregate_function="SUM",
            post_transform="NONE",
            nodes_treeids=tree.tolist(),
            nodes_nodeids=np.arange(len(tree)).tolist(),
            nodes_featureids=trees.feature.tolist(),
            nodes_modes=np.where(is_leaf, "LEAF", branch).tolist(),
            nodes_values=trees.threshold.tolist(),
            nodes_truenodeids=np.where(is_leaf, 0, trees.left).tolist(),
            nodes_falsenodeids=np.where(is_leaf, 0, trees.right).tolist(),
            target_treeids=tree[node].tolist(),
            target_nodeids=node.tolist(),
            target_ids=output.tolist(),
            target_weights=trees.values[node, output].tolist(),
        )
        return ndx.asarray(sums)

    def names(self, classes: Any, index: Array) -> Array:
        """Write the look-up of labels by their numbers."""
        return ndx.take(self.const(label_values(classes)), index, axis=0)

    def library(self, x: Array, estimator: Any) -> Any:
        """Write an estimator as skl2onnx converts it."""
        kind = type(estimator).__name__
        try:
            found = _inlined(x, estimator)
        except Exception as error:
            msg = (
                f"{kind} has no converter to ONNX ({first_line(error)}). Save the model as .joblib."
            )
            raise ArtifactError(msg) from error
        if is_classifier(estimator):
            labels, probabilities = found
            return Classes(labels, ndx.astype(probabilities, ndx.float64))
        if len(found) > 1:
            msg = f"{kind} becomes a graph of {len(found)} outputs; use another step."
            raise ArtifactError(msg)
        return found[0]


def _inlined(x: Array, estimator: Any) -> list[Array]:
    """Return the outputs of an estimator's graph, put into ours."""
    from skl2onnx import to_onnx

    with warnings.catch_warnings():  # skl2onnx asks for attributes that scikit-learn will remove
        warnings.simplefilter("ignore", FutureWarning)
        model = to_onnx(
            estimator,
            np.zeros((1, estimator.n_features_in_), np.float32),
            options={id(estimator): {"zipmap": False}} if is_classifier(estimator) else None,
            target_opset=OPSETS,
        )
    rows = ndx.astype(x, ndx.float32).unwrap_spox()
    outputs = spox.inline(model)(**{model.graph.input[0].name: rows})
    return [ndx.asarray(var) for var in outputs.values()]


def _counts(trees: Trees) -> Array:
    """Return which values of the leaves are written: those other than 0, and one a leaf."""
    counts = trees.values != 0
    counts[:, 0] |= ~counts.any(axis=1)
    return counts
