"""Audio as the toolkit sees it: mono float32 samples at one working rate.

Conventions: signals have full scale 1.0 and shape ``(n_samples,)``, rates are in Hz, offsets and
durations in seconds. Files are decoded by libsndfile (wav, flac, ogg, mp3, aiff and more), channels
are averaged, and soxr (quality HQ) brings them to the working rate.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import AudioError, InputError

if TYPE_CHECKING:
    import soundfile

__all__ = ["SAMPLE_RATE", "AudioItem", "Clip", "Segment", "read_audio", "resample", "to_clip"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

SAMPLE_RATE = 22_050  # Hz; every feature is computed at this rate
BLOCK = (
    2**18
)  # frames a read; libsndfile seeks after every block of an mp3, so large ones are cheap
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000  # Hz; outside, a header is broken rather than unusual


@dataclass(frozen=True, eq=False)
class Clip:
    """A mono signal and its sampling rate.

    Parameters
    ----------
    signal : array of shape (n_samples,)
        Floating-point samples with full scale 1.0, or integers, which are scaled by their range.
    sr : int
        Sampling rate in Hz.

    Raises
    ------
    AudioError
        If the signal is empty, not one-dimensional, not numeric or not finite, or the rate is not
        a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> clip = Clip(np.zeros(44_100), sr=44_100)
    >>> clip.duration
    1.0
    """

    signal: FloatArray
    sr: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        object.__setattr__(self, "signal", _as_samples(self.signal))
        if not LOWEST_RATE <= self.sr <= HIGHEST_RATE:
            msg = f"sr={self.sr!r} is no sampling rate: give it in Hz, for example 22050."
            raise AudioError(msg)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.signal) / self.sr

    def __repr__(self) -> str:
        return f"Clip({self.duration:.2f} s at {self.sr} Hz)"


@dataclass(frozen=True)
class Segment:
    """A part of an audio file.

    Parameters
    ----------
    path : str or path
        The file.
    offset : float, default=0.0
        Where the part begins, in seconds.
    duration : float, default=None
        How long it is, in seconds; None reads to the end.

    Examples
    --------
    >>> Segment("song.mp3", offset=15.0, duration=30.0)
    Segment(path='song.mp3', offset=15.0, duration=30.0)
    """

    path: str | os.PathLike[str]
    offset: float = 0.0
    duration: float | None = None


AudioItem: TypeAlias = str | os.PathLike[str] | Segment | Clip


def read_audio(
    path: str | os.PathLike[str],
    *,
    offset: float = 0.0,
    duration: float | None = None,
    sr: int | None = SAMPLE_RATE,
) -> Clip:
    """Decode an audio file, average its channels and resample it.

    Parameters
    ----------
    path : str or path
        A file that libsndfile reads: wav, flac, ogg, mp3, aiff, au, caf and more.
    offset : float >= 0, default=0.0
        Where to begin, in seconds.
    duration : float > 0, default=None
        How much to read, in seconds; None reads to the end. A file that ends earlier gives what it
        has.
    sr : int, default=22050
        Rate of the result in Hz; None keeps the rate of the file.

    Returns
    -------
    Clip
        Mono float32 samples.

    Raises
    ------
    AudioError
        If the file is missing, cannot be decoded, holds no samples or samples that are not finite,
        or ends before `offset`.

    Examples
    --------
    >>> import numpy as np, soundfile, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tone.wav"
    >>> soundfile.write(path, np.zeros((44_100, 2)), 44_100)
    >>> read_audio(path)
    Clip(1.00 s at 22050 Hz)
    """
    import soundfile

    name = os.fspath(path)
    if offset < 0 or (duration is not None and duration <= 0):
        msg = f"offset={offset} and duration={duration} of {name} must be positive seconds."
        raise InputError(msg)
    if not Path(name).is_file():
        found = "is a folder or a device" if Path(name).exists() else "does not exist"
        msg = f"{name}: {found}. Give the path of an audio file."
        raise AudioError(msg)
    try:
        with soundfile.SoundFile(name) as file:
            _check_header(name, file)
            start = round(offset * file.samplerate)
            if start:
                _seek(name, file, start)
            wanted = None if duration is None else max(1, round(duration * file.samplerate))
            rate = file.samplerate if sr is None else sr
            signal = _decode(file, wanted, rate)
    except AudioError:
        raise
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError) as error:
        reason = str(error).removeprefix(f"Error opening {name!r}: ").strip().rstrip(".")
        msg = (
            f"{name}: cannot be read as audio ({reason or type(error).__name__}). "
            "Convert it to WAV, FLAC, OGG or MP3, or leave it out."
        )
        raise AudioError(msg) from error
    if not len(signal):
        msg = f"{name}: holds no samples (from {offset} s). Leave it out, or check the offset."
        raise AudioError(msg)
    if not np.isfinite(signal).all():
        msg = f"{name}: holds samples that are NaN or infinite. Export it again, or leave it out."
        raise AudioError(msg)
    return Clip(signal, rate)


def resample(signal: FloatArray, sr: int, to: int = SAMPLE_RATE) -> FloatArray:
    """Bring a mono signal to another rate (soxr, quality HQ); at least one sample comes out.

    Parameters
    ----------
    signal : array of shape (n_samples,)
        Samples, float32.
    sr, to : int
        Its rate and the wanted one, in Hz.

    Returns
    -------
    ndarray of shape (round(n_samples * to / sr),)
        Samples, float32.

    Examples
    --------
    >>> import numpy as np
    >>> resample(np.zeros(44_100, np.float32), 44_100).shape
    (22050,)
    """
    if sr == to:
        return signal
    import soxr

    out: FloatArray = soxr.resample(signal, sr, to, quality="HQ")
    return out if len(out) else signal[:1]


def to_clip(item: AudioItem) -> Clip:
    """Return one audio item as a `Clip` at the working rate."""
    if isinstance(item, Clip):
        return Clip(resample(item.signal, item.sr), SAMPLE_RATE)
    if isinstance(item, Segment):
        return read_audio(item.path, offset=item.offset, duration=item.duration)
    return read_audio(item)


def _as_samples(signal: npt.ArrayLike) -> FloatArray:
    """Check a signal and return it as float32 with full scale 1.0."""
    samples = np.asarray(signal)
    if samples.ndim != 1:
        msg = (
            f"A clip is mono, of shape (n_samples,); got shape {samples.shape}. "
            "Average the channels first."
        )
        raise AudioError(msg)
    if samples.dtype.kind not in "fiu":
        msg = f"A clip holds real numbers; got samples of type {samples.dtype}."
        raise AudioError(msg)
    if not len(samples):
        msg = "A clip needs at least 1 sample; got 0."
        raise AudioError(msg)
    if samples.dtype.kind in "iu":
        span = np.iinfo(samples.dtype)
        middle = 0 if span.min else (int(span.max) + 1) // 2
        full = int(span.max) + 1 - middle
        return ((samples.astype(np.float64) - middle) / full).astype(np.float32)
    with np.errstate(over="ignore"):
        samples = samples.astype(np.float32, copy=False)
    if not np.isfinite(samples).all():
        msg = "A clip must be finite in float32; got NaN, infinite or enormous samples."
        raise AudioError(msg)
    return samples


def _check_header(name: str, file: soundfile.SoundFile) -> None:
    """Refuse rates that only a broken header has."""
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        msg = (
            f"{name}: its header says {file.samplerate} Hz, outside "
            f"{LOWEST_RATE} to {HIGHEST_RATE} Hz. Correct the header, or leave it out."
        )
        raise AudioError(msg)


def _seek(name: str, file: soundfile.SoundFile, start: int) -> None:
    """Go to the first frame of a segment."""
    if start >= file.frames:
        msg = (
            f"{name}: ends after {file.frames / file.samplerate:.2f} s, before the offset "
            f"{start / file.samplerate:.2f} s. Lower the offset."
        )
        raise AudioError(msg)
    file.seek(start)


def _decode(file: soundfile.SoundFile, wanted: int | None, rate: int) -> FloatArray:
    """Read blocks, average the channels by addition and resample; never trust the header's length.

    Addition is far cheaper than a mean over the last axis, and resampling in a stream gives the
    same samples as resampling the whole.
    """
    import soxr

    stream = None
    if rate != file.samplerate:
        stream = soxr.ResampleStream(file.samplerate, rate, 1, dtype="float32", quality="HQ")
    parts: list[FloatArray] = []
    first: FloatArray | None = None
    left = wanted
    while left is None or left > 0:
        frames = BLOCK if left is None else min(BLOCK, left)
        block = file.read(frames, dtype="float32", always_2d=True)
        if not len(block):
            break
        mono = block[:, 0].copy() if block.shape[1] == 1 else block[:, 0] + block[:, 1]
        for channel in range(2, block.shape[1]):
            mono += block[:, channel]
        if block.shape[1] > 1:
            mono *= np.float32(1 / block.shape[1])
        first = mono[:1] if first is None else first
        parts.append(mono if stream is None else stream.resample_chunk(mono))
        if left is not None:
            left -= len(block)
        if len(block) < frames:
            break
    if stream is not None and parts:
        parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    signal = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return signal if len(signal) or first is None else first
