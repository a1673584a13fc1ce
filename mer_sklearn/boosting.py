"""Boosted trees that take labels as they are, and forgive the rounding of a feature.

The thresholds of xgboost's histograms lie on values of the training rows (left is ``x < t``). A row
that was learned from therefore stands on the edge of every leaf it decided, and the rounding of a
feature, by another machine or in an ONNX file, tips it over. Here each threshold is moved halfway
to the next smaller value, as in scikit-learn's trees. Values that differ by rounding alone, as
those of silence do, count as one: a threshold among them is moved below them all. All other
training rows stay on their side.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import xgboost
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from .errors import InputError, some

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["HalfwayXGBRegressor", "LabelXGBClassifier"]

LabelArray = npt.NDArray[np.generic]
FloatArray = npt.NDArray[np.float64]

ROUNDING = 1e-6  # of a column's mean distance from its median: values nearer than that are equal


class LabelXGBClassifier(xgboost.XGBClassifier):
    """`xgboost.XGBClassifier` for labels of any kind, where xgboost wants 0, 1, 2, ...

    Its thresholds lie halfway between values of the training rows. The parameters are those of
    `xgboost.XGBClassifier`; `fit` leaves them as they are.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; the columns of `predict_proba`.

    Examples
    --------
    >>> X, y = [[0.0], [0.1], [1.0], [1.1]], ["calm", "calm", "happy", "happy"]
    >>> model = LabelXGBClassifier(n_estimators=5, min_child_weight=0).fit(X, y)
    >>> model.predict([[0.0], [1.0]])
    array(['calm', 'happy'], dtype='<U5')
    """

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        sample_weight: npt.ArrayLike | None = None,
        **parameters: Any,
    ) -> Self:
        """Learn the labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        y : array-like of shape (n_samples,)
            Labels of two or more classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row.
        **parameters
            Those of `xgboost.XGBClassifier.fit`; labels in `eval_set` are labels, too.

        Returns
        -------
        LabelXGBClassifier
            The classifier itself.
        """
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        labels, codes = np.unique(y, return_inverse=True)
        if len(labels) < 2:
            raise InputError(f"y holds one class only ({some(labels)}); there is nothing to tell.")
        if sample_weight is not None and not np.asarray(sample_weight).any():
            raise InputError("sample_weight holds only zeros; no row would count.")
        if parameters.get("eval_set") is not None:
            pairs = parameters["eval_set"]
            parameters["eval_set"] = [(rows, _codes(kept, labels)) for rows, kept in pairs]
        objective: object = self.get_params()["objective"]
        self.__dict__.pop("labels_", None)  # while it fits, xgboost compares classes_ to 0, 1, ...
        super().fit(X, codes, sample_weight=sample_weight, **parameters)
        self.objective = objective
        self.labels_ = labels
        _move_thresholds(self, X)
        return self

    def predict(self, X: npt.ArrayLike, **parameters: Any) -> LabelArray:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        **parameters
            Those of `xgboost.XGBClassifier.predict`; ``output_margin=True`` returns margins.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels.
        """
        found = super().predict(X, **parameters)
        return np.asarray(found if parameters.get("output_margin") else self.labels_[found])

    @property
    def classes_(self) -> LabelArray:
        """The labels, sorted."""
        return np.asarray(self.__dict__.get("labels_", super().classes_))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = False
        return tags


class HalfwayXGBRegressor(xgboost.XGBRegressor):
    """`xgboost.XGBRegressor` whose thresholds lie halfway between values of the training rows.

    The parameters are those of `xgboost.XGBRegressor`.

    Examples
    --------
    >>> X, y = [[0.0], [0.1], [1.0], [1.1]], [0.0, 0.0, 1.0, 1.0]
    >>> model = HalfwayXGBRegressor(n_estimators=1, learning_rate=1.0, reg_lambda=0.0).fit(X, y)
    >>> model.predict([[0.5], [0.6]])
    array([0., 1.], dtype=float32)
    """

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, **parameters: Any) -> Self:
        """Learn the numbers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers.
        **parameters
            Those of `xgboost.XGBRegressor.fit`.

        Returns
        -------
        HalfwayXGBRegressor
            The regressor itself.
        """
        super().fit(X, y, **parameters)
        _move_thresholds(self, X)
        return self


def _move_thresholds(model: xgboost.XGBModel, X: npt.ArrayLike) -> None:
    """Move each threshold of a fitted model halfway to the next smaller value of its column.

    Models of other boosters than trees, and rows that are no matrix of numbers, stay as they are.
    """
    booster = model.get_booster()
    document = json.loads(bytes(booster.save_raw("json")))
    gradient = document["learner"]["gradient_booster"]
    if gradient["name"] != "gbtree" or hasattr(X, "tocsr"):
        return
    gaps = [_gaps(column) for column in np.asarray(X, np.float32).T]
    for tree in gradient["model"]["trees"]:
        conditions, features = tree["split_conditions"], tree["split_indices"]
        for node, child in enumerate(tree["left_children"]):
            if child != -1 and not tree["split_type"][node]:
                below, above = gaps[features[node]]
                conditions[node] = _halfway(below, above, conditions[node])
    booster.load_model(bytearray(json.dumps(document).encode()))
    booster.set_param({"nthread": model.n_jobs or 0})  # which a model read from text forgets


def _gaps(column: npt.NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
    """Return the values of a column below and above each gap that is more than rounding.

    The first gap lies below all values.
    """
    ordered = np.sort(column[np.isfinite(column)]).astype(np.float64)
    if not len(ordered):
        return ordered, ordered
    spread = np.abs(ordered - np.median(ordered)).mean()
    ordered = np.concatenate([ordered[:1] - spread, ordered])
    wide = np.diff(ordered) > ROUNDING * spread
    return ordered[:-1][wide], ordered[1:][wide]


def _halfway(below: FloatArray, above: FloatArray, threshold: float) -> float:
    """Return the middle of the gap under a threshold, of what of the gap is under it."""
    threshold = float(np.float32(threshold))  # which its digits in JSON only come near
    gap = int(np.searchsorted(below, threshold)) - 1
    if gap < 0:
        return threshold
    low, high = float(below[gap]), min(float(above[gap]), threshold)
    between = float(np.float32((low + high) / 2))
    return between if low < between <= high else threshold


def _codes(y: npt.ArrayLike, labels: LabelArray) -> npt.NDArray[np.intp]:
    kept = np.asarray(y)
    strangers = np.setdiff1d(kept, labels)
    if len(strangers):
        raise InputError(f"eval_set holds labels that y does not: {some(strangers)}.")
    return np.searchsorted(labels, kept)
