"""Audio as the toolkit sees it: mono float32 samples at one working rate.

Conventions: signals have full scale 1.0 and shape ``(n_samples,)``, rates are in Hz, offsets and
durations in seconds. Files are decoded by libsndfile (wav, flac, ogg, mp3, aiff and more), channels
are averaged, and soxr (quality HQ) brings them to the working rate.
"""

from __future__ import annotations

import math
import numbers
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import AudioError, InputError
from .mp3 import quiet_decoder, with_frame_count

if TYPE_CHECKING:
    import soundfile

__all__ = [
    "DECODING",
    "SAMPLE_RATE",
    "AudioItem",
    "Clip",
    "Segment",
    "check_file",
    "read_audio",
    "resample",
    "to_clip",
]

FloatArray: TypeAlias = npt.NDArray[np.float32]

SAMPLE_RATE = 22_050  # Hz; every feature is computed at this rate
DECODING = 1  # changes whenever a file gives other samples: it stands in cache keys
BLOCK = 2**16  # frames a read: decoded, mixed and resampled while they are in a processor's cache
MOST = 2**20  # samples a read: a broken header may speak of a thousand channels
# Frames decoded before a segment and thrown away: mp3 frames borrow bits from earlier ones, and the
# windows of Vorbis overlap. 2**13 were enough for every file tried.
PREROLL = 2**15
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000  # Hz; outside, a header is broken rather than unusual
LARGEST = 1e12  # full scale is 1; from 1e15 on, powers leave float32


@dataclass(frozen=True, eq=False)
class Clip:
    """A mono signal and its sampling rate.

    Parameters
    ----------
    signal : array of shape (n_samples,)
        Floating-point samples with full scale 1.0, or integers of 8, 16 or 32 bits, which are
        scaled by their range.
    sr : int
        Sampling rate in Hz.

    Raises
    ------
    AudioError
        If the signal is empty, not one-dimensional, not numeric, not finite or enormous, or the
        rate lies outside 1 to 768 kHz.

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
        if not _is_rate(self.sr):
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

    Raises
    ------
    InputError
        If `offset` is negative, `duration` is not positive, or either is no finite number.

    Examples
    --------
    >>> Segment("song.mp3", offset=15.0, duration=30.0)
    Segment(path='song.mp3', offset=15.0, duration=30.0)
    """

    path: str | os.PathLike[str]
    offset: float = 0.0
    duration: float | None = None

    def __post_init__(self) -> None:
        _check_span(os.fspath(self.path), self.offset, self.duration)


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
    InputError
        If `offset`, `duration` or `sr` makes no sense.

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
    _check_span(name, offset, duration)
    if sr is not None and not _is_rate(sr):
        msg = f"sr={sr!r} is no sampling rate: give it in Hz, for example 22050, or None."
        raise InputError(msg)
    check_file(name)
    try:
        with quiet_decoder(), _open(name) as file:
            _check_header(name, file)
            _seek(name, file, round(offset * file.samplerate))
            wanted = None if duration is None else max(1, round(duration * file.samplerate))
            rate = file.samplerate if sr is None else sr
            signal = _decode(file, wanted, rate)
    except AudioError:
        raise
    except (soundfile.SoundFileError, OSError, ValueError, TypeError, MemoryError) as error:
        msg = (
            f"{name}: cannot be read as audio ({_reason(name, error)}). "
            "Convert it to WAV, FLAC, OGG or MP3, or leave it out."
        )
        raise AudioError(msg) from error
    if not len(signal):
        msg = f"{name}: holds no samples (from {offset} s). Leave it out, or check the offset."
        raise AudioError(msg)
    try:
        return Clip(signal, rate)
    except AudioError as error:
        msg = (
            f"{name}: holds samples that are NaN, infinite or enormous. "
            "Export it again, or leave it out."
        )
        raise AudioError(msg) from error


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


def to_clip(item: AudioItem, sr: int = SAMPLE_RATE) -> Clip:
    """Return one audio item as a `Clip` at a rate, which is the working rate unless stated."""
    if isinstance(item, Clip):
        return Clip(resample(item.signal, item.sr, sr), sr)
    if isinstance(item, Segment):
        return read_audio(item.path, offset=item.offset, duration=item.duration, sr=sr)
    return read_audio(item, sr=sr)


def _as_samples(signal: npt.ArrayLike) -> FloatArray:
    """Check a signal and return it as float32 with full scale 1.0."""
    samples = np.asarray(signal)
    if samples.ndim != 1:
        msg = (
            f"A clip is mono, of shape (n_samples,); got shape {samples.shape}. "
            "Average the channels first."
        )
        raise AudioError(msg)
    if samples.dtype.kind not in "fiu" or samples.dtype in (np.int64, np.uint64):
        msg = (
            "A clip holds floating-point samples with full scale 1.0, or integers of 8, 16 or 32 "
            f"bits; got samples of type {samples.dtype}."
        )
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
    if not _is_sound(samples):
        msg = "A clip has full scale 1.0; got samples that are NaN, infinite or enormous."
        raise AudioError(msg)
    return samples


def _is_sound(samples: FloatArray) -> bool:
    """Tell whether all samples are finite and none is enormous."""
    with np.errstate(invalid="ignore"):
        return bool(samples.min() >= -LARGEST and samples.max() <= LARGEST)


def _is_rate(sr: object) -> bool:
    """Tell whether a number can be a sampling rate in Hz."""
    return isinstance(sr, numbers.Real) and LOWEST_RATE <= float(sr) <= HIGHEST_RATE


def _check_span(name: str, offset: float, duration: float | None) -> None:
    """Refuse the span of a segment if it makes no sense."""
    numeric = isinstance(offset, numbers.Real) and isinstance(duration, numbers.Real | None)
    if not (numeric and 0 <= offset < math.inf and (duration is None or 0 < duration < math.inf)):
        msg = (
            f"{name}: offset={offset!r} must be seconds from 0 up, and duration={duration!r} "
            "seconds above 0, or None for the rest."
        )
        raise InputError(msg)


def check_file(name: str) -> None:
    """Refuse what is no file, or empty; a pipe could keep a reader waiting for ever.

    Parameters
    ----------
    name : str
        The path.

    Raises
    ------
    AudioError
        If there is no regular file with something in it.
    """
    try:
        there = Path(name).stat()
    except (FileNotFoundError, NotADirectoryError):
        found = "does not exist"
    except (OSError, ValueError) as error:
        found = f"cannot be reached ({getattr(error, 'strerror', None) or error})"
    else:
        if stat.S_ISREG(there.st_mode) and there.st_size:
            return
        kinds = {stat.S_IFREG: "is empty", stat.S_IFDIR: "is a folder"}
        found = kinds.get(stat.S_IFMT(there.st_mode), "is a pipe or a device")
    msg = f"{name or repr(name)}: {found}. Give the path of an audio file."
    raise AudioError(msg)


def _open(name: str) -> soundfile.SoundFile:
    """Open a file for reading in one direction.

    soundfile seeks after each read where it can. That costs time, and an mp3 decoder forgets the
    bits that the next frames borrow, which garbles a tenth of a second after every block.
    """
    import soundfile

    file = soundfile.SoundFile(name)
    if file.format == "MP3" and (counted := with_frame_count(name)) is not None:
        file.close()
        file = soundfile.SoundFile(counted)
    file.seekable = lambda: False
    return file


def _reason(name: str, error: Exception) -> str:
    """Return what a library says of a file, without the file's name and without a full stop."""
    reason = str(error).removeprefix(f"Error opening {name!r}: ").strip().rstrip(".")
    if reason.startswith("File does not exist"):  # libsndfile, of an mp3 without a single frame
        return "no audio found in it"
    return reason or type(error).__name__


def _check_header(name: str, file: soundfile.SoundFile) -> None:
    """Refuse rates that only a broken header has."""
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        msg = (
            f"{name}: its header says {file.samplerate} Hz, outside "
            f"{LOWEST_RATE} to {HIGHEST_RATE} Hz. Correct the header, or leave it out."
        )
        raise AudioError(msg)


def _seek(name: str, file: soundfile.SoundFile, start: int) -> None:
    """Go to the first frame of a segment, a little early and then by decoding."""
    if not start:
        return
    if start >= file.frames:
        msg = (
            f"{name}: ends after {file.frames / file.samplerate:.2f} s, before the offset "
            f"{start / file.samplerate:.2f} s. Lower the offset."
        )
        raise AudioError(msg)
    early = max(0, start - PREROLL)
    if early:
        file.seek(early)
    file.read(start - early, dtype="float32")


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
    left = math.inf if wanted is None else wanted
    buffer = np.empty((min(BLOCK, MOST // file.channels), file.channels), np.float32)
    while left > 0:
        frames = int(min(len(buffer), left))
        block = file.read(out=buffer[:frames])
        if not len(block):
            break
        mono = _mono(block)
        first = mono[:1] if first is None else first
        parts.append(mono if stream is None else stream.resample_chunk(mono))
        left -= len(block)
        if len(block) < frames:
            break
    if stream is not None and parts:
        parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    signal = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return signal if len(signal) or first is None else first


def _mono(block: FloatArray) -> FloatArray:
    """Return the mean of the channels of a block of shape (n_frames, n_channels), in new memory."""
    n_channels = block.shape[1]
    if n_channels == 1:
        return block[:, 0].copy()
    with np.errstate(over="ignore", invalid="ignore"):  # such samples are refused as a whole
        mono: FloatArray = block[:, 0] + block[:, 1]
        for channel in range(2, n_channels):
            mono += block[:, channel]
        mono *= np.float32(1 / n_channels)
    return mono
