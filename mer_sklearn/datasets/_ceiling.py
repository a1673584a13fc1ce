"""How well anybody could predict what a few raters said: the ceiling that their noise sets.

Raters are taken as drawn independently for each clip. Then the mean of n ratings misses what all
raters in the world would say by an error of variance s^2 / n (s^2: the variance among the raters of
the clip), and whoever predicts that perfectly still misses the mean of the n. With v the variance
of the means over the clips and e the mean of the error variances, the best R2 is ``1 - e / v``, the
best correlation its root (the reliability index of classical test theory [1]_), and the least error
the root of e. Labels have no such formula: there the ratings of each clip are drawn anew, with
replacement, and the labels of the draws are scored as answers. The draws agree with the label more
than other raters would, as the label was made of the same ratings; drawing from a draw again shows
by how much, and that is taken off (the double bootstrap [2]_). What is left of it makes these
ceilings a little too high still.

References
----------
.. [1] Lord and Novick, Statistical theories of mental test scores, 1968, chapter 3.
.. [2] Efron and Tibshirani, An introduction to the bootstrap, 1993, chapter 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ceiling_of_means", "ceiling_of_votes"]

ENOUGH = 20  # clips; a ceiling of fewer is chance
N_DRAWS = 200


def ceiling_of_means(means: npt.NDArray[Any], errors: npt.NDArray[Any]) -> dict[str, float]:
    """Return the best scores of numbers that are means of ratings, averaged over the targets.

    Parameters
    ----------
    means : array of shape (n_clips, n_targets)
        The means.
    errors : array of shape (n_clips, n_targets)
        The variance of each mean: that of the ratings over their number.

    Returns
    -------
    dict of str to float
        "r2", "pearson" and "rmse"; a target that is noise alone can be predicted by 0 of both.
        Empty for fewer than 20 clips, whose ceiling is chance.

    Examples
    --------
    >>> ceiling_of_means(np.array([[0.0], [2.0]] * 10), np.full((20, 1), 0.25))["r2"]
    0.75
    """
    if len(means) < ENOUGH:
        return {}
    noise, spread = errors.mean(axis=0), means.var(axis=0)
    known = np.clip(1 - np.divide(noise, spread, out=np.ones_like(noise), where=spread > 0), 0, 1)
    return {
        "r2": float(known.mean()),
        "pearson": float(np.sqrt(known).mean()),
        "rmse": float(np.sqrt(noise).mean()),
    }


def ceiling_of_votes(votes: pd.DataFrame, clips: pd.Series, labels: pd.Series) -> dict[str, float]:
    """Return the scores of labels that other raters from the same crowd would have chosen.

    Parameters
    ----------
    votes : DataFrame of shape (n_ratings, n_classes)
        How much each rating gives to each class; the label of a clip is the class with most.
    clips : Series of shape (n_ratings,)
        The clip of each rating.
    labels : Series of shape (n_clips,)
        The label of each clip, by clip; ratings of other clips do not count.

    Returns
    -------
    dict of str to float
        "accuracy" and "balanced_accuracy", the means over the draws; empty for fewer than 20 clips.
    """
    if len(labels) < ENOUGH:
        return {}
    rng = np.random.default_rng(0)
    values, of_rating = votes.to_numpy(float), clips.to_numpy()
    classes = list(votes.columns)
    hits = [
        _agreement(values[of_rating == clip], classes.index(label), rng)
        for clip, label in labels.items()
    ]
    shares = labels.to_frame("label").assign(hits=hits)
    return {
        "accuracy": float(shares["hits"].mean()),
        "balanced_accuracy": float(shares.groupby("label")["hits"].mean().mean()),
    }


def _agreement(given: npt.NDArray[Any], label: int, rng: np.random.Generator) -> float:
    """Return how often other raters of a clip would have chosen its label.

    The agreement of draws with the label, less what the agreement of draws from draws with the
    labels of those exceeds it by.
    """
    n = len(given)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=N_DRAWS)
    once = (drawn @ given).argmax(axis=1)
    again = np.stack([rng.multinomial(n, row / n) for row in drawn])
    agree = float((once == label).mean())
    bias = float(((again @ given).argmax(axis=1) == once).mean()) - agree
    return float(np.clip(agree - bias, 0.0, 1.0))
