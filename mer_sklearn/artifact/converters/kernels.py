"""Kernel machines: support vectors and kernel ridge, and the probabilities of scores."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ArtifactError
from ...features.ops import Array
from ...kernel import ROUNDING
from .base import Classes, TailOps, as_double, by_score, sigmoid, softmax, two_columns
from .linear import block_scaler, linear_scores

__all__ = [
    "family_kernel_ridge",
    "from_scores",
    "kernel_scores",
    "score_classifier",
    "support_scores",
    "support_values",
]


def family_kernel_ridge(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the numbers of `FamilyKernelRidge`, or the one-hot scores of the classifier.

    The training rows are stored in float32, which moves a distance by less than 1e-7 of the
    families' own; all that is computed with them is float64.
    """
    xp = ops.xp
    rows = block_scaler(ops, x, model.scaler_) * ops.const(model.unit_)
    total = ops.const(np.zeros((1, len(model.X_fit_))))
    for columns in model.families_:
        centres = model.X_fit_[:, columns].astype(np.float32)
        squares = _squared_distances(ops, xp.take(rows, ops.const(columns), axis=1), centres)
        if model.kind == "exp":
            smallest = ROUNDING * np.square(centres, dtype=np.float64).sum(axis=1).max()
            zero = ops.const(np.float64(0.0))
            squares = xp.sqrt(xp.where(squares < ops.const(np.float64(smallest)), zero, squares))
        total = total + squares
    kernel = xp.exp(total * (-float(model.gamma) / max(1, len(model.families_))))
    return _weighted(ops, kernel, model.dual_coef_, model.intercept_)


def support_values(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the numbers of `SVR`."""
    return _weighted(ops, _support_kernel(ops, x, model), model.dual_coef_.T, model.intercept_)


def kernel_scores(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the scores of `FamilyKernelClassifier`, two columns for two classes.

    Those are the difference of the two and its negative: what `ScoreClassifier` makes of the
    decision function.
    """
    scores = family_kernel_ridge(ops, x, model)
    if len(model.classes_) > 2:
        return scores
    return two_columns(ops, scores[:, 1:] - scores[:, :1])


def support_scores(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the score of each class of `SVC`.

    Each pair of classes has a machine. A class scores its wins, plus less than 1/3 for the sum c of
    its margins, c / (3 (|c| + 1)).
    """
    kernel = _support_kernel(ops, x, model)
    n_classes = len(model.classes_)
    if n_classes == 2:
        return two_columns(ops, _weighted(ops, kernel, model.dual_coef_.T, model.intercept_))
    if model.decision_function_shape != "ovr":
        msg = 'SVC(decision_function_shape="ovo") has no export; use "ovr".'
        raise ArtifactError(msg)
    margins = _weighted(ops, kernel, _pair_coefficients(model), model.intercept_)
    first, second = _sides(n_classes)
    wins = ops.xp.astype(margins >= 0, ops.xp.float64)
    votes = ops.xp.matmul(wins, ops.const(first)) + ops.xp.matmul(1.0 - wins, ops.const(second))
    confidence = ops.xp.matmul(margins, ops.const(first - second))
    return votes + confidence / ((ops.xp.abs(confidence) + 1.0) * 3.0)


SCORES = {
    "SVC": support_scores,
    "NuSVC": support_scores,
    "FamilyKernelClassifier": kernel_scores,
    "LogisticRegression": linear_scores,
    "LinearSVC": linear_scores,
    "RidgeClassifier": linear_scores,
}


def score_classifier(ops: TailOps, x: Array, model: Any) -> Classes:
    """Return the class of the highest score, and probabilities by the link that was learned."""
    name = type(model.estimator_).__name__
    if name not in SCORES:
        msg = f"ScoreClassifier around {name} has no export; it has around {', '.join(SCORES)}."
        raise ArtifactError(msg)
    return from_scores(ops, SCORES[name](ops, x, model.estimator_), model)


def from_scores(ops: TailOps, scores: Array, model: Any) -> Classes:
    """Return what a `ScoreClassifier` answers to scores."""
    linked = scores * ops.const(model.slope_) + ops.const(model.offset_)
    if model.link_ == "softmax":
        return by_score(ops, scores, softmax(ops, linked), model.classes_)
    floor = ops.const(np.float64(np.finfo(np.float64).tiny))
    each = ops.xp.maximum(sigmoid(ops, linked), floor)
    return by_score(ops, scores, each / ops.xp.sum(each, axis=-1, keepdims=True), model.classes_)


def _support_kernel(ops: TailOps, x: Array, model: Any) -> Array:
    """Return the kernel of rows and support vectors."""
    xp, x = ops.xp, as_double(ops, x)
    vectors = np.asarray(model.support_vectors_, np.float64)
    if model.kernel == "rbf":
        return xp.exp(_squared_distances(ops, x, vectors) * -float(model._gamma))
    products = xp.matmul(x, ops.const(np.ascontiguousarray(vectors.T)))
    if model.kernel == "linear":
        return products
    if model.kernel in ("poly", "sigmoid"):
        inner = products * float(model._gamma) + float(model.coef0)
        return xp.tanh(inner) if model.kernel == "sigmoid" else inner ** float(model.degree)
    msg = f"{type(model).__name__}(kernel={model.kernel!r}) has no export; use a kernel by name."
    raise ArtifactError(msg)


def _squared_distances(ops: TailOps, x: Array, centres: npt.NDArray[np.floating[Any]]) -> Array:
    """Return the squared distances of rows and centres, expanded: good to 1e-7 in float64.

    Centres of float32 are stored as such.
    """
    xp = ops.xp
    own = xp.sum(x * x, axis=-1, keepdims=True)
    products = xp.matmul(x, as_double(ops, ops.const(np.ascontiguousarray(centres.T))))
    squares = own - products * 2.0 + ops.const(np.square(centres, dtype=np.float64).sum(axis=1))
    return xp.maximum(squares, ops.const(np.float64(0.0)))


def _weighted(
    ops: TailOps, kernel: Array, coefficients: npt.NDArray[Any], intercept: npt.ArrayLike
) -> Array:
    """Return the kernel times coefficients, shape (n_centres,) or (n_centres, n_outputs)."""
    table = np.ascontiguousarray(coefficients.reshape(len(coefficients), -1), np.float64)
    return ops.xp.matmul(kernel, ops.const(table)) + ops.const(np.atleast_1d(intercept))


def _pair_coefficients(model: Any) -> npt.NDArray[np.float64]:
    """Return the coefficients of each pair's machine, (n_support, n_pairs).

    Row j - 1 of `dual_coef_` holds, for the vectors of class i < j, those of the pair (i, j), and
    row i, for the vectors of class j, those of the same pair.
    """
    ends = np.cumsum(model.n_support_)
    own = [slice(end - count, end) for end, count in zip(ends, model.n_support_, strict=True)]
    columns = []
    for i, j in combinations(range(len(ends)), 2):
        column = np.zeros(ends[-1])
        column[own[i]] = model.dual_coef_[j - 1, own[i]]
        column[own[j]] = model.dual_coef_[i, own[j]]
        columns.append(column)
    return np.stack(columns, axis=1)


def _sides(n_classes: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return which class is the first and which the second of each pair, (n_pairs, n_classes)."""
    pairs = np.array(list(combinations(range(n_classes), 2)))
    one_hot = np.eye(n_classes)
    return one_hot[pairs[:, 0]], one_hot[pairs[:, 1]]
