"""How far a score may be off: a bootstrap over groups.

Rows of one artist or actor resemble each other, so whole groups are drawn, with replacement, and
the scores of the draw are computed from the sums of its groups. The interval says where the score
would lie for other groups from the same source and models like these. What another training set
would change is in it only as far as the folds show it.

With few groups the plain percentiles are too narrow, as a mean of few is spread like Student's t
and the bootstrap's variance is short by ``(G - 1) / G``. Both are put right by taking percentiles
further out, the *expanded percentile interval*: at ``Phi(sqrt(G / (G - 1)) * t)``, where t is the
quantile of Student's t with G - 1 degrees of freedom [1]_. `benchmarks/check_intervals.py` measures
how often such intervals cover the truth.

References
----------
.. [1] Hesterberg, What teachers should know about the bootstrap: resampling in the undergraduate
   statistics curriculum, The American Statistician 69, 2015, section 5.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import stats

from .metrics import Scale, Sums, of_sums

__all__ = ["LEVEL", "draw_scores", "interval", "mean_scores"]

Floats: TypeAlias = npt.NDArray[np.float64]

LEVEL = 0.95
N_DRAWS = 2000
AT_ONCE = 100  # draws whose sums are in memory


def mean_scores(repeats: Sequence[Sums], scale: Scale | None = None) -> dict[str, Floats]:
    """Return the scores over all groups, averaged over the repeats.

    Parameters
    ----------
    repeats : sequence of dict of str to ndarray of shape (n_groups, ...)
        The sums of each repeat, as of `add_up`.
    scale : (float, float), default=None
        The ends of the scale of the numbers.

    Returns
    -------
    dict of str to ndarray of shape () or (n_targets,)
        The scores.
    """
    found = [of_sums({kind: v.sum(axis=0) for kind, v in sums.items()}, scale) for sums in repeats]
    return {name: np.mean([scores[name] for scores in found], axis=0) for name in found[0]}


def draw_scores(
    repeats: Sequence[Sums],
    scale: Scale | None = None,
    *,
    n_draws: int = N_DRAWS,
    random_state: int | None = 0,
) -> dict[str, Floats]:
    """Return the scores of groups drawn with replacement, averaged over the repeats.

    The same seed draws the same groups, so differences of two calls are paired.

    Parameters
    ----------
    repeats : sequence of dict of str to ndarray of shape (n_groups, ...)
        The sums of each repeat, as of `add_up`.
    scale : (float, float), default=None
        The ends of the scale of the numbers.
    n_draws : int, default=2000
        How often groups are drawn.
    random_state : int, default=0
        Seed of the drawing.

    Returns
    -------
    dict of str to ndarray of shape (n_draws,) or (n_draws, n_targets)
        The scores of each draw.
    """
    rng = np.random.default_rng(random_state)
    n_groups = len(next(iter(repeats[0].values())))
    parts = []
    for start in range(0, n_draws, AT_ONCE):
        size = min(AT_ONCE, n_draws - start)
        weights = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=size)
        drawn = [
            of_sums({kind: np.tensordot(weights, v, 1) for kind, v in sums.items()}, scale)
            for sums in repeats
        ]
        parts.append({name: np.mean([d[name] for d in drawn], axis=0) for name in drawn[0]})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def interval(draws: Floats, n_groups: int, *, level: float = LEVEL) -> Floats:
    """Return the ends of the expanded percentile interval.

    Parameters
    ----------
    draws : ndarray of shape (n_draws, ...)
        The scores of the draws.
    n_groups : int >= 2
        How many groups were drawn from.
    level : float in (0, 1), default=0.95
        How often the interval is to cover the truth.

    Returns
    -------
    ndarray of shape (2, ...)
        Its lower and its upper end.

    Examples
    --------
    >>> interval(np.arange(1001.0), 1000).round()
    array([ 25., 975.])
    """
    t = stats.t.ppf((1 - level) / 2, n_groups - 1)
    tail = stats.norm.cdf(t * np.sqrt(n_groups / (n_groups - 1)))
    return np.asarray(np.quantile(draws, [tail, 1 - tail], axis=0))
