"""Noisy, shifted and masked copies of clips that only ever stand among the training rows.

A row of the table holds the features of a clip and of all its copies, so no split can tear them
apart; `WithCopies` makes a row of each while fitting and looks at the clip itself for an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, clone

from mer_sklearn import AudioFeatures, Clip, Dataset, EmotionPipeline, read_audio

from .common import as_frame

Signal = npt.NDArray[np.float32]
SNR_DB = 20.0
AT_ONCE = 64  # clips


def noise(signal: Signal, rng: np.random.Generator) -> Signal:
    """Return a signal with white noise, 20 dB below it."""
    level = np.sqrt(np.mean(np.square(signal))) * 10 ** (-SNR_DB / 20)
    return signal + level * rng.standard_normal(len(signal)).astype(np.float32)


def shift(signal: Signal, rng: np.random.Generator) -> Signal:
    """Return a signal that begins somewhere else and goes round."""
    return np.roll(signal, int(rng.integers(len(signal))))


def mask(signal: Signal, rng: np.random.Generator) -> Signal:
    """Return a signal without an eighth of its time and an eighth of its band."""
    silent = signal.copy()
    silent[_eighth(len(silent), rng)] = 0
    spectrum = np.fft.rfft(silent)
    spectrum[_eighth(len(spectrum), rng)] = 0
    return np.fft.irfft(spectrum, len(silent)).astype(np.float32)


def _eighth(size: int, rng: np.random.Generator) -> slice:
    start = int(rng.integers(size - size // 8))
    return slice(start, start + size // 8)


def with_copies(clips: Dataset, features: Any, kinds: Sequence[Any]) -> list[Dataset]:
    """Return the features of the clips, and of a copy of each kind, as tables of the same rows."""
    return [replace(clips, X=_features(clips.X, features, kind)) for kind in (None, *kinds)]


def _features(items: Sequence[Any], features: Any, kind: Any) -> pd.DataFrame:
    """Return the features of clips or of their copies, few clips being in memory at a time."""
    rng, parts = np.random.default_rng(0), []
    for start in range(0, len(items), AT_ONCE):
        clips = [read_audio(item) for item in items[start : start + AT_ONCE]]
        if kind is not None:
            clips = [Clip(kind(clip.signal, rng), clip.sr) for clip in clips]
        extractor = AudioFeatures(features)
        parts.append(as_frame(extractor.fit_transform(clips), extractor))
    return pd.concat(parts, ignore_index=True)


def side_by_side(tables: Sequence[Dataset]) -> Dataset:
    """Return a row for each clip with all its copies: what `WithCopies` learns from."""
    first = tables[0]
    named = [table.X.add_prefix(f"copy {n}: ") for n, table in enumerate(tables)]
    return replace(first, X=pd.concat(named, axis=1))


def stacked(tables: Sequence[Dataset]) -> Dataset:
    """Return a row for each clip and for each copy, which a split can tear apart."""
    first = tables[0]
    return replace(
        first,
        X=pd.concat([table.X for table in tables], ignore_index=True),
        frame=pd.concat([table.frame for table in tables], ignore_index=True),
        groups=np.concatenate([table.groups for table in tables]),
    )


class WithCopies(BaseEstimator):
    """A pipeline that learns from clips and their copies, and is asked about clips."""

    def __init__(self, pipeline: EmotionPipeline, n_copies: int = 1) -> None:
        self.pipeline, self.n_copies = pipeline, n_copies

    def fit(self, X: pd.DataFrame, y: Any, groups: Any = None) -> WithCopies:
        times = self.n_copies + 1
        rows = pd.concat([self._part(X, n) for n in range(times)], ignore_index=True)
        y = np.concatenate([y] * times)
        groups = None if groups is None else np.tile(groups, times)
        self.pipeline_ = clone(self.pipeline).fit(rows, y, groups=groups)
        return self

    def predict(self, X: pd.DataFrame) -> Any:
        return self.pipeline_.predict(self._part(X, 0))

    def predict_proba(self, X: pd.DataFrame) -> Any:
        return self.pipeline_.predict_proba(self._part(X, 0))

    @property
    def classes_(self) -> Any:
        return self.pipeline_.classes_

    def _part(self, X: pd.DataFrame, number: int) -> pd.DataFrame:
        """Return the columns of the clips (0) or of a copy, by the names that all share."""
        width = X.shape[1] // (self.n_copies + 1)
        part = X.iloc[:, number * width : (number + 1) * width]
        return part.rename(columns=lambda name: name.partition(": ")[2])
