"""Kernel ridge over families of features: for wide tables of a few hundred to some thousand rows.

Columns become z-scores, clipped at 4, and d_f(x, z) is the Euclidean distance of two rows in the
columns of family f, in units of its root mean square over all pairs of training rows. The kernel
takes the mean over the families::

    "exp"   k(x, z) = exp(-gamma mean_f d_f(x, z))        (shares, valence and arousal, music)
    "rbf"   k(x, z) = exp(-gamma mean_f d_f(x, z)^2)      (classes, speech)

so that a family of three columns has as much say as one of three hundred, and one `gamma` fits any
number of both. Targets are centred and the coefficients c solve (K + alpha I) c = y: no search, no
iterations, and a matrix product a family to predict.

Beyond `max_rows` rows the kernel is that of Nystroem [1]_: coefficients stand at a drawn subset of
the rows, and all rows decide them.

.. [1] C. Williams, M. Seeger, "Using the Nystroem method to speed up kernel machines", NIPS 2000.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import numpy.typing as npt
import scipy.linalg
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .errors import InputError, unknown_name
from .scaling import BlockScaler, row_weights

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["FamilyKernelClassifier", "FamilyKernelRidge"]

FloatArray = npt.NDArray[np.float64]
RandomState = int | np.random.RandomState | None

KINDS = ("rbf", "exp")
ROUNDING = 1e-13  # of a squared distance, relative to the squared norm of the rows
BLOCK = 1024  # rows whose distances are computed at a time
JITTER = 1e-8  # on the diagonal of the kernel of landmarks, which is 1: equal rows make it singular


class _FamilyKernel(BaseEstimator):
    """What classifier and regressor share: the kernel, and one linear system."""

    kind: str
    gamma: float
    alpha: float
    blocks: Sequence[int] | None
    max_rows: int
    random_state: RandomState
    scaler_: BlockScaler
    unit_: FloatArray
    families_: list[npt.NDArray[np.intp]]
    X_fit_: FloatArray
    dual_coef_: FloatArray
    intercept_: FloatArray

    def _learn(self, X: npt.ArrayLike, targets: FloatArray, sample_weight: object) -> None:
        """Learn targets of shape (n_samples,) or (n_samples, n_outputs)."""
        weight = row_weights(sample_weight, len(targets))
        self.scaler_ = BlockScaler(blocks=self.blocks, norm="row").fit(X, sample_weight=weight)
        z = self.scaler_.transform(X)
        # A row of weight 0 is no row.
        z, targets, weight = (values[weight > 0] for values in (z, targets, weight))
        spread = _spread_of_columns(z, weight)
        blocks = [np.flatnonzero(self.scaler_.block_ == b) for b in np.unique(self.scaler_.block_)]
        self.families_ = [columns for columns in blocks if spread[columns].any()]
        self.unit_ = np.zeros(len(spread))
        for columns in self.families_:
            self.unit_[columns] = 1 / np.sqrt(spread[columns].sum())
        rows = z * self.unit_
        self.intercept_ = np.average(targets, axis=0, weights=weight)
        solve = self._solve if len(rows) <= self.max_rows else self._solve_at_landmarks
        solve(rows, targets - self.intercept_, weight)

    def _solve(self, rows: FloatArray, targets: FloatArray, weight: FloatArray) -> None:
        """Solve the system of all rows.

        Rows are weighted by their square roots on both sides of the system, so that a row of
        weight 2 counts as the same row twice.
        """
        self.X_fit_ = rows
        root = np.sqrt(weight)
        system = self._kernel(rows)
        system *= root[:, None]
        system *= root
        system[np.diag_indices_from(system)] += self.alpha
        right = (root * targets.T).T
        solution = scipy.linalg.solve(system, right, assume_a="pos", overwrite_a=True)
        self.dual_coef_ = (root * solution.T).T

    def _solve_at_landmarks(
        self, rows: FloatArray, targets: FloatArray, weight: FloatArray
    ) -> None:
        """Solve the system of the coefficients at drawn rows, which all rows decide.

        With L the root of the landmarks' kernel, rows become features phi = L^-1 k, and ridge
        regression on these is what is left. The kernel of all rows is never held at once.
        """
        drawn = check_random_state(self.random_state).permutation(len(rows))[: self.max_rows]
        self.X_fit_ = rows[np.sort(drawn)]
        kernel = self._kernel(self.X_fit_)
        kernel[np.diag_indices_from(kernel)] += JITTER
        root = scipy.linalg.cholesky(kernel, lower=True, overwrite_a=True)
        system = self.alpha * np.eye(len(root))
        right = np.zeros((len(root), *targets.shape[1:]))
        for some, of_some in self._kernel_in_blocks(rows):
            phi = scipy.linalg.solve_triangular(root, of_some.T, lower=True)
            system += (phi * weight[some]) @ phi.T
            right += (phi * weight[some]) @ targets[some]
        solution = scipy.linalg.solve(system, right, assume_a="pos", overwrite_a=True)
        self.dual_coef_ = scipy.linalg.solve_triangular(root, solution, lower=True, trans="T")

    def _decide(self, X: npt.ArrayLike) -> FloatArray:
        check_is_fitted(self)
        validate_data(self, X, reset=False)
        rows = self.scaler_.transform(X) * self.unit_
        values = np.empty((len(rows), *self.dual_coef_.shape[1:]))
        for some, kernel in self._kernel_in_blocks(rows):
            values[some] = kernel @ self.dual_coef_
        return values + self.intercept_

    def _kernel(self, rows: FloatArray) -> FloatArray:
        """Return the kernel of rows and training rows."""
        return np.concatenate([kernel for _, kernel in self._kernel_in_blocks(rows)])

    def _kernel_in_blocks(self, rows: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        """Yield the kernel of some rows and the training rows, with the places of these rows.

        The families' distances are added one after the other: only one is held at a time.
        """
        centres = [self.X_fit_[:, columns] for columns in self.families_]
        share = -self.gamma / max(1, len(self.families_))
        for start in range(0, len(rows), BLOCK):
            some = slice(start, start + BLOCK)
            total = np.zeros((len(rows[some]), len(self.X_fit_)))
            for columns, of_family in zip(self.families_, centres, strict=True):
                total += self._distances(rows[some][:, columns], of_family)
            total *= share
            yield some, np.exp(total, out=total)

    def _distances(self, rows: FloatArray, centres: FloatArray) -> FloatArray:
        """Return the distances of rows and centres in one family, squared for "rbf"."""
        distances: FloatArray = euclidean_distances(rows, centres, squared=True)
        if self.kind == "exp":
            # The root would make much of what rounding leaves of the distance of equal rows.
            distances[distances < ROUNDING * np.square(centres).sum(axis=1).max()] = 0
            np.sqrt(distances, out=distances)
        return distances

    def _check_parameters(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("kind of kernel", self.kind, KINDS)
        for name in ("gamma", "alpha"):
            value = getattr(self, name)
            is_number = isinstance(value, Real) and not isinstance(value, bool)
            if not (is_number and 0 < value < np.inf):
                raise InputError(f"{name}={value!r} must be a positive number.")
        if not isinstance(self.max_rows, Integral) or self.max_rows < 1:
            raise InputError(f"max_rows={self.max_rows!r} must be a whole number of rows from 1.")


class FamilyKernelClassifier(ClassifierMixin, _FamilyKernel):
    """Classify by kernel ridge over families, on one column of zeros and ones per class.

    Rows come unscaled: z-scores are part of the kernel.

    Parameters
    ----------
    kind : {"rbf", "exp"}, default="rbf"
        The kernel: see the head of this module.
    gamma : float > 0, default=0.5
        Sharpness of the kernel: distances are in units of the training rows' own.
    alpha : float > 0, default=0.1
        Penalty on the coefficients.
    blocks : sequence of int > 0, default=None
        The sizes of the families, in the order of the columns. None takes the families from the
        names of the columns of a DataFrame (``family__series__statistic``); without names all
        columns are one family. See `BlockScaler`.
    max_rows : int >= 1, default=5000
        Of more rows, so many are drawn to carry the coefficients: time and memory grow with the
        square of this number, and linearly with the rows.
    random_state : int, RandomState instance or None, default=None
        Seed of this drawing.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    scaler_ : BlockScaler
        Makes z-scores of the columns.
    unit_ : ndarray of shape (n_features,)
        What these are multiplied by, so that the distances in each family have the mean square 1; 0
        for columns that say nothing.
    families_ : list of ndarray
        The columns of each family that is not constant in the training rows.
    X_fit_ : ndarray of shape (n_kept, n_features)
        The training rows that carry coefficients, scaled.
    dual_coef_ : ndarray of shape (n_kept, n_classes)
        What the kernel is multiplied by.
    intercept_ : ndarray of shape (n_classes,)
        Share of each class in the training rows.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names that are all strings.

    Examples
    --------
    >>> X, y = [[0.0], [0.2], [1.0], [1.2]], ["calm", "calm", "happy", "happy"]
    >>> FamilyKernelClassifier().fit(X, y).predict([[0.1], [1.1]])
    array(['calm', 'happy'], dtype='<U5')
    """

    classes_: npt.NDArray[np.generic]

    def __init__(
        self,
        *,
        kind: Literal["rbf", "exp"] = "rbf",
        gamma: float = 0.5,
        alpha: float = 0.1,
        blocks: Sequence[int] | None = None,
        max_rows: int = 5000,
        random_state: RandomState = None,
    ) -> None:
        self.kind = kind
        self.gamma = gamma
        self.alpha = alpha
        self.blocks = blocks
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, 0 or more; None weighs all by 1.

        Returns
        -------
        FamilyKernelClassifier
            The classifier itself.
        """
        self._check_parameters()
        _, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        one_hot = (labels[:, None] == self.classes_).astype(np.float64)
        self._learn(X, one_hot, sample_weight)
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


class FamilyKernelRidge(RegressorMixin, _FamilyKernel):
    """Predict numbers by kernel ridge regression over families, one or several at a time.

    Rows come unscaled: z-scores are part of the kernel.

    Parameters
    ----------
    kind : {"rbf", "exp"}, default="exp"
        The kernel: see the head of this module.
    gamma : float > 0, default=1.0
        Sharpness of the kernel: distances are in units of the training rows' own.
    alpha : float > 0, default=0.01
        Penalty on the coefficients.
    blocks : sequence of int > 0, default=None
        The sizes of the families, in the order of the columns. None takes the families from the
        names of the columns of a DataFrame (``family__series__statistic``); without names all
        columns are one family. See `BlockScaler`.
    max_rows : int >= 1, default=5000
        Of more rows, so many are drawn to carry the coefficients: time and memory grow with the
        square of this number, and linearly with the rows.
    random_state : int, RandomState instance or None, default=None
        Seed of this drawing.

    Attributes
    ----------
    scaler_ : BlockScaler
        Makes z-scores of the columns.
    unit_ : ndarray of shape (n_features,)
        What these are multiplied by, so that the distances in each family have the mean square 1; 0
        for columns that say nothing.
    families_ : list of ndarray
        The columns of each family that is not constant in the training rows.
    X_fit_ : ndarray of shape (n_kept, n_features)
        The training rows that carry coefficients, scaled.
    dual_coef_ : ndarray of shape (n_kept,) or (n_kept, n_outputs)
        What the kernel is multiplied by.
    intercept_ : float or ndarray of shape (n_outputs,)
        Mean of the targets.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names that are all strings.

    Examples
    --------
    Two families, the first of one column:

    >>> X = [[0.0, 2.0, 7.0], [1.0, 1.0, 5.0], [2.0, 3.0, 9.0]]
    >>> model = FamilyKernelRidge(blocks=[1, 2]).fit(X, [-0.5, 0.1, 0.5])
    >>> model.predict(X[1:]).round(1)
    array([0.1, 0.5])
    """

    def __init__(
        self,
        *,
        kind: Literal["rbf", "exp"] = "exp",
        gamma: float = 1.0,
        alpha: float = 0.01,
        blocks: Sequence[int] | None = None,
        max_rows: int = 5000,
        random_state: RandomState = None,
    ) -> None:
        self.kind = kind
        self.gamma = gamma
        self.alpha = alpha
        self.blocks = blocks
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> Self:
        """Learn the numbers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, 0 or more; None weighs all by 1.

        Returns
        -------
        FamilyKernelRidge
            The regressor itself.
        """
        self._check_parameters()
        _, targets = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self._learn(X, targets.astype(np.float64), sample_weight)
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


def _spread_of_columns(rows: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the mean squared difference of all pairs of rows, in each column.

    It is twice the mean squared difference to the mean row: no pair is visited.
    """
    off = rows - np.average(rows, axis=0, weights=weight)
    return 2.0 * np.average(np.square(off, out=off), axis=0, weights=weight)
