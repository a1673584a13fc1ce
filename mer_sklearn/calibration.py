"""Probabilities for classifiers that only give scores.

A probability is only honest when it is learned from scores of rows that the classifier has not
seen, nor any row of their group. `ScoreClassifier` therefore does not split anything: whoever knows
the groups computes the scores and hands them to `calibrate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import expit, logsumexp, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from .errors import InputError, some, unknown_name

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["ScoreClassifier"]

FloatArray = npt.NDArray[np.float64]
LabelArray = npt.NDArray[np.generic]

METHODS = ("sigmoid", "temperature")
LOG_TEMPERATURE_RANGE = (-7.0, 7.0)  # from all classes alike to the highest score alone
NO_PENALTY = 1e6  # C of LogisticRegression


class ScoreClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Give probabilities to a classifier that has a `decision_function`.

    With scores s_c of the classes and what `calibrate` learned::

        "sigmoid"       p_c proportional to 1 / (1 + exp(-(slope_c s_c + offset_c)))      [1]_
        "temperature"   p_c proportional to exp(slope s_c)                                [2]_

    Before `calibrate` the probabilities are the softmax of the scores. `predict` is the class of
    the highest score: labels never depend on the calibration. The most probable class of "sigmoid"
    may be another one, above all where the classifier learned from balanced classes and `calibrate`
    from rare and frequent ones.

    Parameters
    ----------
    estimator : classifier
        Has `decision_function`; of shape (n_samples, n_classes) for more than two classes.
    method : {"sigmoid", "temperature"}, default="sigmoid"
        One sigmoid per class, or one temperature for all.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    link_ : {"softmax", "sigmoid"}
        How scores become probabilities; "softmax" until a sigmoid is learned.
    slope_, offset_ : ndarray of shape (n_classes,)
        What `link_` is applied to is ``slope_ * scores + offset_``.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines and comparisons to
           regularized likelihood methods", Advances in Large Margin Classifiers, 1999.
    .. [2] C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks",
           ICML 2017.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> X, y = [[0.0], [0.4], [0.6], [1.0]], ["calm", "calm", "happy", "happy"]
    >>> model = ScoreClassifier(SVC()).fit(X, y)
    >>> unseen = [-1.0, 0.2, -0.1, 1.1]  # in practice: scores from folds that keep groups apart
    >>> model.calibrate(unseen, y).predict_proba([[0.0], [1.0]]).round(2)
    array([[0.71, 0.29],
           [0.31, 0.69]])
    """

    classes_: LabelArray
    slope_: FloatArray
    offset_: FloatArray

    def __init__(
        self, estimator: BaseEstimator, *, method: Literal["sigmoid", "temperature"] = "sigmoid"
    ) -> None:
        self.estimator = estimator
        self.method = method

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Fit the classifier, and forget what was calibrated.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.

        Returns
        -------
        ScoreClassifier
            The classifier itself.
        """
        if self.method not in METHODS:
            raise unknown_name("method of calibration", self.method, METHODS)
        if not hasattr(self.estimator, "decision_function"):
            raise InputError(f"estimator={self.estimator!r} has no decision_function to calibrate.")
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator_ = clone(self.estimator).fit(X, y, **weights)
        self.classes_ = self.estimator_.classes_
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        self.link_ = "softmax"
        self.slope_ = np.ones(len(self.classes_))
        self.offset_ = np.zeros(len(self.classes_))
        return self

    def calibrate(self, scores: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn how scores become probabilities.

        Parameters
        ----------
        scores : array-like of shape (n_rows, n_classes), or (n_rows,) for two classes
            `scores` or `decision_function` of rows that the classifier did not see in its fit, nor
            others of their groups; columns as `classes_`.
        y : array-like of shape (n_rows,)
            The true labels of these rows.

        Returns
        -------
        ScoreClassifier
            The classifier itself.

        Raises
        ------
        InputError
            If scores and labels do not fit each other or the classes.
        """
        check_is_fitted(self)
        known = self._known_scores(scores)
        truth = self._truth(y, len(known))
        if self.method == "temperature":
            self.link_ = "softmax"
            self.slope_ = np.full(len(self.classes_), _temperature(known, truth))
            self.offset_ = np.zeros(len(self.classes_))
        else:
            lines = [_platt(*column) for column in zip(known.T, truth.T, strict=True)]
            self.link_ = "sigmoid"
            self.slope_, self.offset_ = np.array(lines).T
        return self

    def scores(self, X: npt.ArrayLike) -> FloatArray:
        """Return the score of every class, also where there are two.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            `decision_function`; for two classes its negative beside it.
        """
        return _columns(self.decision_function(X))

    def decision_function(self, X: npt.ArrayLike) -> FloatArray:
        """Return the scores of the classifier, in the shape that scikit-learn expects.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            Scores, higher for likelier.
        """
        check_is_fitted(self)
        decision: FloatArray = self.estimator_.decision_function(X)
        return decision

    def predict(self, X: npt.ArrayLike) -> LabelArray:
        """Return the class of the highest score for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels.
        """
        best = self.scores(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: npt.ArrayLike) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1; columns as `classes_`.
        """
        return self.probabilities(self.scores(X))

    def probabilities(self, scores: npt.ArrayLike) -> FloatArray:
        """Return the probability of each class by scores.

        Parameters
        ----------
        scores : array-like of shape (n_rows, n_classes), or (n_rows,) for two classes
            `scores` or `decision_function` of rows, or means over rows that belong together.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            Rows sum to 1; columns as `classes_`.
        """
        check_is_fitted(self)
        linked = self.slope_ * self._known_scores(scores) + self.offset_
        if self.link_ == "softmax":
            return np.asarray(softmax(linked, axis=1))
        # Rows that no class claims would be 0 / 0 without a floor.
        each = np.maximum(expit(linked), np.finfo(np.float64).tiny)
        return np.asarray(each / each.sum(axis=1, keepdims=True))

    def _known_scores(self, scores: npt.ArrayLike) -> FloatArray:
        known = _columns(np.asarray(scores, dtype=np.float64))
        if known.ndim != 2 or known.shape[1] != len(self.classes_):
            raise InputError(
                f"scores must have one column for each of the {len(self.classes_)} classes, "
                f"but their shape is {np.shape(scores)}."
            )
        if not np.isfinite(known).all():
            raise InputError("scores must be finite; leave out rows that no fold scored.")
        return known

    def _truth(self, y: npt.ArrayLike, n_rows: int) -> npt.NDArray[np.bool_]:
        """Return of which class each row is, shape (n_rows, n_classes)."""
        labels = np.asarray(y)
        if labels.shape != (n_rows,) or not n_rows:
            raise InputError(
                f"scores holds {n_rows} rows, but the shape of y is {labels.shape}; "
                "calibrate needs one label for each of one or more rows."
            )
        truth: npt.NDArray[np.bool_] = labels[:, None] == self.classes_
        strangers = labels[~truth.any(axis=1)]
        if len(strangers):
            raise InputError(
                f"y holds labels that the classifier never saw: {some(np.unique(strangers))}."
            )
        return truth

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def _columns(scores: FloatArray) -> FloatArray:
    return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores


def _temperature(scores: FloatArray, truth: npt.NDArray[np.bool_]) -> float:
    """Return the factor of the scores that gives the least log-loss, which is convex in it."""

    def log_loss(log_factor: float) -> float:
        scaled = np.exp(log_factor) * scores
        return float(np.mean(logsumexp(scaled, axis=1) - scaled[truth]))

    found = minimize_scalar(log_loss, bounds=LOG_TEMPERATURE_RANGE, method="bounded")
    return float(np.exp(found.x))


def _platt(scores: FloatArray, of_class: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset of one class against the rest.

    Platt's softened targets keep separable scores from an infinite slope; a soft target is the same
    row twice, as either class, with weights that sum to 1.
    """
    n_positive, n_negative = of_class.sum(), (~of_class).sum()
    target = np.where(of_class, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    fit = LogisticRegression(C=NO_PENALTY).fit(
        np.tile(scores, 2)[:, None],
        np.repeat([True, False], len(scores)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])
