"""Mode, key and harmonic movement in a few values to read."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import FRAME_RATE, Array
from .pitch_classes import N_CLASSES, unit
from .tonnetz import tonal_centroid

__all__ = ["Key"]

# How often each degree sounds in keyboard music: Albrecht, Shanahan 2013, table 2.
MAJOR = [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081]
MINOR = [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052]
WINDOW = int(3 * FRAME_RATE)  # frames (3 s)
SPAN = 16  # frames (0.37 s), about the shortest that a chord lasts
MODE_SCALE = 6.5  # to about -1 to 1, as the authors
FLAT = 0.1  # share of the mean that chroma must deviate by for a key to be clear
EVEN = 1e-3  # strength spread over all pitch classes, so that silence is even


class Key(FeatureFamily):
    """How major or minor, how clear a key, how many notes, how fast the harmony moves.

    ==================  ===========  ===============================================================
    column              range        what it is
    ==================  ===========  ===============================================================
    relative_mode       -1.3 to 1.3  likeness to the best major less that to the best minor key,
                                     times 6.5, less what even chroma has of it: above 0 major,
                                     below 0 minor, 0 noise and silence
    mode_change         0 up         standard deviation of `relative_mode` over the windows
    major, minor        0 to 1       likeness (cosine) to the best major and best minor key
    clarity             0 to 1       correlation with the best key; noise and clusters have none
    entropy             0 to 1       how evenly the pitch classes sound: 0 one note, 1 all alike
    strongest           0 to 1       share of the strongest pitch class
    harmonic_change     0 to 3       how far the tonal centroid moves in 0.37 s; 0 for a held chord
    ==================  ===========  ===============================================================

    All but the change are found in windows of 3 s, half overlapping, and averaged. Likeness is that
    of chroma to the 24 rotated profiles of Albrecht and Shanahan. For `clarity` the deviation of
    chroma is raised by a tenth of its mean, so that an almost even one fits no key.

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``key__relative_mode``.

    References
    ----------
    T. Eerola, M. Schutz: Major-minorness in tonal music. 2025 (relative mode; there of CENS
    chroma).

    J. Albrecht, D. Shanahan: The use of large corpora to train a new type of key-finding algorithm.
    Music Perception 31, 2013.

    C. Harte, M. Sandler, M. Gasser: Detecting harmonic change in musical audio. AMCMM 2006.

    Examples
    --------
    >>> import numpy as np
    >>> phase = 2 * np.pi * 261.63 / 22_050 * np.arange(66_150)
    >>> major, minor = (
    ...     sum(np.sin(phase * 2 ** (i / 12)) for i in (0, third, 7)) / 4 for third in (4, 3)
    ... )
    >>> table = Key().set_output(transform="pandas").fit_transform([major, minor])
    >>> table["key__relative_mode"].gt(0).tolist()
    [True, False]
    """

    name = "key"
    needs = ("chroma",)
    meanings = (
        Meaning("relative_mode", "-1.3 to 1.3", "how major (positive) or minor (negative)"),
        Meaning("mode_change", "0 up", "how much the mode changes"),
        Meaning("major", "0 to 1", "likeness to the best major key"),
        Meaning("minor", "0 to 1", "likeness to the best minor key"),
        Meaning("clarity", "0 to 1", "how clearly there is a key"),
        Meaning("entropy", "0 to 1", "how evenly the pitch classes sound: few or many notes"),
        Meaning("strongest", "0 to 1", "share of the strongest pitch class"),
        Meaning("harmonic_change", "0 to 3", "how far the harmony moves in 0.37 s"),
    )
    source = "Eerola, Schutz 2025; Albrecht, Shanahan 2013; Harte et al. 2006 (harmonic change)"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        names = ("relative_mode", "mode_change", "major", "minor", "clarity", "entropy")
        return [f"{self.name}__{value}" for value in (*names, "strongest", "harmonic_change")]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns, shape (n_clips, 8)."""
        xp = clip.xp
        windows = xp.mean(clip.ops.windows(clip.chroma, WINDOW, WINDOW // 2), axis=2)
        chroma = unit(clip, windows)
        likeness = xp.matmul(chroma, clip.ops.const(_profiles(about_mean=False)))
        major = xp.max(likeness[..., :N_CLASSES], axis=-1, keepdims=True)
        minor = xp.max(likeness[..., N_CLASSES:], axis=-1, keepdims=True)
        even = xp.mean(chroma, axis=-1, keepdims=True) * _even_mode()
        mode = (major - minor - even) * MODE_SCALE
        share = (windows + EVEN / N_CLASSES) / (xp.sum(windows, axis=-1, keepdims=True) + EVEN)
        entropy = xp.sum(share * xp.log(share), axis=-1, keepdims=True) * float(-1 / np.log(12))
        strongest = xp.max(share, axis=-1, keepdims=True)
        rest = [major, minor, _clarity(clip, windows), entropy, strongest]
        means = [xp.mean(value, axis=1) for value in (mode, *rest)]
        change = [xp.std(mode, axis=1), _harmonic_change(clip)]
        return xp.concat([means[0], change[0], *means[1:], change[1]], axis=-1)


def _clarity(clip: ClipSeries, chroma: Array) -> Array:
    """Return the correlation with the best key, damped where chroma is almost even."""
    xp = clip.xp
    mean = xp.mean(chroma, axis=-1, keepdims=True)
    off = chroma - mean
    norm = xp.sqrt(xp.sum(off * off, axis=-1, keepdims=True))
    damped = off / (norm + (mean + EVEN) * float(FLAT * np.sqrt(N_CLASSES)))
    fit = xp.matmul(damped, clip.ops.const(_profiles(about_mean=True)))
    return xp.max(fit, axis=-1, keepdims=True)


def _harmonic_change(clip: ClipSeries) -> Array:
    """Return the mean distance between the tonal centroids of neighbouring spans."""
    xp, ops = clip.xp, clip.ops
    spans = xp.mean(ops.windows(tonal_centroid(clip, clip.chroma), SPAN, SPAN), axis=2)
    step = spans - ops.shift(spans, 1)
    distance = xp.sqrt(xp.sum(step * step, axis=-1))
    count = ops.real(xp.maximum(ops.length(distance, 1) - 1, ops.integer(1)))
    return xp.sum(distance, axis=1, keepdims=True) / count


def _even_mode() -> float:
    """Return by how much chroma of 1 throughout is more like a major key than like a minor one."""
    sums = _profiles(about_mean=False).sum(axis=0)
    return float(sums[0] - sums[-1])


@functools.cache
def _profiles(*, about_mean: bool) -> npt.NDArray[np.float32]:
    """Return the profiles of 12 major and 12 minor keys, of norm 1, shape (12, 24)."""
    keys = []
    for profile in (np.array(MAJOR), np.array(MINOR)):
        part = profile - profile.mean() if about_mean else profile
        keys += [np.roll(part / np.linalg.norm(part), tonic) for tonic in range(N_CLASSES)]
    return np.asarray(np.stack(keys, axis=1), np.float32)
