"""Forests and boosted trees: sums of leaves, and the link behind."""

from __future__ import annotations

from typing import Any

from ...errors import ArtifactError
from ...features.ops import Array
from .base import Classes, TailOps, as_double, by_score, sigmoid, softmax, two_columns
from .trees import of_boosting, of_forest, of_histograms

__all__ = [
    "boosted_classifier",
    "boosted_regressor",
    "forest_classifier",
    "forest_regressor",
    "histogram_classifier",
    "histogram_regressor",
]

PLAIN_OBJECTIVES = (
    "reg:squarederror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:quantileerror",
)
LOG_OBJECTIVES = ("count:poisson", "reg:gamma", "reg:tweedie")


def forest_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes by the mean share of the trees' leaves."""
    shares = forest_regressor(ops, x, model)
    return by_score(ops, shares, shares, model.classes_)


def forest_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the mean of the trees' leaves."""
    return _sums(ops, x, of_forest(model))


def boosted_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes of xgboost, one margin a class (for two classes: one margin)."""
    trees, objective = of_boosting(model)
    margins = _sums(ops, x, trees)
    if objective in ("multi:softprob", "multi:softmax"):
        probabilities = softmax(ops, margins)
    elif objective == "binary:logistic" and len(trees.base) == 1:
        probabilities = two_columns(ops, sigmoid(ops, margins), of_one=True)
    else:
        raise _no_link(objective)
    return by_score(ops, probabilities, probabilities, model.classes_)


def boosted_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return numbers of xgboost, one margin a target."""
    trees, objective = of_boosting(model)
    margins = _sums(ops, x, trees)
    if objective in PLAIN_OBJECTIVES:
        return margins
    if objective in LOG_OBJECTIVES:
        return ops.xp.exp(margins)
    if objective == "reg:logistic":
        return sigmoid(ops, margins)
    raise _no_link(objective)


def histogram_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes of scikit-learn's boosting by histograms."""
    margins = _sums(ops, x, of_histograms(model))
    if len(model.classes_) == 2:
        probabilities = two_columns(ops, sigmoid(ops, margins), of_one=True)
    else:
        probabilities = softmax(ops, margins)
    return by_score(ops, probabilities, probabilities, model.classes_)


def histogram_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return numbers of scikit-learn's boosting by histograms."""
    margins = _sums(ops, x, of_histograms(model))
    return ops.xp.exp(margins) if model.loss in ("poisson", "gamma") else margins


def _sums(ops: TailOps, x: Array, trees: Any) -> Array:
    """Return the sums of the trees as float64; rows are compared in float32."""
    return as_double(ops, ops.trees(ops.xp.astype(x, ops.xp.float32), trees))


def _no_link(objective: str) -> ArtifactError:
    return ArtifactError(f"xgboost's objective={objective!r} has no export; use another one.")
