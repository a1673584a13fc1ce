"""Scaling that gives every family of features the same say.

A family of three columns stands beside one of three hundred. After a plain z-score the large family
owns every distance and every penalty; `BlockScaler` divides each family by the square root of its
size, so that families, not columns, weigh the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .errors import InputError, unknown_name

__all__ = ["BlockScaler", "row_weights"]

FloatArray = npt.NDArray[np.float64]

FAMILY_SEPARATOR = "__"  # columns are named family__series__statistic
NORMS = ("auto", "row", "column")


class BlockScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Scale each column to a clipped z-score, and give each block of columns equal weight.

    With mean m and standard deviation s of the training rows, column j of block f becomes::

        clip((x - m_j) / s_j, -clip, +clip) * w_f        w_f = 1 / sqrt(p_f * n_blocks)

    where p_f is the number of columns of the block. A column that is constant in the training rows
    says nothing and stays 0 for all rows, whatever they hold.

    Parameters
    ----------
    clip : float > 0 or None, default=4.0
        Largest magnitude of a z-score, in standard deviations; None does not clip.
    blocks : sequence of int > 0, default=None
        Sizes of consecutive blocks of columns; they sum to the number of columns. None takes the
        blocks from the names of the columns of a DataFrame: what stands before the first ``"__"``
        names the block, wherever its columns stand, and names without ``"__"`` are one block
        together. Without names there is one block.
    norm : {"auto", "row", "column"}, default="auto"
        "auto": what the model of an `EmotionPipeline` assumes; elsewhere "row". "row": the squared
        norm of a row averages 1 (less what is clipped or constant), as kernels
        and penalties like it. "column": the same times sqrt(n_features), so that the variance of a
        column averages 1, as neural networks like it.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        Mean of each column.
    scale_ : ndarray of shape (n_features,)
        Standard deviation of each column; 1 for a constant column.
    weight_ : ndarray of shape (n_features,)
        What the clipped z-score is multiplied by; 0 for a constant column.
    block_ : ndarray of shape (n_features,)
        The number of the block of each column.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names that are all strings.

    Examples
    --------
    >>> X = [[0.0, 1.0, 5.0], [2.0, 3.0, 5.0]]
    >>> BlockScaler(blocks=[2, 1]).fit_transform(X)
    array([[-0.5, -0.5,  0. ],
           [ 0.5,  0.5,  0. ]])
    """

    mean_: FloatArray
    scale_: FloatArray
    weight_: FloatArray
    block_: npt.NDArray[np.intp]
    n_features_in_: int

    def __init__(
        self,
        *,
        clip: float | None = 4.0,
        blocks: Sequence[int] | None = None,
        norm: Literal["auto", "row", "column"] = "auto",
    ) -> None:
        self.clip = clip
        self.blocks = blocks
        self.norm = norm

    def fit(
        self,
        X: npt.ArrayLike,
        y: object = None,  # noqa: ARG002
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn mean, spread and weight of each column.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers. The columns of a DataFrame name the blocks where `blocks` is None.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, 0 or more; None weighs all by 1.

        Returns
        -------
        BlockScaler
            The scaler itself.

        Raises
        ------
        InputError
            If a parameter or a weight makes no sense, or `blocks` does not fit the columns.
        """
        self._check_parameters()
        rows: FloatArray = validate_data(self, X, dtype=np.float64)
        weight = row_weights(sample_weight, len(rows))
        rows, weight = rows[weight > 0], weight[weight > 0]
        self.mean_ = np.average(rows, axis=0, weights=weight)
        spread = np.sqrt(np.average(np.square(rows - self.mean_), axis=0, weights=weight))
        constant = spread <= _rounding(rows)
        self.block_ = self._block_of_each_column()
        self.scale_ = np.where(constant, 1.0, spread)
        self.weight_ = np.where(constant, 0.0, self._block_weights())
        return self

    def transform(self, X: npt.ArrayLike) -> FloatArray:
        """Return the scaled rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            float64, without unit.
        """
        check_is_fitted(self)
        rows: FloatArray = validate_data(self, X, dtype=np.float64, reset=False)
        z = (rows - self.mean_) / self.scale_
        if self.clip is not None:
            np.clip(z, -self.clip, self.clip, out=z)
        z *= self.weight_
        return z

    def _check_parameters(self) -> None:
        if self.norm not in NORMS:
            raise unknown_name("norm", self.norm, NORMS)
        if self.clip is not None and not (isinstance(self.clip, Real) and self.clip > 0):
            raise InputError(
                f"clip={self.clip!r} must be a positive number of standard deviations, "
                "or None for no limit."
            )

    def _block_weights(self) -> FloatArray:
        sizes = np.bincount(self.block_)
        weight = 1.0 / np.sqrt(sizes[self.block_] * len(sizes))
        return weight * np.sqrt(self.n_features_in_) if self.norm == "column" else weight

    def _block_of_each_column(self) -> npt.NDArray[np.intp]:
        """Return the number of the block of each column."""
        if self.blocks is not None:
            self._check_blocks(self.blocks)
            return np.repeat(np.arange(len(self.blocks)), self.blocks)
        names = getattr(self, "feature_names_in_", [""] * self.n_features_in_)
        families = [_family(name) for name in names]
        return np.unique(families, return_inverse=True)[1]

    def _check_blocks(self, blocks: Sequence[int]) -> None:
        whole = np.iterable(blocks) and all(isinstance(size, Integral) for size in blocks)
        if not (whole and min(blocks, default=0) >= 1):
            raise InputError(
                f"blocks={blocks!r} must be the sizes of the blocks: whole numbers from 1."
            )
        if sum(blocks) != self.n_features_in_:
            raise InputError(
                f"blocks sums to {sum(blocks)} columns, but X has {self.n_features_in_}; "
                "give the size of every block of columns, in their order."
            )


def row_weights(sample_weight: object, n_samples: int) -> FloatArray:
    """Return the weight of each row, checked.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
        Weights of 0 or more; None weighs all by 1.
    n_samples : int
        How many rows there are.

    Returns
    -------
    ndarray of shape (n_samples,)
        Weights, not all 0.

    Raises
    ------
    InputError
        If there are more or fewer weights than rows, or they make no sense.

    Examples
    --------
    >>> row_weights(None, 3)
    array([1., 1., 1.])
    """
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


def _family(name: str) -> str:
    return name.split(FAMILY_SEPARATOR, 1)[0] if FAMILY_SEPARATOR in name else ""


def _rounding(rows: FloatArray) -> FloatArray:
    """Return the spread that rounding alone may give a column: features come in float32."""
    largest: FloatArray = np.abs(rows).max(axis=0)
    return largest * float(np.finfo(np.float32).eps)
