"""From 44 100 or 48 000 Hz to the working rate by one stated filter, for graphs that take either.

Files are resampled by soxr. A graph cannot call it, so one that takes another rate holds a filter
of its own: a sinc at 10 544 Hz under Kaiser's window, 1 / 150 of a second long. It passes 0 to
10 063 Hz unchanged and holds back what lies above 11 025 Hz by 100 dB, as soxr's quality HQ does.
`to_working_rate` is the filter in numpy; `GraphOps.to_working_rate` writes the same products.

At either rate 147 samples leave for every whole number of samples that come in (294 and 320). The
filter is therefore one table: what two such blocks weigh in each of 147 samples.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from ..audio import SAMPLE_RATE

__all__ = ["OUT", "RATES", "block_of", "low_pass", "to_working_rate"]

RATES = (22_050, 44_100, 48_000)  # Hz; what a graph may take
OUT = 147  # samples at the working rate that a block becomes
STOP = 100.0  # dB
NYQUIST = SAMPLE_RATE / 2


def block_of(rate: int) -> int:
    """Return how many samples at a rate become 147 at the working rate."""
    return rate * OUT // SAMPLE_RATE


@functools.cache
def low_pass(rate: int) -> npt.NDArray[np.float32]:
    """Return the filter as a table: rows are the samples of two blocks, columns those that leave.

    Parameters
    ----------
    rate : int
        The rate of what comes in, in Hz.

    Returns
    -------
    ndarray of shape (2 * block_of(rate), 147)
        Weights; those of each column add up to 1.
    """
    block = block_of(rate)
    # Kaiser's rules: how wide the slope of a window of this length is, and the window's shape.
    slope = (STOP - 7.95) / (2.285 * 2 * np.pi * block) * rate
    shape = 0.1102 * (STOP - 8.7)
    cutoff = 2 * (NYQUIST - slope / 2) / rate
    rows, columns = np.arange(2 * block)[:, None], np.arange(OUT)
    t = rows - block / 2 - columns * (block / OUT)  # samples from the middle of the filter
    inside = np.sqrt(np.maximum(1 - (t / (block / 2)) ** 2, 0))
    weights = np.sinc(cutoff * t) * np.i0(shape * inside) * (abs(t) <= block / 2)
    table: npt.NDArray[np.float32] = (weights / weights.sum(axis=0)).astype(np.float32)
    return table


def to_working_rate(signal: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """Bring signals to 22 050 Hz as a graph does that takes another rate.

    Parameters
    ----------
    signal : array of shape (n_clips, n_samples)
        Clips of one length, float32.
    rate : int
        Their rate in Hz, one of `RATES`.

    Returns
    -------
    ndarray of shape (n_clips, ceil(n_samples * 22050 / rate))
        The clips at the working rate, what lies outside a clip taken as silence.

    Examples
    --------
    >>> import numpy as np
    >>> to_working_rate(np.zeros((1, 48_000), np.float32), 48_000).shape
    (1, 22050)
    """
    if rate == SAMPLE_RATE:
        return signal
    block, table = block_of(rate), low_pass(rate)
    n_clips, n_samples = signal.shape
    n_out = -(-n_samples * OUT // block)
    n_blocks = -(-n_out // OUT)
    after = (n_blocks + 1) * block - block // 2 - n_samples
    blocks = np.pad(signal, ((0, 0), (block // 2, after))).reshape(n_clips, -1, block)
    found = blocks[:, :-1] @ table[:block] + blocks[:, 1:] @ table[block:]
    return found.reshape(n_clips, -1)[:, :n_out]
