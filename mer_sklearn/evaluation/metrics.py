"""How well predictions agree with what is true.

Conventions
-----------
Labels are arrays of shape ``(n_rows,)``. Numbers are arrays of shape ``(n_rows,)`` or
``(n_rows, n_targets)``; each target is scored by itself, and the score is the mean over the
targets.

Metrics
-------
* Classes: `accuracy`, `balanced_accuracy` (mean recall, also called UAR), `macro_f1`.
* Numbers: `r2`, `rmse`, `mae` (both in the unit of the target), `pearson`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, f1_score, recall_score

from ..errors import InputError

__all__ = [
    "CLASS_METRICS",
    "LOWER_IS_BETTER",
    "NUMBER_METRICS",
    "Metric",
    "accuracy",
    "balanced_accuracy",
    "mae",
    "macro_f1",
    "pearson",
    "r2",
    "rmse",
    "scores",
    "validate",
]

Array: TypeAlias = npt.NDArray[Any]


def validate(y_true: Array, y_pred: Array) -> None:
    """Refuse arrays that cannot be compared.

    Raises
    ------
    InputError
        If they are empty or of different shapes, or numbers are not finite.
    """
    if np.shape(y_true) != np.shape(y_pred) or not len(y_true):
        msg = (
            f"y_true has shape {np.shape(y_true)} and y_pred {np.shape(y_pred)}; "
            "give the same, and at least one row."
        )
        raise InputError(msg)
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        if np.asarray(values).dtype.kind == "f" and not np.isfinite(values).all():
            msg = f"{name} holds NaN or infinite values; leave these rows out."
            raise InputError(msg)


def accuracy(y_true: Array, y_pred: Array) -> float:
    """Return the share of rows with the right label.

    Examples
    --------
    >>> accuracy(np.array(["sad", "calm"]), np.array(["sad", "sad"]))
    0.5
    """
    return float(accuracy_score(y_true, y_pred))


def balanced_accuracy(y_true: Array, y_pred: Array) -> float:
    """Return the mean over the true classes of the share that was recognized (UAR).

    Examples
    --------
    >>> balanced_accuracy(np.array(["sad", "sad", "calm"]), np.array(["sad", "sad", "sad"]))
    0.5
    """
    labels = np.unique(y_true)
    return float(recall_score(y_true, y_pred, labels=labels, average="macro", zero_division=0))


def macro_f1(y_true: Array, y_pred: Array) -> float:
    """Return the mean over the true classes of the F1 score; 0 for a class never predicted.

    Examples
    --------
    >>> macro_f1(np.array(["sad", "calm"]), np.array(["sad", "calm"]))
    1.0
    """
    labels = np.unique(y_true)
    return float(f1_score(y_true, y_pred, labels=labels, average="macro", zero_division=0))


def r2(y_true: Array, y_pred: Array) -> float:
    """Return the share of the variance that is explained; 0 for a target that never varies.

    Examples
    --------
    >>> r2(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    0.0
    """
    true, predicted = _columns(y_true), _columns(y_pred)
    total = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    left = ((true - predicted) ** 2).sum(axis=0)
    ratio = np.divide(left, total, out=np.ones_like(left), where=total > 0)
    return float(np.mean(1.0 - ratio))


def rmse(y_true: Array, y_pred: Array) -> float:
    """Return the root of the mean squared error.

    Examples
    --------
    >>> rmse(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    0.5
    """
    return float(np.mean(np.sqrt(((_columns(y_true) - _columns(y_pred)) ** 2).mean(axis=0))))


def mae(y_true: Array, y_pred: Array) -> float:
    """Return the mean absolute error.

    Examples
    --------
    >>> mae(np.array([0.0, 1.0]), np.array([0.0, 0.5]))
    0.25
    """
    return float(np.abs(_columns(y_true) - _columns(y_pred)).mean())


def pearson(y_true: Array, y_pred: Array) -> float:
    """Return the correlation; 0 where truth or prediction never varies.

    Examples
    --------
    >>> round(pearson(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])), 6)
    1.0
    """
    true, predicted = _columns(y_true), _columns(y_pred)
    a, b = true - true.mean(axis=0), predicted - predicted.mean(axis=0)
    # A constant that is no dyadic number leaves rounding behind: it counts as no variation.
    spread = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    scale = np.abs(true).max(axis=0) * np.abs(predicted).max(axis=0) * len(true)
    varies = spread > 1e-12 * scale
    return float(np.mean(np.divide((a * b).sum(axis=0), spread, out=0.0 * spread, where=varies)))


Metric: TypeAlias = Callable[[Array, Array], float]
CLASS_METRICS: Mapping[str, Metric] = MappingProxyType(
    {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}
)
NUMBER_METRICS: Mapping[str, Metric] = MappingProxyType(
    {"r2": r2, "rmse": rmse, "mae": mae, "pearson": pearson}
)
LOWER_IS_BETTER = frozenset({"rmse", "mae"})


def scores(task: str, y_true: Array, y_pred: Array) -> dict[str, float]:
    """Return all scores of a task, by the name of the metric.

    Examples
    --------
    >>> sorted(scores("classification", np.array(["sad", "calm"]), np.array(["sad", "sad"])))
    ['accuracy', 'balanced_accuracy', 'macro_f1']
    """
    validate(y_true, y_pred)
    metrics = CLASS_METRICS if task == "classification" else NUMBER_METRICS
    return {name: metric(y_true, y_pred) for name, metric in metrics.items()}


def _columns(values: Array) -> npt.NDArray[np.float64]:
    """Return numbers as (n_rows, n_targets)."""
    numbers = np.asarray(values, np.float64)
    return numbers.reshape(len(numbers), -1)
