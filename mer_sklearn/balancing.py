"""Balance the classes of a training set."""

from __future__ import annotations

from collections import Counter
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from imblearn.base import BaseSampler
from imblearn.over_sampling import SMOTE
from imblearn.utils import check_target_type
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from .errors import InputError

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["Balancer"]

Rows = npt.NDArray[np.floating[Any]]
LabelArray = npt.NDArray[np.generic]


class Balancer(BaseSampler):
    """Add rows to rare classes by SMOTE [1]_, where the classes differ enough to matter.

    It is a sampler of imbalanced-learn: in an `imblearn.pipeline.Pipeline` it works in `fit` only
    and never touches what is predicted. The rows that come in come out first, in order and bit for
    bit; what is added follows. Neighbours are sought among standardized columns, whatever their
    units; rows come back in their own.

    SMOTE alone refuses a class with fewer rows than neighbours. Here the number of neighbours is
    bounded by the smallest class, and the row of a class that has only one is repeated first.

    Parameters
    ----------
    ratio : float >= 1, default=1.5
        Largest over smallest class up to which nothing is done.
    n_neighbors : int >= 1, default=5
        Neighbours of a row among which a new one is drawn, as far as the smallest class has them.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Attributes
    ----------
    n_synthetic_ : int
        Number of rows added.
    sampling_strategy_ : dict of label to int
        Number of rows added to each class; empty where the classes were balanced enough.
    n_features_in_ : int
        Number of columns seen in `fit_resample`.

    References
    ----------
    .. [1] N. Chawla, K. Bowyer, L. Hall, W. Kegelmeyer, "SMOTE: synthetic minority over-sampling
           technique", Journal of Artificial Intelligence Research 16, 321-357, 2002.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [3.0], [9.0]], ["calm", "calm", "calm", "calm", "happy"]
    >>> balancer = Balancer(random_state=0)
    >>> len(balancer.fit_resample(X, y)[0]), balancer.n_synthetic_
    (8, 3)
    """

    # What imbalanced-learn's base class asks for. Parameters are checked below, with a sentence.
    sampling_strategy = "auto"
    _sampling_type = "over-sampling"
    _parameter_constraints: ClassVar[dict[str, list[object]]] = {}

    def __init__(
        self,
        *,
        ratio: float = 1.5,
        n_neighbors: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.ratio = ratio
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def _check_X_y(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Rows, LabelArray, bool]:
        """Check parameters and rows; called by the base class before `_fit_resample`."""
        if not (isinstance(self.ratio, Real) and self.ratio >= 1):
            raise InputError(
                f"ratio={self.ratio!r} must be 1 or more: largest over smallest class."
            )
        if not (isinstance(self.n_neighbors, Integral) and self.n_neighbors >= 1):
            raise InputError(f"n_neighbors={self.n_neighbors!r} must be 1 or more rows.")
        y, one_vs_all = check_target_type(y, indicate_one_vs_all=True)
        rows, labels = validate_data(self, X, y, dtype=(np.float64, np.float32))
        return rows, labels, one_vs_all

    def _fit_resample(self, X: Rows, y: LabelArray) -> tuple[Rows, LabelArray]:
        added_X, added_y = self._additions(X, y)
        self.n_synthetic_ = len(added_y)
        self.sampling_strategy_ = dict(Counter(added_y.tolist()))
        return np.concatenate([X, added_X]), np.concatenate([y, added_y])

    def _additions(self, X: Rows, y: LabelArray) -> tuple[Rows, LabelArray]:
        """Return the rows to add, repeated ones first."""
        labels, counts = np.unique(y, return_counts=True)
        if counts.max() <= self.ratio * counts.min():
            return X[:0], y[:0]
        single = np.flatnonzero(np.isin(y, labels[counts == 1]))
        rows = np.concatenate([X, X[single]]).astype(np.float64)
        targets = np.concatenate([y, y[single]])
        smallest = max(2, counts.min())
        smote = SMOTE(
            k_neighbors=min(self.n_neighbors, smallest - 1), random_state=self.random_state
        )
        scaler = StandardScaler().fit(rows[: len(X)])
        z, all_targets = smote.fit_resample(scaler.transform(rows), targets)
        # Not by inverse_transform, which refuses no rows: two of one class, one of another.
        new = (z[len(rows) :] * scaler.scale_ + scaler.mean_).astype(X.dtype)
        return np.concatenate([X[single], new]), all_targets[len(y) :]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags
