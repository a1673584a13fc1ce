"""How well predictions agree with what is true.

Conventions
-----------
Labels are arrays of shape ``(n_rows,)``. Numbers are arrays of shape ``(n_rows,)`` or
``(n_rows, n_targets)``; each target is scored by itself, and the score is the mean over the
targets. Probabilities are arrays of shape ``(n_rows, n_classes)`` whose columns follow `classes`,
sorted. A class that is never true does not count in a mean over classes. Where a quotient has no
meaning (a target that never varies, a class never predicted) the score is 0.

All scores are functions of sums over rows: of how often a class was taken for another, or of the
products of truth and prediction. So rows can be weighted anew without being predicted anew, which
is how `intervals` draws thousands of times.

Metrics
-------
* Labels: `accuracy`; `balanced_accuracy` (mean recall, which is also macro recall and UAR);
  `macro_f1`, `weighted_f1`, `macro_precision`, `weighted_precision` (weighted recall is the
  accuracy); `mcc` (correlation of Matthews [1]_).
* Probabilities: `log_loss` (in nats), `calibration_error` (expected, in ten bins [2]_).
* Numbers: `r2`; `rmse` and `mae` (in the unit of the target); `rmse_unit` (on a scale from -1 to
  1); `pearson`; `ccc` (concordance of Lin [3]_); `spread_ratio` (standard deviation of what was
  predicted over that of what is true: below 1 the model plays safe).

References
----------
.. [1] Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient,
   Computational Biology and Chemistry 28, 2004.
.. [2] Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017, eq. 3.
.. [3] Lin, A concordance correlation coefficient to evaluate reproducibility, Biometrics 45, 1989.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.metrics import make_scorer

from ..errors import InputError, unknown_name

__all__ = [
    "CLASS_METRICS",
    "LOWER_IS_BETTER",
    "NUMBER_METRICS",
    "PROBABILITY_METRICS",
    "Metric",
    "ProbabilityScorer",
    "Sums",
    "accuracy",
    "add_up",
    "balanced_accuracy",
    "calibration_error",
    "ccc",
    "confusion_matrix",
    "log_loss",
    "macro_f1",
    "macro_precision",
    "mae",
    "mcc",
    "of_sums",
    "pearson",
    "r2",
    "rmse",
    "rmse_unit",
    "scorer",
    "scores",
    "spread_ratio",
    "validate",
    "weighted_f1",
    "weighted_precision",
]

Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]
Sums: TypeAlias = dict[str, Floats]
Scale: TypeAlias = tuple[float, float]

N_BINS = 10  # of confidence, equally wide
NO_SPREAD = 1e-12  # of the sum of squares: what rounding leaves of a constant


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


# ---------------------------------------------------------------------------------------- labels


def accuracy(y_true: Array, y_pred: Array) -> float:
    """Return the share of rows with the right label.

    Examples
    --------
    >>> accuracy(np.array(["sad", "calm"]), np.array(["sad", "sad"]))
    0.5
    """
    return float(_accuracy(confusion_matrix(y_true, y_pred)))


def balanced_accuracy(y_true: Array, y_pred: Array) -> float:
    """Return the mean over the true classes of the share that was recognized (UAR).

    Examples
    --------
    >>> balanced_accuracy(np.array(["sad", "sad", "calm"]), np.array(["sad", "sad", "sad"]))
    0.5
    """
    return float(_balanced_accuracy(confusion_matrix(y_true, y_pred)))


def macro_f1(y_true: Array, y_pred: Array) -> float:
    """Return the mean over the true classes of the F1 score; 0 for a class never predicted.

    Examples
    --------
    >>> macro_f1(np.array(["sad", "calm"]), np.array(["sad", "calm"]))
    1.0
    """
    return float(_macro_f1(confusion_matrix(y_true, y_pred)))


def weighted_f1(y_true: Array, y_pred: Array) -> float:
    """Return the mean over the rows of the F1 score of their true class.

    Examples
    --------
    >>> weighted_f1(np.array(["sad", "calm"]), np.array(["sad", "calm"]))
    1.0
    """
    return float(_weighted_f1(confusion_matrix(y_true, y_pred)))


def macro_precision(y_true: Array, y_pred: Array) -> float:
    """Return the mean over the true classes of how often their name was given rightly.

    Examples
    --------
    >>> macro_precision(np.array(["sad", "calm"]), np.array(["sad", "sad"]))
    0.25
    """
    return float(_macro_precision(confusion_matrix(y_true, y_pred)))


def weighted_precision(y_true: Array, y_pred: Array) -> float:
    """Return the mean over the rows of the precision of their true class.

    Examples
    --------
    >>> weighted_precision(np.array(["sad", "sad", "calm"]), np.array(["sad", "sad", "sad"]))
    0.4444444444444444
    """
    return float(_weighted_precision(confusion_matrix(y_true, y_pred)))


def mcc(y_true: Array, y_pred: Array) -> float:
    """Return the correlation of Matthews, from -1 to 1; 0 for answers of one class.

    Examples
    --------
    >>> mcc(np.array(["sad", "calm"]), np.array(["calm", "sad"]))
    -1.0
    """
    return float(_mcc(confusion_matrix(y_true, y_pred)))


def confusion_matrix(y_true: Array, y_pred: Array, labels: Array | None = None) -> Floats:
    """Return how often each class (rows) was taken for each (columns).

    Parameters
    ----------
    y_true, y_pred : array of shape (n_rows,)
        Labels.
    labels : array of shape (n_classes,), default=None
        All labels, sorted; None takes those that occur.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Counts.

    Examples
    --------
    >>> confusion_matrix(np.array(["sad", "calm"]), np.array(["sad", "sad"]))
    array([[0., 1.],
           [0., 1.]])
    """
    counts: Floats = add_up("classification", y_true, y_pred, classes=labels)["counts"][0]
    return counts


def _accuracy(counts: Floats) -> Floats:
    return _ratio(_hits(counts).sum(-1), counts.sum((-2, -1)))


def _balanced_accuracy(counts: Floats) -> Floats:
    return _macro(_ratio(_hits(counts), counts.sum(-1)), counts)


def _macro_f1(counts: Floats) -> Floats:
    return _macro(_f1(counts), counts, named=True)


def _weighted_f1(counts: Floats) -> Floats:
    return _weighted(_f1(counts), counts)


def _macro_precision(counts: Floats) -> Floats:
    return _macro(_ratio(_hits(counts), counts.sum(-2)), counts, named=True)


def _weighted_precision(counts: Floats) -> Floats:
    return _weighted(_ratio(_hits(counts), counts.sum(-2)), counts)


def _mcc(counts: Floats) -> Floats:
    total = counts.sum((-2, -1))
    true, found = counts.sum(-1), counts.sum(-2)
    together = _hits(counts).sum(-1) * total - (true * found).sum(-1)
    spread = (total**2 - (true**2).sum(-1)) * (total**2 - (found**2).sum(-1))
    return _ratio(together, np.sqrt(spread))


def _hits(counts: Floats) -> Floats:
    """Return how often each class was recognized."""
    return np.asarray(np.diagonal(counts, axis1=-2, axis2=-1))


def _f1(counts: Floats) -> Floats:
    """Return the F1 score of each class."""
    return _ratio(2 * _hits(counts), counts.sum(-1) + counts.sum(-2))


def _macro(of_classes: Floats, counts: Floats, *, named: bool = False) -> Floats:
    """Return the mean over the classes that are true somewhere, or that were named at least."""
    there = counts.sum(-1) + (counts.sum(-2) if named else 0) > 0
    return _ratio((of_classes * there).sum(-1), there.sum(-1))


def _weighted(of_classes: Floats, counts: Floats) -> Floats:
    """Return the mean over the rows of what their true class has."""
    true = counts.sum(-1)
    return _ratio((of_classes * true).sum(-1), true.sum(-1))


# --------------------------------------------------------------------------------- probabilities


def log_loss(y_true: Array, proba: Array, classes: Array) -> float:
    """Return the mean of minus the logarithm of the probability of the true class.

    A probability of 0 counts as the smallest step of float64.

    Examples
    --------
    >>> round(log_loss(np.array(["sad"]), np.array([[0.5, 0.5]]), np.array(["calm", "sad"])), 4)
    0.6931
    """
    return float(_log_loss(_confidence(y_true, proba, classes).sum(0)))


def calibration_error(y_true: Array, proba: Array, classes: Array) -> float:
    """Return how far the confidence of the answers is from the share of right ones (ECE).

    The answer is the most probable class, its probability the confidence. Answers are put in ten
    bins of confidence; the error is the mean over the answers of the distance of the bin's mean
    confidence from its share of right answers.

    Examples
    --------
    >>> proba = np.array([[0.75, 0.25], [0.75, 0.25]])
    >>> calibration_error(np.array(["calm", "sad"]), proba, np.array(["calm", "sad"]))
    0.25
    """
    return float(_calibration_error(_confidence(y_true, proba, classes).sum(0)))


def _confidence(y_true: Array, proba: Array, classes: Array) -> Floats:
    """Return of each row: 1, the log-loss, and by bins of confidence how much too sure it was."""
    y_true, proba = np.asarray(y_true), np.asarray(proba, np.float64)
    if proba.shape != (len(y_true), len(classes)) or not len(y_true):
        msg = (
            f"proba has shape {proba.shape}, but there are {len(y_true)} rows and {len(classes)} "
            "classes; give a probability of each class for each row."
        )
        raise InputError(msg)
    true = _codes(y_true, classes)
    rows, best = np.arange(len(true)), proba.argmax(axis=1)
    sure = proba[rows, best]
    found = np.zeros((len(true), 2 + N_BINS))
    found[:, 0] = 1.0
    found[:, 1] = -np.log(np.clip(proba[rows, true], np.finfo(np.float64).eps, 1.0))
    found[rows, 2 + np.minimum((sure * N_BINS).astype(int), N_BINS - 1)] = sure - (best == true)
    return found


def _log_loss(confidence: Floats) -> Floats:
    return _ratio(confidence[..., 1], confidence[..., 0])


def _calibration_error(confidence: Floats) -> Floats:
    return _ratio(np.abs(confidence[..., 2:]).sum(-1), confidence[..., 0])


# --------------------------------------------------------------------------------------- numbers


def r2(y_true: Array, y_pred: Array) -> float:
    """Return the share of the variance that is explained; 0 for a target that never varies.

    Examples
    --------
    >>> r2(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    0.0
    """
    return _mean_of_targets(_r2, y_true, y_pred)


def rmse(y_true: Array, y_pred: Array) -> float:
    """Return the root of the mean squared error.

    Examples
    --------
    >>> rmse(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    0.5
    """
    return _mean_of_targets(_rmse, y_true, y_pred)


def rmse_unit(y_true: Array, y_pred: Array, *, scale: Scale) -> float:
    """Return the root of the mean squared error on a scale from -1 to 1.

    Examples
    --------
    >>> rmse_unit(np.array([1.0, 9.0]), np.array([5.0, 5.0]), scale=(1, 9))
    1.0
    """
    return rmse(y_true, y_pred) * _to_unit(scale)


def mae(y_true: Array, y_pred: Array) -> float:
    """Return the mean absolute error.

    Examples
    --------
    >>> mae(np.array([0.0, 1.0]), np.array([0.0, 0.5]))
    0.25
    """
    return _mean_of_targets(_mae, y_true, y_pred)


def pearson(y_true: Array, y_pred: Array) -> float:
    """Return the correlation; 0 where truth or prediction never varies.

    Examples
    --------
    >>> round(pearson(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])), 6)
    1.0
    """
    return _mean_of_targets(_pearson, y_true, y_pred)


def ccc(y_true: Array, y_pred: Array) -> float:
    """Return the concordance: the correlation, less for another mean or another spread.

    Examples
    --------
    >>> round(ccc(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])), 4)
    0.5714
    """
    return _mean_of_targets(_ccc, y_true, y_pred)


def spread_ratio(y_true: Array, y_pred: Array) -> float:
    """Return the standard deviation of what was predicted over that of what is true.

    Examples
    --------
    >>> spread_ratio(np.array([0.0, 2.0]), np.array([0.5, 1.5]))
    0.5
    """
    return _mean_of_targets(_spread_ratio, y_true, y_pred)


# The moments of a target: rows, sums of truth and prediction, of their squares and product, of the
# absolute error and of its square; truth and prediction less the mean of all that is true.
N, TRUE, FOUND, TRUE2, FOUND2, BOTH, AWAY, AWAY2 = range(8)


def _moments(y_true: Array, y_pred: Array) -> Floats:
    """Return the moments of each row, of shape (n_rows, n_targets, 8)."""
    true, found = _columns(y_true), _columns(y_pred)
    middle = true.mean(axis=0)  # without it, squares of large numbers leave no digits for spreads
    error, true, found = true - found, true - middle, found - middle
    parts = [np.ones_like(true), true, found, true**2, found**2, true * found, np.abs(error)]
    return np.stack([*parts, error**2], axis=-1)


def _r2(m: Floats) -> Floats:
    spread = _spread(m, TRUE, TRUE2)
    return np.where(spread > 0, 1.0 - _ratio(m[..., AWAY2], spread), 0.0)


def _rmse(m: Floats) -> Floats:
    return np.sqrt(_ratio(m[..., AWAY2], m[..., N]))


def _mae(m: Floats) -> Floats:
    return _ratio(m[..., AWAY], m[..., N])


def _pearson(m: Floats) -> Floats:
    return _ratio(_together(m), np.sqrt(_spread(m, TRUE, TRUE2) * _spread(m, FOUND, FOUND2)))


def _ccc(m: Floats) -> Floats:
    apart = _ratio((m[..., TRUE] - m[..., FOUND]) ** 2, m[..., N])
    varies = (_spread(m, TRUE, TRUE2) > 0) & (_spread(m, FOUND, FOUND2) > 0)
    below = _spread(m, TRUE, TRUE2) + _spread(m, FOUND, FOUND2) + apart
    return np.where(varies, _ratio(2 * _together(m), below), 0.0)


def _spread_ratio(m: Floats) -> Floats:
    return np.sqrt(_ratio(_spread(m, FOUND, FOUND2), _spread(m, TRUE, TRUE2)))


def _spread(m: Floats, total: int, squares: int) -> Floats:
    """Return the sum of squared deviations from the mean; 0 for what only rounding spreads."""
    found = m[..., squares] - _ratio(m[..., total] ** 2, m[..., N])
    return np.where(found > NO_SPREAD * m[..., squares], found, 0.0)


def _together(m: Floats) -> Floats:
    """Return the sum of the products of the deviations of truth and prediction."""
    return np.asarray(m[..., BOTH] - _ratio(m[..., TRUE] * m[..., FOUND], m[..., N]))


def _mean_of_targets(formula: Callable[[Floats], Floats], y_true: Array, y_pred: Array) -> float:
    return float(formula(_moments(y_true, y_pred).sum(axis=0)).mean())


def _columns(values: Array) -> Floats:
    """Return numbers as (n_rows, n_targets)."""
    numbers = np.asarray(values, np.float64)
    return numbers.reshape(len(numbers), -1)


def _to_unit(scale: Scale) -> float:
    """Return how many units of the scale from -1 to 1 one unit of a scale is."""
    low, high = scale
    if not low < high:
        msg = f"scale={scale!r} must be the lowest and the highest number, as in (1, 9)."
        raise InputError(msg)
    return 2.0 / (high - low)


# ------------------------------------------------------------------------------------ all of them

Metric: TypeAlias = Callable[[Array, Array], float]
CLASS_METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "accuracy": accuracy,
        "balanced_accuracy": balanced_accuracy,
        "macro_f1": macro_f1,
        "weighted_f1": weighted_f1,
        "macro_precision": macro_precision,
        "weighted_precision": weighted_precision,
        "mcc": mcc,
    }
)
PROBABILITY_METRICS: Mapping[str, Callable[[Array, Array, Array], float]] = MappingProxyType(
    {"log_loss": log_loss, "calibration_error": calibration_error}
)
NUMBER_METRICS: Mapping[str, Metric] = MappingProxyType(  # what can be made better
    {"r2": r2, "rmse": rmse, "mae": mae, "pearson": pearson, "ccc": ccc}
)
LOWER_IS_BETTER = frozenset({"rmse", "rmse_unit", "mae", "log_loss", "calibration_error"})

FORMULAS: Mapping[str, Mapping[str, Callable[[Floats], Floats]]] = MappingProxyType(
    {
        "counts": {
            "accuracy": _accuracy,
            "balanced_accuracy": _balanced_accuracy,
            "macro_f1": _macro_f1,
            "weighted_f1": _weighted_f1,
            "macro_precision": _macro_precision,
            "weighted_precision": _weighted_precision,
            "mcc": _mcc,
        },
        "confidence": {"log_loss": _log_loss, "calibration_error": _calibration_error},
        "moments": {
            "r2": _r2,
            "rmse": _rmse,
            "mae": _mae,
            "pearson": _pearson,
            "ccc": _ccc,
            "spread_ratio": _spread_ratio,
        },
    }
)


def scores(
    task: str,
    y_true: Array,
    y_pred: Array,
    *,
    proba: Array | None = None,
    classes: Array | None = None,
    scale: Scale | None = None,
    weights: Array | None = None,
) -> dict[str, float]:
    """Return all scores of a task, by the name of the metric.

    Parameters
    ----------
    task : {"classification", "regression"}
        Whether y holds labels or numbers.
    y_true, y_pred : array of shape (n_rows,) or (n_rows, n_targets)
        What is true and what was predicted.
    proba : array of shape (n_rows, n_classes), default=None
        Probabilities, where the model gives them.
    classes : array of shape (n_classes,), default=None
        All labels, sorted: the columns of `proba`. None takes those that occur.
    scale : (float, float), default=None
        The ends of the scale of the numbers, for `rmse_unit`.
    weights : array of shape (n_rows,), default=None
        How much each row counts; None is 1.

    Returns
    -------
    dict of str to float
        By the name of the metric.

    Examples
    --------
    >>> found = scores("classification", np.array(["sad", "calm"]), np.array(["sad", "sad"]))
    >>> found["accuracy"], found["balanced_accuracy"], found["mcc"]
    (0.5, 0.5, 0.0)
    """
    sums = add_up(task, y_true, y_pred, proba=proba, classes=classes, weights=weights)
    found = of_sums({kind: values[0] for kind, values in sums.items()}, scale)
    return {name: float(values.mean()) for name, values in found.items()}


def add_up(
    task: str,
    y_true: Array,
    y_pred: Array,
    *,
    groups: npt.NDArray[np.intp] | None = None,
    n_groups: int = 1,
    proba: Array | None = None,
    classes: Array | None = None,
    weights: Array | None = None,
) -> Sums:
    """Return the sums over the rows of each group, which all scores are computed from.

    Parameters
    ----------
    task : {"classification", "regression"}
        Whether y holds labels or numbers.
    y_true, y_pred : array of shape (n_rows,) or (n_rows, n_targets)
        What is true and what was predicted.
    groups : array of int of shape (n_rows,), default=None
        The group of each row, from 0; None is one group.
    n_groups : int, default=1
        Number of groups.
    proba : array of shape (n_rows, n_classes), default=None
        Probabilities.
    classes : array of shape (n_classes,), default=None
        All labels, sorted; None takes those that occur.
    weights : array of shape (n_rows,), default=None
        How much each row counts; None is 1.

    Returns
    -------
    dict of str to ndarray of shape (n_groups, ...)
        "moments" of numbers; "counts" of labels, and "confidence" where there are probabilities.
    """
    validate(y_true, y_pred)
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    of_row = np.zeros(len(y_true), np.intp) if groups is None else groups
    counted = np.ones(len(y_true)) if weights is None else np.asarray(weights, np.float64)
    if task == "regression":
        moments = _moments(y_true, y_pred) * counted[:, None, None]
        return {"moments": _by_group(moments, of_row, n_groups)}
    if classes is None:
        classes = np.unique(np.concatenate([y_true, y_pred]))
    size = len(classes)
    pairs = (of_row * size + _codes(y_true, classes)) * size + _codes(y_pred, classes)
    counts = np.bincount(pairs, counted, minlength=n_groups * size * size).astype(np.float64)
    sums = {"counts": counts.reshape(n_groups, size, size)}
    if proba is not None:
        confidence = _confidence(y_true, proba, classes) * counted[:, None]
        sums["confidence"] = _by_group(confidence, of_row, n_groups)
    return sums


def of_sums(sums: Sums, scale: Scale | None = None) -> dict[str, Floats]:
    """Return all scores of sums over rows, by the name of the metric.

    Parameters
    ----------
    sums : dict of str to ndarray of shape (..., sums)
        As of `add_up`, over whatever axes stand in front.
    scale : (float, float), default=None
        The ends of the scale of the numbers, for `rmse_unit`; of -1 to 1 that is `rmse` itself.

    Returns
    -------
    dict of str to ndarray of shape (...) or (..., n_targets)
        The scores; those of numbers have an axis for the targets.
    """
    found = {
        name: formula(values)
        for kind, values in sums.items()
        for name, formula in FORMULAS[kind].items()
    }
    if scale is not None and tuple(scale) != (-1, 1) and "rmse" in found:
        found["rmse_unit"] = found["rmse"] * _to_unit(scale)
    return found


def _by_group(values: Floats, groups: npt.NDArray[np.intp], n_groups: int) -> Floats:
    """Add up what rows have by their groups."""
    sums = np.zeros((n_groups, *values.shape[1:]))
    np.add.at(sums, groups, values)
    return sums


def _codes(labels: Array, classes: Array) -> npt.NDArray[np.intp]:
    """Return the numbers of labels among the sorted classes."""
    codes = np.searchsorted(classes, labels)
    known = np.asarray(classes)[np.minimum(codes, len(classes) - 1)] == labels
    if not np.all(known):
        label, names = np.asarray(labels)[~known].tolist()[0], np.asarray(classes).tolist()
        msg = f"the label {label!r} is none of the classes {names}. Give all classes that occur."
        raise InputError(msg)
    return np.asarray(codes, np.intp)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide; 0 where there is nothing to divide by."""
    above, below = np.broadcast_arrays(np.asarray(above, np.float64), below)
    return np.divide(above, below, out=np.zeros(above.shape), where=below > 0)


# --------------------------------------------------------------------------------------- scorers


class ProbabilityScorer:
    """A metric of probabilities as scikit-learn's searches call it: the higher the better.

    Parameters
    ----------
    name : str
        One of `PROBABILITY_METRICS`.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """Return minus the metric of the estimator's probabilities for X."""
        return -PROBABILITY_METRICS[self.name](y, estimator.predict_proba(X), estimator.classes_)

    def __repr__(self) -> str:
        return f"ProbabilityScorer({self.name!r})"


def scorer(name: str) -> Callable[[Any, Any, Any], float]:
    """Return a metric as a scorer for scikit-learn: the higher the better.

    Parameters
    ----------
    name : str
        A metric of labels, probabilities or numbers; those that are lower the better get a minus.

    Returns
    -------
    callable
        What ``scoring=`` of `cross_validate` and `GridSearchCV` takes.

    Raises
    ------
    InputError
        If no metric has this name.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X, y = np.arange(4.0).reshape(-1, 1), np.arange(4.0)
    >>> round(scorer("ccc")(LinearRegression().fit(X, y), X, y), 6)
    1.0
    """
    if name in PROBABILITY_METRICS:
        return ProbabilityScorer(name)
    metrics = {**CLASS_METRICS, **NUMBER_METRICS}
    if name not in metrics:
        raise unknown_name("metric", name, [*metrics, *PROBABILITY_METRICS])
    found: Callable[[Any, Any, Any], float] = make_scorer(
        metrics[name], greater_is_better=name not in LOWER_IS_BETTER
    )
    return found
