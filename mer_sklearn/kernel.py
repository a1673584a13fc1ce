"""Kernel ridge that sets its own width: for wide tables of a few hundred rows.

With d(x, z) the Euclidean distance and m2 the mean of its square over all pairs of training rows::

    "rbf"   k(x, z) = exp(-gamma d^2 / m2)        (classes, speech)
    "exp"   k(x, z) = exp(-gamma d / sqrt(m2))    (shares, valence and arousal, music)

so that one `gamma` fits every number of columns. Targets are centred and the coefficients c solve
(K + alpha I) c = y: no search, no iterations, and one matrix product to predict.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt
import scipy.linalg
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .errors import InputError, unknown_name

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["KernelClassifier", "KernelRegressor"]

FloatArray = npt.NDArray[np.float64]

KINDS = ("rbf", "exp")
ROUNDING = 1e-13  # of a squared distance, relative to the squared norm of the rows


class _KernelRidge(BaseEstimator):
    """What classifier and regressor share: the kernel, and one linear system."""

    kind: str
    gamma: float
    alpha: float
    X_fit_: FloatArray
    dual_coef_: FloatArray
    intercept_: FloatArray
    gamma_: float

    def _solve(self, rows: FloatArray, targets: FloatArray, sample_weight: object) -> None:
        """Learn targets of shape (n_samples,) or (n_samples, n_outputs).

        Rows are weighted by their square roots on both sides of the system, so that a row of
        weight 2 counts as the same row twice.
        """
        weight = _weights(sample_weight, len(rows))
        self.X_fit_ = rows
        self.gamma_ = self.gamma / _spread(rows, weight, self.kind)
        self.intercept_ = np.average(targets, axis=0, weights=weight)
        root = np.sqrt(weight)
        system = self._kernel(rows)
        system *= root[:, None]
        system *= root
        system[np.diag_indices_from(system)] += self.alpha
        right = (root * (targets - self.intercept_).T).T
        solution = scipy.linalg.solve(system, right, assume_a="pos", overwrite_a=True)
        self.dual_coef_ = (root * solution.T).T

    def _decide(self, X: npt.ArrayLike) -> FloatArray:
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        values: FloatArray = self._kernel(rows) @ self.dual_coef_ + self.intercept_
        return values

    def _kernel(self, rows: FloatArray) -> FloatArray:
        """Return the kernel of rows and training rows; works in place, as it may be large."""
        kernel: FloatArray = euclidean_distances(rows, self.X_fit_, squared=True)
        if self.kind == "exp":
            # The root would make much of what rounding leaves of the distance of equal rows.
            kernel[kernel < ROUNDING * np.square(self.X_fit_).sum(axis=1).max()] = 0
            np.sqrt(kernel, out=kernel)
        kernel *= -self.gamma_
        return np.exp(kernel, out=kernel)

    def _check_parameters(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of kernel", self.kind, KINDS)
        for name in ("gamma", "alpha"):
            value = getattr(self, name)
            if not (isinstance(value, Real) and float(value) > 0):
                raise InputError(f"{name}={value!r} must be a positive number.")


class KernelClassifier(ClassifierMixin, _KernelRidge):
    """Classify by kernel ridge regression on one column of zeros and ones per class.

    Parameters
    ----------
    kind : {"rbf", "exp"}, default="rbf"
        The kernel: see the head of this module.
    gamma : float > 0, default=0.5
        Sharpness of the kernel, in units of the mean (squared) distance of the training rows.
    alpha : float > 0, default=0.1
        Penalty on the coefficients.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    X_fit_ : ndarray of shape (n_train, n_features)
        The training rows.
    dual_coef_ : ndarray of shape (n_train, n_classes)
        What the kernel is multiplied by.
    intercept_ : ndarray of shape (n_classes,)
        Share of each class in the training rows.
    gamma_ : float
        What the (squared) distance is multiplied by.
    n_features_in_ : int
        Number of columns seen in `fit`.

    Examples
    --------
    >>> X, y = [[0.0], [0.2], [1.0], [1.2]], ["calm", "calm", "happy", "happy"]
    >>> KernelClassifier().fit(X, y).predict([[0.1], [1.1]])
    array(['calm', 'happy'], dtype='<U5')
    """

    classes_: npt.NDArray[np.generic]

    def __init__(
        self,
        *,
        kind: Literal["rbf", "exp"] = "rbf",
        gamma: float = 0.5,
        alpha: float = 0.1,
    ) -> None:
        self.kind = kind
        self.gamma = gamma
        self.alpha = alpha

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features, scaled so that distances mean something.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, 0 or more; None weighs all by 1.

        Returns
        -------
        KernelClassifier
            The classifier itself.
        """
        self._check_parameters()
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        one_hot = (labels[:, None] == self.classes_).astype(np.float64)
        self._solve(rows, one_hot, sample_weight)
        return self

    def decision_function(self, X: npt.ArrayLike) -> FloatArray:
        """Return the score of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes
            Scores around 0 to 1 in the order of `classes_`; for two classes the score of the
            second minus that of the first.
        """
        scores = self._decide(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.generic]:
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
        best = self._decide(X).argmax(axis=1)
        return np.asarray(self.classes_[best])


class KernelRegressor(RegressorMixin, _KernelRidge):
    """Predict numbers by kernel ridge regression, one or several at a time.

    Parameters
    ----------
    kind : {"rbf", "exp"}, default="exp"
        The kernel: see the head of this module.
    gamma : float > 0, default=1.0
        Sharpness of the kernel, in units of the mean (squared) distance of the training rows.
    alpha : float > 0, default=0.01
        Penalty on the coefficients.

    Attributes
    ----------
    X_fit_ : ndarray of shape (n_train, n_features)
        The training rows.
    dual_coef_ : ndarray of shape (n_train,) or (n_train, n_outputs)
        What the kernel is multiplied by.
    intercept_ : float or ndarray of shape (n_outputs,)
        Mean of the targets.
    gamma_ : float
        What the (squared) distance is multiplied by.
    n_features_in_ : int
        Number of columns seen in `fit`.

    Examples
    --------
    >>> model = KernelRegressor().fit([[0.0], [1.0], [2.0]], [-0.5, 0.0, 0.5])
    >>> model.predict([[1.5], [2.0]]).round(1)
    array([0.2, 0.5])
    """

    def __init__(
        self,
        *,
        kind: Literal["rbf", "exp"] = "exp",
        gamma: float = 1.0,
        alpha: float = 0.01,
    ) -> None:
        self.kind = kind
        self.gamma = gamma
        self.alpha = alpha

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn the numbers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features, scaled so that distances mean something.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, 0 or more; None weighs all by 1.

        Returns
        -------
        KernelRegressor
            The regressor itself.
        """
        self._check_parameters()
        rows, targets = validate_data(
            self, X, y, dtype=np.float64, multi_output=True, y_numeric=True
        )
        self._solve(rows, targets.astype(np.float64), sample_weight)
        return self

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return the numbers for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            As many dimensions as `y` had in `fit`.
        """
        return self._decide(X)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _spread(rows: FloatArray, weight: FloatArray, kind: str) -> float:
    """Return the mean squared distance of all pairs of rows, or its root for "exp".

    It is twice the mean squared distance to the mean row: no pair is visited.
    """
    centred = rows - np.average(rows, axis=0, weights=weight)
    squares = np.einsum("ij,ij->i", centred, centred)
    spread = 2.0 * float(np.average(squares, weights=weight))
    if spread == 0:  # all rows are alike, and so are all distances
        return 1.0
    return spread if kind == "rbf" else float(np.sqrt(spread))


def _weights(sample_weight: object, n_samples: int) -> FloatArray:
    if sample_weight is None:
        return np.ones(n_samples)
    weight: FloatArray = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape != (n_samples,):
        raise InputError(
            f"sample_weight must hold one weight for each of the {n_samples} rows, "
            f"but its shape is {weight.shape}."
        )
    if weight.min() < 0 or not weight.any():
        raise InputError("sample_weight must hold weights of 0 or more, and not only zeros.")
    return weight
