"""Form: what comes back after some seconds, what is new, where the sound drifts."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from ..statistics import NONE, weighted_mean
from ._cepstrum import N_MFCC, cepstrum, lagged

__all__ = ["Form"]

SECOND = round(FRAME_RATE)  # frames
LAGS = (1, 2, 4, 8, 16)  # s
N_SLOPES = 12
KINDS = ("timbre", "chroma")
N_TIMBRE, N_CHROMA = N_MFCC - 1, 12
MEMBER = np.repeat(np.eye(2), (N_TIMBRE, N_CHROMA), axis=0).astype(np.float32)  # row, kind
FAINT = np.array([1.0, 0.01], np.float32)  # dB; 1: a vector much shorter has no direction


class Form(FeatureFamily):
    """Self-similarity of a clip's seconds, their novelty, and the drift of the timbre.

    Timbre (cepstral coefficients 1 to 19, less their mean over the clip) and chroma (12 pitch
    classes) are averaged over windows of 1 s, one after the other. Of each of the two:

    ======================  ===================================================================
    column                  what it is
    ======================  ===================================================================
    similarity_1s to 16s    mean cosine of a second and the one 1, 2, 4, 8, 16 s earlier; the lag
                            is at most half the clip
    similarity_mean, _std   mean (chroma only: that of the timbre is about 0) and deviation of the
                            cosine over all pairs of seconds
    novelty_mean, _std      mean and deviation of the distance (dB; 1) from one second to the next
    spread                  deviation over the seconds, the mean over the rows (dB; 1)
    ======================  ===================================================================

    ``slope_1`` to ``slope_12`` are the slopes of the coefficients over the clip, dB in half its
    length, and ``drift_1`` to ``drift_12`` their sizes. Cosines are damped: what lies within 1 dB
    of the mean timbre, and silence, are like nothing. Clips shorter than 2 s have one second only,
    and 0 in all columns but ``chroma_similarity_mean``.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``form__timbre_similarity_4s``.

    References
    ----------
    J. Foote: Automatic audio segmentation using a measure of audio novelty. ICME 2000.

    Examples
    --------
    Noise and a tone that take turns every 2 s come back after 4 s:

    >>> import numpy as np
    >>> time = np.arange(16 * 22_050) / 22_050
    >>> noise, tone = np.random.default_rng(0).normal(size=time.size), np.sin(3_000 * time)
    >>> form = Form().set_output(transform="pandas")
    >>> row = form.fit_transform(np.where(time % 4 < 2, noise, tone)[None]).iloc[0]
    >>> bool(row["form__timbre_similarity_4s"] > row["form__timbre_similarity_2s"])
    True
    """

    name = "form"
    needs = ("mel", "chroma")
    meanings = (
        Meaning("timbre_similarity_std", "", "how unlike pairs of seconds are alike in timbre"),
        Meaning("timbre_similarity_*", "-1 to 1", "likeness of seconds in timbre, by distance"),
        Meaning("timbre_novelty_*", "dB", "change of the timbre from second to second"),
        Meaning("timbre_spread", "dB", "range of the timbre over the clip"),
        Meaning("chroma_similarity_std", "", "how unlike pairs of seconds are alike in chroma"),
        Meaning("chroma_similarity_*", "0 to 1", "likeness of seconds in chroma, by distance"),
        Meaning("chroma_novelty_*", "", "change of the chroma from second to second"),
        Meaning("chroma_spread", "", "range of the chroma over the clip"),
        Meaning("slope_*", "dB", "rise of a cepstral coefficient in half the clip"),
        Meaning("drift_*", "dB", "size of that rise, up or down"),
    )
    source = "Foote 2000 (self-similarity, novelty)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        both = [f"similarity_{lag}s" for lag in LAGS]
        both += ["similarity_std", "novelty_mean", "novelty_std", "spread"]
        values = [f"{kind}_{value}" for value in both for kind in KINDS]
        values.append("chroma_similarity_mean")
        values += [f"{value}_{i}" for value in ("slope", "drift") for i in range(1, N_SLOPES + 1)]
        return [f"{self.name}__{value}" for value in values]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips, shape (n_clips, 43)."""
        xp = clip.xp
        seconds = _seconds(clip)
        directions = _directions(clip, seconds)
        mean, std = _pairs(clip, directions)
        slopes = _slopes(clip, seconds[..., :N_SLOPES])
        parts = [
            *(_similarity(clip, directions, lag) for lag in LAGS),
            std,
            *_novelty(clip, seconds),
            mean[:, 1:],
            slopes,
            xp.abs(slopes),
        ]
        return xp.concat(parts, axis=-1)


def _seconds(clip: ClipSeries) -> Array:
    """Return timbre and chroma of each second, (n_clips, n_seconds, 31)."""
    ops, xp = clip.ops, clip.xp
    rows = xp.concat([clip.once(cepstrum)[..., 1:], clip.chroma], axis=-1)
    seconds = xp.mean(ops.windows(rows, SECOND, SECOND), axis=2)
    centred = ops.const(MEMBER[:, 0])
    return seconds - xp.mean(seconds, axis=1, keepdims=True) * centred


def _directions(clip: ClipSeries, seconds: Array) -> Array:
    """Return the two vectors of each second at length 1, shorter where they are faint."""
    ops, xp = clip.ops, clip.xp
    length = xp.sqrt(xp.matmul(seconds * seconds, ops.const(MEMBER))) + ops.const(FAINT)
    return seconds / xp.matmul(length, ops.const(MEMBER.T))


def _similarity(clip: ClipSeries, directions: Array, lag: int) -> Array:
    """Return the mean cosines of seconds so far apart, (n_clips, 2)."""
    before, inside = lagged(clip, directions, lag)
    cosine = clip.xp.matmul(directions * before, clip.ops.const(MEMBER))
    return weighted_mean(clip, cosine, inside)


def _pairs(clip: ClipSeries, directions: Array) -> tuple[Array, Array]:
    """Return mean and deviation of the cosine over all pairs of seconds, (n_clips, 2) each.

    The matrix of all pairs, S = U U', is not made: with G = U' U / n, the mean of S^2 is the sum of
    G^2, and the mean of S the square of the mean vector.
    """
    ops, xp = clip.ops, clip.xp
    u = xp.astype(directions, xp.float64)  # a difference of two sums follows
    n_seconds = xp.sum(xp.ones_like(u[..., :1]), axis=1, keepdims=True)
    centre = xp.mean(u, axis=1)
    product = xp.matmul(xp.permute_dims(u, (0, 2, 1)), u) / n_seconds
    member = ops.const(MEMBER.astype(np.float64))
    mean = xp.matmul(centre * centre, member)
    square = xp.sum(xp.matmul(product * product, member) * member, axis=1)
    variance = xp.maximum(square - mean * mean, ops.const(np.float64(0.0)))
    return xp.astype(mean, xp.float32), xp.astype(xp.sqrt(variance), xp.float32)


def _novelty(clip: ClipSeries, seconds: Array) -> list[Array]:
    """Return mean and deviation of the step from second to second, and the spread, of each kind."""
    ops, xp = clip.ops, clip.xp
    before, inside = lagged(clip, seconds, 1)
    step = seconds - before
    distance = xp.sqrt(xp.matmul(step * step, ops.const(MEMBER)))
    mean = weighted_mean(clip, distance, inside)
    off = distance - xp.expand_dims(mean, axis=1)
    shares = MEMBER / MEMBER.sum(axis=0)
    spread = xp.matmul(xp.std(seconds, axis=1), ops.const(shares))
    return [mean, xp.sqrt(weighted_mean(clip, off * off, inside)), spread]


def _slopes(clip: ClipSeries, x: Array) -> Array:
    """Return the slopes of the lines fitted to the rows, over half the clip; 0 for one second."""
    ops, xp = clip.ops, clip.xp
    n_seconds = ops.length(x, 1)
    last = ops.real(n_seconds) - 1.0
    time = xp.astype(ops.arange(n_seconds), xp.float32) * 2.0 - last
    time = xp.reshape(time / xp.maximum(last, ops.scalar(1.0)), (1, -1, 1))
    return xp.sum(x * time, axis=1) / (xp.sum(time * time, axis=1) + NONE)
