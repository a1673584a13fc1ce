"""Made signals that break things: what a saved model is tried on, since anyone can make them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ..audio import SAMPLE_RATE

__all__ = ["chirp", "made_signals"]

FloatArray: TypeAlias = npt.NDArray[np.float32]


def chirp(sr: int = SAMPLE_RATE) -> FloatArray:
    """Return one second of a tone that rises from 100 to 5000 Hz, half as loud as possible."""
    t = np.arange(sr) / sr
    return (0.5 * np.sin(2 * np.pi * (100.0 + 2450.0 * t) * t)).astype(np.float32)


def made_signals() -> dict[str, FloatArray]:
    """Return signals by name, each of shape (n_samples,), always the same.

    Examples
    --------
    >>> {name: len(signal) for name, signal in made_signals().items()}["one sample"]
    1
    """
    rng = np.random.default_rng(0)
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    noise = rng.uniform(-1.0, 1.0, SAMPLE_RATE)
    silence = np.zeros(SAMPLE_RATE)
    second_half, burst, impulse, clicks = (silence.copy() for _ in range(4))
    second_half[SAMPLE_RATE // 2 :] = noise[SAMPLE_RATE // 2 :] * 0.3
    burst[5_000:5_400] = noise[:400]
    impulse[SAMPLE_RATE // 2] = 1.0
    clicks[::4_410] = 0.8
    signals = {
        "silence": silence,
        "one sample": np.array([0.5]),
        "a fifth of a second": 0.3 * noise[: SAMPLE_RATE // 5],
        "impulse": impulse,
        "clicks": clicks,
        "constant": np.full(SAMPLE_RATE, 0.4),
        "pure tone": 0.5 * np.sin(2 * np.pi * 440.0 * t),
        "clipped square": np.clip(3.0 * np.sin(2 * np.pi * 220.0 * t), -1.0, 1.0),
        "chirp": chirp(),
        "loud noise": noise,
        "faint noise": 1e-4 * noise,
        "silence, then noise": second_half,
        "burst of noise": burst,
    }
    return {name: np.asarray(signal, np.float32) for name, signal in signals.items()}
