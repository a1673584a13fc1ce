"""Trees as flat arrays, whatever library grew them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...errors import ArtifactError

__all__ = ["LEAF", "Trees", "of_boosting", "of_forest", "of_histograms"]

IntArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]

LEAF = -1
SIDES = ("left", "right")


@dataclass(frozen=True)
class Trees:
    """The nodes of all trees, one tree behind the other.

    Parameters
    ----------
    roots : array of shape (n_trees,)
        The number of the first node of each tree.
    feature : array of shape (n_nodes,)
        The column that a node compares.
    threshold : array of shape (n_nodes,)
        What it is compared with, float32.
    left, right : array of shape (n_nodes,)
        Numbers of the nodes that follow; `LEAF` at leaves.
    values : array of shape (n_nodes, n_outputs)
        What a leaf adds to each output, float64; 0 elsewhere.
    base : array of shape (n_outputs,)
        What the sum begins with.
    strict : bool
        Whether x < threshold goes left, or x <= threshold.
    """

    roots: IntArray
    feature: IntArray
    threshold: npt.NDArray[np.float32]
    left: IntArray
    right: IntArray
    values: FloatArray
    base: FloatArray
    strict: bool

    @property
    def tree_of_node(self) -> IntArray:
        """The number of the tree that each node belongs to."""
        return np.searchsorted(self.roots, np.arange(len(self.feature)), side="right") - 1

    def sum(self, x: npt.NDArray[np.float32]) -> FloatArray:
        """Return the sums of the leaves that rows reach, shape (n_rows, n_outputs)."""
        node = np.tile(self.roots, (len(x), 1))
        while (inner := self.left[node] != LEAF).any():
            value = np.take_along_axis(x, self.feature[node], axis=1)
            threshold = self.threshold[node]
            goes_left = value < threshold if self.strict else value <= threshold
            node = np.where(inner, np.where(goes_left, self.left[node], self.right[node]), node)
        return np.asarray(self.values[node].sum(axis=1) + self.base)


@dataclass(frozen=True)
class _Tree:
    """One tree, its nodes numbered from 0; fields as those of `Trees`."""

    feature: npt.NDArray[Any]
    threshold: npt.NDArray[Any]
    left: npt.NDArray[Any]
    right: npt.NDArray[Any]
    values: npt.NDArray[Any]


def of_forest(model: Any) -> Trees:
    """Return the trees of a forest or a single tree of scikit-learn; they answer with their mean.

    Parameters
    ----------
    model : estimator
        A fitted forest, extra trees or tree; a classifier's leaves hold shares of the classes.

    Returns
    -------
    Trees
        Outputs are the classes, or the targets.
    """
    grown = [tree.tree_ for tree in getattr(model, "estimators_", [model])]
    is_classifier = hasattr(model, "classes_")
    trees = []
    for tree in grown:
        values = tree.value[:, 0, :] if is_classifier else tree.value[:, :, 0]
        if is_classifier:
            values = values / values.sum(axis=1, keepdims=True)
        threshold = _rounded_down(tree.threshold)
        left, right = tree.children_left, tree.children_right
        trees.append(_Tree(tree.feature, threshold, left, right, values / len(grown)))
    return _joined(trees, np.zeros(trees[0].values.shape[1]), strict=False)


def of_histograms(model: Any) -> Trees:
    """Return the trees of scikit-learn's boosting by histograms.

    Parameters
    ----------
    model : HistGradientBoostingClassifier or HistGradientBoostingRegressor
        A fitted model.

    Returns
    -------
    Trees
        Outputs are the margins before the link.
    """
    base = np.ravel(model._baseline_prediction)
    trees = [
        _of_histogram(tree.nodes, output, len(base))
        for of_iteration in model._predictors
        for output, tree in enumerate(of_iteration)
    ]
    return _joined(trees, base, strict=False)


def _of_histogram(nodes: npt.NDArray[Any], output: int, n_outputs: int) -> _Tree:
    """Return one tree of scikit-learn's table of nodes."""
    is_leaf = nodes["is_leaf"].astype(bool)
    left, right = (np.where(is_leaf, LEAF, nodes[side].astype(np.int64)) for side in SIDES)
    values = np.zeros((len(nodes), n_outputs))
    values[is_leaf, output] = nodes["value"][is_leaf]
    threshold = _rounded_down(np.where(is_leaf, 0.0, nodes["num_threshold"]))
    return _Tree(nodes["feature_idx"], threshold, left, right, values)


def of_boosting(model: Any) -> tuple[Trees, str]:
    """Return the trees of a model of xgboost, from its own JSON, and the name of its objective.

    Parameters
    ----------
    model : xgboost.XGBModel
        A fitted model: boosted trees or forests, of any number of classes or targets, with leaves
        of one number or of many; trees after the best iteration are left out.

    Returns
    -------
    trees : Trees
        Outputs are the margins before the link.
    objective : str
        The objective, which decides the link.

    Raises
    ------
    ArtifactError
        If it is no sum of trees that compare numbers.
    """
    learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    if booster["name"] != "gbtree" or not booster["model"]["trees"]:
        msg = f"xgboost's booster={booster['name']!r} has no export; use booster='gbtree'."
        raise ArtifactError(msg)
    grown, group = booster["model"]["trees"], booster["model"]["tree_info"]
    n_trees = _n_trees(model, booster["model"])
    sizes = learner["learner_model_param"]
    n_outputs = max(int(sizes["num_class"]), int(sizes["num_target"]), 1 + max(group))
    trees = [
        _boosted(tree, output, n_outputs)
        for tree, output in zip(grown[:n_trees], group, strict=False)
    ]
    base = np.broadcast_to(_base_margin(sizes["base_score"], objective), (n_outputs,))
    return _joined(trees, base, strict=True), objective


def _n_trees(model: Any, booster: dict[str, Any]) -> int:
    """Return how many trees count: those up to the best iteration, where there is one."""
    if model.get_booster().attr("best_iteration") is None:
        return len(booster["trees"])
    return int(booster["iteration_indptr"][model.best_iteration + 1])


def _base_margin(text: str, objective: str) -> FloatArray:
    """Return what xgboost's sums begin with; it keeps that in the unit of the answers."""
    numbers = json.loads(text)
    base = np.atleast_1d(np.asarray(numbers, np.float64))
    if objective in ("binary:logistic", "reg:logistic"):
        return np.log(base) - np.log1p(-base)
    return np.log(base) if objective in ("count:poisson", "reg:gamma", "reg:tweedie") else base


def _boosted(tree: dict[str, Any], output: int, n_outputs: int) -> _Tree:
    """Return one tree of xgboost's JSON; a node without children is a leaf."""
    if any(tree["split_type"]):
        msg = "xgboost's splits on categories have no export; features of audio are numbers."
        raise ArtifactError(msg)
    left, right = np.array(tree["left_children"]), np.array(tree["right_children"])
    condition = np.array(tree["split_conditions"], np.float32)
    is_leaf = left == LEAF
    values = np.zeros((len(left), n_outputs))
    if tree.get("leaf_weights"):  # leaves of many numbers; `right` says where each begins
        vectors = np.array(tree["leaf_weights"], np.float32).reshape(-1, n_outputs)
        values[is_leaf] = vectors[right[is_leaf]]
    else:
        values[is_leaf, output] = condition[is_leaf]
    return _Tree(np.array(tree["split_indices"]), condition, left, right, values)


def _joined(trees: Sequence[_Tree], base: FloatArray, *, strict: bool) -> Trees:
    """Return one table of all nodes, numbered on from tree to tree."""
    starts = np.cumsum([0, *(len(tree.left) for tree in trees)])
    is_leaf = np.concatenate([tree.left for tree in trees]) == LEAF
    shift = np.repeat(starts[:-1], np.diff(starts))

    def joined(field: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(tree, field) for tree in trees])

    return Trees(
        roots=starts[:-1],
        feature=np.where(is_leaf, 0, joined("feature")),
        threshold=np.where(is_leaf, 0, joined("threshold")).astype(np.float32),
        left=np.where(is_leaf, LEAF, joined("left") + shift),
        right=np.where(is_leaf, LEAF, joined("right") + shift),
        values=np.where(is_leaf[:, None], joined("values"), 0.0),
        base=np.asarray(base, np.float64),
        strict=strict,
    )


def _rounded_down(threshold: FloatArray) -> npt.NDArray[np.float32]:
    """Return the largest float32 that is no larger: float32 rows then go the same way."""
    nearest = threshold.astype(np.float32)
    below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest.astype(np.float64) > threshold, below, nearest)
