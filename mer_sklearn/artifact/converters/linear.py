"""Scalers, selectors, linear models and neural networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ArtifactError
from ...features.ops import Array
from .base import Classes, TailOps, as_double, by_score, normalized, sigmoid, softmax, two_columns

__all__ = [
    "block_scaler",
    "linear_regressor",
    "linear_scores",
    "logistic_regression",
    "mlp_classifier",
    "mlp_regressor",
    "principal_components",
    "selector",
    "standard_scaler",
    "stochastic_classifier",
]


def block_scaler(ops: TailOps, x: Array, scaler: Any) -> Array:
    """Return clipped z-scores times the weights of their blocks (`BlockScaler`)."""
    z = (as_double(ops, x) - ops.const(scaler.mean_)) / ops.const(scaler.scale_)
    if scaler.clip is not None:
        z = ops.xp.clip(z, -float(scaler.clip), float(scaler.clip))
    return z * ops.const(scaler.weight_)


def standard_scaler(ops: TailOps, x: Array, scaler: Any) -> Array:
    """Return z-scores in the precision of x, as scikit-learn does.

    A tree behind the scaler compares what rounding left: a training row may equal its threshold.
    """
    dtype = np.float32 if x.dtype == ops.xp.float32 else np.float64
    if scaler.with_mean:
        x = x - ops.const(scaler.mean_.astype(dtype))
    return x / ops.const(scaler.scale_.astype(dtype)) if scaler.with_std else x


def principal_components(ops: TailOps, x: Array, pca: Any) -> Array:
    """Return the coordinates of rows along the components of PCA; in float64 whatever x is."""
    components = np.asarray(pca.components_, np.float64).T
    rows = _affine(ops, x, components, -(np.asarray(pca.mean_, np.float64) @ components))
    if not pca.whiten:
        return rows
    spread = np.sqrt(pca.explained_variance_)
    return rows / ops.const(np.maximum(spread, np.finfo(spread.dtype).eps).astype(np.float64))


def selector(ops: TailOps, x: Array, selector: Any) -> Array:
    """Return the columns that a selector supports."""
    return ops.xp.take(x, ops.const(selector.get_support(indices=True).astype(np.int64)), axis=1)


def linear_scores(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the score of each class of a linear classifier, two columns for two classes."""
    scores = linear_regressor(ops, x, model)
    return two_columns(ops, scores) if len(model.classes_) == 2 else scores


def logistic_regression(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes by the multinomial (for two classes: the logistic) link."""
    if model.coef_.shape[0] != (1 if len(model.classes_) == 2 else len(model.classes_)):
        msg = "this LogisticRegression learned one class against the rest, which has no export."
        raise ArtifactError(msg)
    scores = linear_scores(ops, x, model)
    if len(model.classes_) == 2:
        second = sigmoid(ops, scores[:, 1:])
        return by_score(ops, scores, two_columns(ops, second, of_one=True), model.classes_)
    return by_score(ops, scores, softmax(ops, scores), model.classes_)


def stochastic_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes of `SGDClassifier`: the highest score, and shares of each class's link."""
    scores = linear_scores(ops, x, model)
    if model.loss == "log_loss":
        each = sigmoid(ops, scores)
    elif model.loss == "modified_huber":
        each = (ops.xp.clip(scores, -1.0, 1.0) + 1.0) / 2.0
    else:
        msg = f"SGDClassifier(loss={model.loss!r}) has no probabilities; use loss='log_loss'."
        raise ArtifactError(msg)
    return by_score(ops, scores, normalized(ops, each), model.classes_)


def linear_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the numbers of a linear model."""
    return _affine(ops, x, np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_))


def mlp_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes of a neural network."""
    last = _network(ops, x, model)
    if model.out_activation_ == "softmax":
        probabilities = softmax(ops, last)
    elif len(model.classes_) == 2:
        probabilities = two_columns(ops, sigmoid(ops, last), of_one=True)
    else:
        msg = "this MLPClassifier learned several labels a row, which has no export."
        raise ArtifactError(msg)
    return by_score(ops, probabilities, probabilities, model.classes_)


def mlp_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return numbers of a neural network."""
    return _network(ops, x, model)


def _network(ops: TailOps, x: Array, model: Any) -> Array:
    """Return what the last layer of a neural network gives, before its link."""
    xp = ops.xp
    activation = {
        "relu": lambda v: xp.maximum(v, ops.const(np.float64(0.0))),
        "tanh": xp.tanh,
        "logistic": lambda v: sigmoid(ops, v),
        "identity": lambda v: v,
    }[model.activation]
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))
    for weights, bias in layers[:-1]:
        x = activation(_affine(ops, x, weights, bias))
    return _affine(ops, x, *layers[-1])


def _affine(ops: TailOps, x: Array, weights: npt.ArrayLike, bias: npt.ArrayLike) -> Array:
    """Return x times weights, plus bias."""
    table = np.ascontiguousarray(weights, np.float64)
    product = ops.xp.matmul(as_double(ops, x), ops.const(table))
    return product + ops.const(np.asarray(bias, np.float64))
