"""Tempo, and how clear, strong and steady the beat is."""

from __future__ import annotations

import numpy as np

from ..clip_series import ClipSeries
from ..family import FeatureFamily, Meaning
from ..ops import Array
from .onset import onset_mean, onset_rate, onset_strength, onsets
from .periodicity import BAR, BEAT, LAGS, autocorrelation, onset_tempogram, rate_power

__all__ = ["Tempo", "one_hot"]

USUAL = 120.0  # beats a minute that are taken where nothing speaks for others
NONE = 1e-4  # periodicity below which nothing repeats
FLAT = 1e-3  # least curvature at a peak; below, its place between two lags is rounding


class Tempo(FeatureFamily):
    """Tempo, clarity, strength and steadiness of the beat, and how often something begins.

    ===============  ============  =================================================================
    column           unit          what it is
    ===============  ============  =================================================================
    bpm              beats/min     `librosa.feature.tempo`'s value on real clips: the lag in whole
                                   frames, 9 to 172 (287 to 15 beats a minute), at which the onset
                                   strength is most like itself, tempi near 120 preferred. Its
                                   steps are coarse: 112.3, 117.5, 123.0, 129.2
    bpm_fine         beats/min     the same, by a parabola between the lags: to about 1 %
    clarity          0 to 1        how exactly the onset strength repeats itself at the best tempo
                                   from 40 to 311 a minute: 1 for a machine, 0.1 to 0.2 for noise
    beat_strength    dB            standard deviation of the onset strength times the root of the
                                   clarity: what of it comes with the beat
    stability        0 to 1        clarity at the clip's tempo over that at the tempo that is best
                                   in each 8 seconds: 1 if the tempo does not change
    onset_rate       onsets/s      how often the onset strength is the largest within 70 ms and
                                   above 1.5 times its mean plus 0.5 dB
    onset_strength   dB            mean onset strength at these onsets, 0 without any
    ===============  ============  =================================================================

    Attributes
    ----------
    feature_names_out_ : list of str
        Names of the columns, such as ``tempo__bpm``.

    References
    ----------
    P. Grosche, M. Müller, F. Kurth: Cyclic tempogram. ICASSP 2010 (tempo, as in librosa).
    O. Lartillot et al.: Multi-feature modeling of pulse clarity. ISMIR 2008 (clarity).

    Examples
    --------
    >>> import numpy as np
    >>> clicks = (np.arange(10 * 22_050) % 11_025 == 3_000).astype(float)  # one every half second
    >>> tempo = Tempo().set_output(transform="pandas").fit_transform(clicks[None])
    >>> bool(abs(tempo["tempo__bpm_fine"][0] - 120) < 1)
    True
    >>> round(float(tempo["tempo__onset_rate"][0]))
    2
    """

    name = "tempo"
    needs = ("mel",)
    meanings = (
        Meaning("bpm", "beats/min", "tempo, as librosa.feature.tempo"),
        Meaning("bpm_fine", "beats/min", "tempo, to a fraction of a frame"),
        Meaning("clarity", "0 to 1", "how exactly the beat repeats itself"),
        Meaning("beat_strength", "dB", "deviation of onset strength that comes with the beat"),
        Meaning("stability", "0 to 1", "whether the tempo stays"),
        Meaning("onset_rate", "onsets/s", "onsets a second"),
        Meaning("onset_strength", "dB", "mean strength of the onsets"),
    )
    source = "Grosche, Müller, Kurth 2010, values of librosa.feature.tempo; Lartillot et al. 2008"

    def column_names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.name}__{meaning.columns}" for meaning in self.meanings]

    def columns(self, clip: ClipSeries) -> Array:
        """Return the columns of the clips."""
        xp, onset = clip.xp, clip.once(onset_strength)
        clarity, stability = _clarity(clip)
        strength = xp.std(clip.ops.rows(onset), axis=-1) * xp.sqrt(clarity)
        weights = onsets(clip, onset)
        rate, at_onsets = onset_rate(clip, weights), onset_mean(clip, onset, weights)
        return xp.concat([_bpm(clip), clarity, strength, stability, rate, at_onsets], axis=-1)


def one_hot(clip: ClipSeries, scores: Array) -> Array:
    """Return 1 where the last axis is largest (the first time) and 0 elsewhere."""
    best = clip.xp.expand_dims(clip.xp.argmax(scores, axis=-1), axis=-1)
    return clip.xp.astype(clip.ops.const(np.arange(scores.shape[-1])) == best, clip.xp.float32)


def _bpm(clip: ClipSeries) -> Array:
    """Return the tempo by whole lags and by fractions of a lag, shape (n_clips, 2)."""
    xp, ops = clip.xp, clip.ops
    power = rate_power(clip, clip.once(onset_strength), about_mean=False)
    repeats = ops.keep_shape(autocorrelation(clip, power), (0, len(LAGS)))
    usual = -0.5 * np.log2(BAR / LAGS / USUAL) ** 2
    # librosa's logarithm makes much of what is next to nothing: below NONE it is rounding.
    likely = xp.log(xp.maximum(repeats - NONE, ops.scalar(0.0)) * 1e6 + 1.0)
    best = xp.expand_dims(xp.argmax(likely + ops.const(usual.astype(np.float32)), axis=-1), axis=-1)

    # The vertex of the parabola through the best lag and its neighbours.
    around = best + ops.const(np.array([-1, 0, 1]))
    around = xp.minimum(xp.maximum(around, ops.integer(0)), ops.integer(len(LAGS) - 1))
    a, b, c = (xp.take_along_axis(repeats, around[:, i : i + 1], axis=-1) for i in range(3))
    bend = xp.maximum(b * 2.0 - a - c, ops.scalar(FLAT))
    fraction = xp.clip((c - a) / bend * 0.5, -0.5, 0.5)
    lag = xp.astype(best, xp.float32) + float(LAGS[0])
    return xp.concat([BAR / lag, BAR / (lag + fraction)], axis=-1)


def _clarity(clip: ClipSeries) -> tuple[Array, Array]:
    """Return the pulse clarity and the stability of the tempo, shape (n_clips, 1) each."""
    xp, ops = clip.xp, clip.ops
    windows = clip.once(onset_tempogram)[:, 0, :, BEAT]
    mean = xp.mean(windows, axis=1)
    clarity = xp.clip(xp.max(mean, axis=-1, keepdims=True), 0.0, 1.0)
    best = xp.sum(xp.max(windows, axis=-1), axis=1, keepdims=True)
    here = xp.sum(windows * xp.expand_dims(one_hot(clip, mean), axis=1), axis=(1, 2))
    stability = xp.expand_dims(here, axis=1) / xp.maximum(best, ops.scalar(1e-3))
    return clarity, xp.clip(stability, 0.0, 1.0)
