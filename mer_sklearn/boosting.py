"""Boosted trees that take labels as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import xgboost
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from .errors import InputError, some

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["LabelXGBClassifier"]

LabelArray = npt.NDArray[np.generic]


class LabelXGBClassifier(xgboost.XGBClassifier):
    """`xgboost.XGBClassifier` for labels of any kind, where xgboost wants 0, 1, 2, ...

    The parameters are those of `xgboost.XGBClassifier`; `fit` leaves them as they are.

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


def _codes(y: npt.ArrayLike, labels: LabelArray) -> npt.NDArray[np.intp]:
    kept = np.asarray(y)
    strangers = np.setdiff1d(kept, labels)
    if len(strangers):
        raise InputError(f"eval_set holds labels that y does not: {some(strangers)}.")
    return np.searchsorted(labels, kept)
