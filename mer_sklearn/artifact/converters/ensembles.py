"""Estimators around several: votes, stacks, bags, and calibration by folds.

Ensembles of scikit-learn number the classes before they fit what is inside: labels of the inner
classifiers are numbers of the outer classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import is_classifier

from ...features.ops import Array
from .base import Classes, TailOps, as_double, by_score, normalized, sigmoid, softmax, two_columns
from .composed import convert, labels, scores
from .kernels import from_scores

__all__ = [
    "bagging_classifier",
    "bagging_regressor",
    "calibrated",
    "score_classifier",
    "stacking_classifier",
    "stacking_regressor",
    "voting_classifier",
    "voting_regressor",
]

TEMPERATURE_FLOOR = 1e-12  # added to probabilities before their logarithm, as scikit-learn does
ROUNDING = 1e-9  # a calibrated probability that is as good as 0


def voting_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes by the mean of probabilities, or by how many name them."""
    if model.voting == "soft":
        votes = [convert(ops, x, part).probabilities for part in model.estimators_]
    else:
        n_classes = len(model.classes_)
        votes = [_one_hot(ops, labels(ops, x, part), n_classes) for part in model.estimators_]
    mean = _mean(votes, model._weights_not_none)
    return by_score(ops, mean, mean, model.classes_)


def voting_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the mean of numbers."""
    found = [as_double(ops, convert(ops, x, part)) for part in model.estimators_]
    return _mean(found, model._weights_not_none)


def bagging_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes by the mean of probabilities; of those that have none, by their votes."""
    n_classes = len(model.classes_)
    votes = []
    for part, columns in zip(model.estimators_, model.estimators_features_, strict=True):
        seen = _columns(ops, x, columns)
        if hasattr(part, "predict_proba"):
            shares = convert(ops, seen, part).probabilities
            votes.append(_placed(ops, shares, part.classes_, n_classes))
        else:
            votes.append(_one_hot(ops, labels(ops, seen, part), n_classes))
    mean = _mean(votes)
    return by_score(ops, mean, mean, model.classes_)


def bagging_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the mean of numbers."""
    pairs = zip(model.estimators_, model.estimators_features_, strict=True)
    return _mean([as_double(ops, convert(ops, _columns(ops, x, c), part)) for part, c in pairs])


def stacking_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes by a model of what others answer."""
    found = convert(ops, _stacked(ops, x, model), model.final_estimator_)
    return Classes(ops.names(model.classes_, found.labels), found.probabilities, found.scores)


def stacking_regressor(ops: TailOps, x: Array, model: Any) -> Array:
    """Return numbers of a model of what others answer."""
    return convert(ops, _stacked(ops, x, model), model.final_estimator_)


def score_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return the class of the highest score, and probabilities by the link that was learned."""
    return from_scores(ops, scores(ops, x, model.estimator_), model)


def calibrated(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return classes by the mean over folds of calibrated probabilities."""
    mean = _mean([_calibrated(ops, x, part) for part in model.calibrated_classifiers_])
    return by_score(ops, mean, mean, model.classes_)


def _stacked(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the columns that the last model of a stack learned from."""
    columns = [
        _answer(ops, x, part, method)
        for part, method in zip(model.estimators_, model.stack_method_, strict=True)
    ]
    return ops.xp.concat([*columns, *([as_double(ops, x)] if model.passthrough else [])], axis=-1)


def _answer(ops: TailOps, x: Array, part: Any, method: str) -> Array:
    """Return what a stack keeps of one model's answer; of two columns for two classes, one."""
    if method == "predict" and is_classifier(part):
        return as_double(ops, ops.xp.expand_dims(labels(ops, x, part), axis=1))
    if method == "predict":
        return as_double(ops, convert(ops, x, part))
    if method == "decision_function":
        found = scores(ops, x, part)
    else:
        found = convert(ops, x, part).probabilities
    return as_double(ops, found[:, 1:] if len(part.classes_) == 2 else found)


def _calibrated(ops: TailOps, x: Array, part: Any) -> Array:
    """Return the calibrated probabilities of one fold's classifier."""
    by_scores = hasattr(part.estimator, "decision_function")
    if by_scores:
        answers = scores(ops, x, part.estimator)
    else:
        answers = as_double(ops, convert(ops, x, part.estimator).probabilities)
    if part.method == "temperature":
        logits = answers if by_scores else ops.xp.log(answers + TEMPERATURE_FLOOR)
        return softmax(ops, logits * float(part.calibrators[0].beta_))
    return _one_by_one(ops, answers, part)


def _one_by_one(ops: TailOps, answers: Array, part: Any) -> Array:
    """Calibrate each class by itself; of two classes the second, and the first is what is left."""
    n_classes = len(part.classes)
    known = np.searchsorted(part.classes, part.estimator.classes_)
    if len(known) == 2:  # of one score; in a fold of two among more classes it is the first's
        answers, known = answers[:, 1:], known[1:] if n_classes == 2 else known[:1]
    line = _sigmoids if part.method == "sigmoid" else _isotonic
    each = _placed(ops, line(ops, answers, part.calibrators), known, n_classes)
    if n_classes == 2:
        return two_columns(ops, each[:, 1:], of_one=True)
    return normalized(ops, each)


def _sigmoids(ops: TailOps, answers: Array, calibrators: Sequence[Any]) -> Array:
    """Return 1 / (1 + exp(a s + b)) of each column."""
    slopes = ops.const(np.array([float(one.a_) for one in calibrators]))
    offsets = ops.const(np.array([float(one.b_) for one in calibrators]))
    return sigmoid(ops, -(answers * slopes + offsets))


def _isotonic(ops: TailOps, answers: Array, calibrators: Sequence[Any]) -> Array:
    """Return each column interpolated between the thresholds of an isotonic regression.

    Thresholds are scores of rows that were learned from: there rounding may leave a little where
    all classes have 0, and what is nobody's would become somebody's when shares are taken.
    """
    columns = [
        _interpolated(ops, answers[:, n : n + 1], one.X_thresholds_, one.y_thresholds_)
        for n, one in enumerate(calibrators)
    ]
    each = ops.xp.concat(columns, axis=-1)
    return ops.xp.where(each > ROUNDING, each, ops.const(np.float64(0.0)))


def _interpolated(
    ops: TailOps, column: Array, places: npt.NDArray[Any], values: npt.NDArray[Any]
) -> Array:
    """Return values between places, held at either end; column and result (n_rows, 1)."""
    xp = ops.xp
    if len(places) == 1:
        return column * 0.0 + float(values[0])
    places, values = places.astype(np.float64), values.astype(np.float64)
    held = xp.clip(column, float(places[0]), float(places[-1]))
    passed = xp.astype(held >= ops.const(places[1:-1]), xp.int64)
    below = xp.sum(passed, axis=-1)
    start, value, slope = (
        xp.expand_dims(xp.take(ops.const(table), below, axis=0), axis=1)
        for table in (places[:-1], values[:-1], np.diff(values) / np.diff(places))
    )
    return (held - start) * slope + value


def _mean(parts: Sequence[Array], weights: Sequence[float] | None = None) -> Array:
    """Return the mean of arrays, weighted where weights are given."""
    if weights is None:
        return reduce(add, parts) / float(len(parts))
    weighted = (part * float(weight) for part, weight in zip(parts, weights, strict=True))
    return reduce(add, weighted) / float(np.sum(weights))


def _one_hot(ops: TailOps, numbers: Array, n_classes: int) -> Array:
    """Return 1 in the column that each row names, shape (n_rows, n_classes)."""
    named = ops.xp.expand_dims(numbers, axis=1) == ops.const(np.arange(n_classes))
    return as_double(ops, named)


def _placed(ops: TailOps, columns: Array, places: npt.NDArray[Any], n_classes: int) -> Array:
    """Return columns in their places among those of all classes, zeros elsewhere."""
    return ops.xp.matmul(as_double(ops, columns), ops.const(np.eye(n_classes)[places]))


def _columns(ops: TailOps, x: Array, places: npt.NDArray[Any]) -> Array:
    """Return some columns of the rows."""
    return ops.xp.take(x, ops.const(np.asarray(places, np.int64)), axis=1)
