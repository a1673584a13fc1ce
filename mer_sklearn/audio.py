"""Audio as the toolkit sees it: mono float32 samples at one working rate.

Conventions: signals have full scale 1.0 and shape ``(n_samples,)``, rates are in Hz, offsets and
durations in seconds. Files are decoded (see `mer_sklearn.decoding`), channels are averaged, and
soxr (quality HQ) brings them to the working rate, all in blocks: `stream_audio` yields them,
`read_audio` joins them.
"""

from __future__ import annotations

import contextlib
import functools
import math
import numbers
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import AudioError, InputError

if TYPE_CHECKING:
    from .decoding import Decoder, Flaw

__all__ = [
    "DECODING",
    "SAMPLE_RATE",
    "AudioItem",
    "AudioStream",
    "Clip",
    "Segment",
    "check_file",
    "open_audio",
    "read_audio",
    "resample",
    "stream_audio",
    "to_clip",
]

FloatArray: TypeAlias = npt.NDArray[np.float32]

SAMPLE_RATE = 22_050  # Hz; every feature is computed at this rate
DECODING = 3  # changes whenever a file gives other samples: it stands in cache keys
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000  # Hz; outside, a header is broken rather than unusual
LEAVE = "Leave it out"
LARGEST = 1e12  # full scale is 1; from 1e15 on, powers leave float32
# Seconds. A header may claim anything, and ten hours of silence fit into a few megabytes.
LONGEST = 4 * 3600
# How much of what a file promises may be missing, in seconds and as a share: a frame or two of an
# encoder, and times that a container rounds.
MISSING_S, MISSING_SHARE = 0.25, 0.01


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

    def blocks(self) -> Iterator[FloatArray]:
        """Yield the signal, which is there as a whole."""
        yield self.signal

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


class AudioStream:
    """A file, or a part of it, that is decoded when its samples are asked for.

    Parameters
    ----------
    segment : Segment
        What to read.

    Attributes
    ----------
    sr : int
        22050 Hz.

    Examples
    --------
    >>> import numpy as np, soundfile, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tone.wav"
    >>> soundfile.write(path, np.zeros(88_200), 44_100)
    >>> stream = AudioStream(Segment(path, offset=0.5))
    >>> sum(len(block) for block in stream.blocks())
    33075
    """

    sr = SAMPLE_RATE

    def __init__(self, segment: Segment) -> None:
        self.segment = segment

    def blocks(self) -> Iterator[FloatArray]:
        """Yield the samples; see `stream_audio`."""
        part = self.segment
        return stream_audio(part.path, offset=part.offset, duration=part.duration)

    @functools.cached_property
    def signal(self) -> FloatArray:
        """All samples at once."""
        return np.concatenate(list(self.blocks()))


def stream_audio(
    path: str | os.PathLike[str],
    *,
    offset: float = 0.0,
    duration: float | None = None,
    sr: int = SAMPLE_RATE,
) -> Iterator[FloatArray]:
    """Decode an audio file block by block: the samples of `read_audio`, in little memory.

    Parameters
    ----------
    path : str or path
        A file that libsndfile reads (wav, flac, ogg, mp3, aiff, au, caf and more) or, with the
        extra ``av``, PyAV (m4a, aac, wma, webm and more).
    offset : float >= 0, default=0.0
        Where to begin, in seconds.
    duration : float > 0, default=None
        How much to read, in seconds; None reads to the end.
    sr : int, default=22050
        Rate of the samples in Hz.

    Yields
    ------
    ndarray of shape (n_samples,)
        Mono float32 samples, a second or two at a time.

    Raises
    ------
    AudioError
        As `read_audio`; some only after the blocks before.
    InputError
        If `offset`, `duration` or `sr` makes no sense.

    Examples
    --------
    >>> import numpy as np, soundfile, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "tone.wav"
    >>> soundfile.write(path, np.zeros((44_100, 2)), 44_100)
    >>> sum(len(block) for block in stream_audio(path))
    22050
    """
    return (block for block, _ in _stream(path, offset, duration, sr))


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
        A file that libsndfile reads (wav, flac, ogg, mp3, aiff, au, caf and more) or, with the
        extra ``av``, PyAV (m4a, aac, wma, webm and more).
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
        ends before `offset`, is longer than four hours, or ends earlier than it promises by more
        than a quarter of a second and a hundredth.
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
    blocks, rates = zip(*_stream(path, offset, duration, sr), strict=True)
    return Clip(np.concatenate(blocks), rates[0])


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


def open_audio(item: AudioItem) -> Clip | AudioStream:
    """Return one audio item at the working rate: a file as a stream, which is not read yet."""
    if isinstance(item, Clip):
        return to_clip(item)
    return AudioStream(item if isinstance(item, Segment) else Segment(item))


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
    except PermissionError:
        msg = f"{name}: may not be reached. Change the permissions of its folder."
        raise AudioError(msg) from None
    except (OSError, ValueError) as error:
        found = f"cannot be reached ({getattr(error, 'strerror', None) or error})"
    else:
        if stat.S_ISREG(there.st_mode) and there.st_size:
            return
        kinds = {stat.S_IFREG: "is empty", stat.S_IFDIR: "is a folder"}
        found = kinds.get(stat.S_IFMT(there.st_mode), "is a pipe or a device")
    msg = f"{name or repr(name)}: {found}. Give the path of an audio file."
    raise AudioError(msg)


def _stream(
    path: str | os.PathLike[str], offset: float, duration: float | None, sr: int | None
) -> Iterator[tuple[FloatArray, int]]:
    """Check the request, and return mono blocks with their rate."""
    name = os.fspath(path)
    _check_span(name, offset, duration)
    if sr is not None and not _is_rate(sr):
        msg = f"sr={sr!r} is no sampling rate: give it in Hz, for example 22050, or None."
        raise InputError(msg)
    check_file(name)
    return _decoded(name, offset, duration, sr)


def _decoded(
    name: str, offset: float, duration: float | None, sr: int | None
) -> Iterator[tuple[FloatArray, int]]:
    """Open a file and yield mono blocks with their rate."""
    from .decoding import open_decoder

    with _sentences(name), open_decoder(name) as file:
        _check_rate(name, file.rate)
        start = round(offset * file.rate)
        stop = None if duration is None else start + max(1, round(duration * file.rate))
        _check_length(name, file, start, stop)
        rate = file.rate if sr is None else sr
        n_samples = 0
        for block in _resampled(_mono_blocks(name, file, start, stop), file.rate, rate):
            n_samples += len(block)
            yield block, rate
    if not n_samples:
        where, remedy = (f" from {offset:g} s on", "Lower the offset") if offset else ("", LEAVE)
        msg = f"{name}: holds no samples{where}. {remedy}."
        raise AudioError(msg)


@contextlib.contextmanager
def _sentences(name: str) -> Iterator[None]:
    """Turn what decoders say of a file into one sentence."""
    import soundfile

    from .decoding import DecodingError

    known = (DecodingError, soundfile.SoundFileError, ValueError, TypeError, MemoryError)
    try:
        yield
    except AudioError:
        raise
    except PermissionError as error:
        msg = f"{name}: may not be read. Change its permissions."
        raise AudioError(msg) from error
    except OSError as error:
        msg = (
            f"{name}: cannot be read ({error.strerror or error}). Look after the disk, or copy it."
        )
        raise AudioError(msg) from error
    except known as error:
        reason = str(error).rstrip(".") or type(error).__name__
        msg = f"{name}: cannot be read as audio ({reason}). {getattr(error, 'remedy', LEAVE)}."
        raise AudioError(msg) from error


def _check_rate(name: str, rate: int) -> None:
    """Refuse rates that only a broken header has."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        msg = (
            f"{name}: its header says {rate} Hz, outside {LOWEST_RATE} to {HIGHEST_RATE} Hz. "
            "Correct the header, or leave it out."
        )
        raise AudioError(msg)


def _check_length(name: str, file: Decoder, start: int, stop: int | None) -> None:
    """Refuse what begins after the end, and what is longer than anybody's music."""
    if start and file.promised is not None and start >= file.promised:
        msg = (
            f"{name}: ends after {file.promised / file.rate:.2f} s, before the offset "
            f"{start / file.rate:.2f} s. Lower the offset."
        )
        raise AudioError(msg)
    end = file.promised if stop is None else stop
    if end is not None:
        _check_duration(name, min(end, file.promised or end) - start, file.rate)


def _check_duration(name: str, n_frames: int, rate: int) -> None:
    """Refuse more than the longest signal."""
    if n_frames > LONGEST * rate:
        msg = (
            f"{name}: is longer than {LONGEST // 3600} hours, or its header is broken. "
            "Read it in parts: Segment(path, offset, duration), all in seconds, or "
            "ffmpeg -i FILE -ss OFFSET -t DURATION PART.wav."
        )
        raise AudioError(msg)


def _mono_blocks(name: str, file: Decoder, start: int, stop: int | None) -> Iterator[FloatArray]:
    """Yield the wanted frames, channels averaged; compare their number with what is promised."""
    at = start
    blocks = file.blocks(start, stop)
    while (block := _next(name, blocks, file, at)) is not None:
        mono = _mono(block if stop is None else block[: stop - at])
        _check_samples(name, mono)
        yield mono
        at += len(block)
        _check_duration(name, at - start, file.rate)
        if stop is not None and at >= stop:
            return
    _check_end(name, file, at)


def _next(name: str, blocks: Iterator[FloatArray], file: Decoder, at: int) -> FloatArray | None:
    """Return the next block, None at the end; of a damaged file, say how much is sound."""
    from .decoding import DecodingError, Flaw

    try:
        return next(blocks, None)
    except DecodingError as error:
        if not at:
            raise
        if file.promised and not _lacks(file, at):  # what is broken is the very end
            return None
        of = f" of {file.promised / file.rate:.2f}" if file.promised else ""
        flaw = Flaw(f"is damaged or cut after {at / file.rate:.2f}{of} s")
        raise AudioError(_take(name, flaw, at / file.rate)) from error


def _check_samples(name: str, samples: FloatArray) -> None:
    """Refuse samples that are no sound."""
    if not _is_sound(samples):
        msg = (
            f"{name}: holds samples that are NaN, infinite or enormous. "
            "Export it again, or leave it out."
        )
        raise AudioError(msg)


def _check_end(name: str, file: Decoder, end: int) -> None:
    """Refuse a file that goes on where nobody can read it, or ends earlier than it promises."""
    from .decoding import Flaw

    flaw = file.flaw()
    there, promised = end / file.rate, (file.promised or 0) / file.rate
    if not flaw and _lacks(file, end):
        flaw = Flaw(f"ends after {there:.2f} of the {promised:.2f} s that it promises")
    if flaw and end:
        raise AudioError(_take(name, flaw, there))


def _lacks(file: Decoder, end: int) -> bool:
    """Tell whether a file ends earlier than it promises."""
    promised = file.promised or 0
    return promised - end > max(MISSING_S * file.rate, MISSING_SHARE * promised)


def _take(name: str, flaw: Flaw, there: float) -> str:
    """Say what is wrong with a file that is not read whole, and how to take what is there."""
    length = math.floor(there * 100) / 100
    return (
        f"{name}: {flaw.what}. {flaw.remedy}, or take the {length:.2f} s that are there: "
        f"Segment(path, duration={length:.2f}), or ffmpeg -i FILE -t {length:.2f} PART.wav."
    )


def _resampled(blocks: Iterator[FloatArray], rate: int, to: int) -> Iterator[FloatArray]:
    """Resample in a stream, which gives the same samples as resampling the whole; at least one."""
    if rate == to:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(rate, to, 1, dtype="float32", quality="HQ")
    first: FloatArray | None = None
    n_samples = 0
    for block in blocks:
        first = block[:1] if first is None else first
        out = stream.resample_chunk(block)
        n_samples += len(out)
        if len(out):
            yield out
    if first is None:
        return
    out = stream.resample_chunk(np.zeros(0, np.float32), last=True)
    if len(out) or not n_samples:
        yield out if len(out) else first


def _mono(block: FloatArray) -> FloatArray:
    """Return the mean of the channels of a block of shape (n_frames, n_channels), in new memory.

    Addition is far cheaper than a mean over the last axis.
    """
    n_channels = block.shape[1]
    if n_channels == 1:
        return block[:, 0].copy()
    with np.errstate(over="ignore", invalid="ignore"):  # such samples are refused
        mono: FloatArray = block[:, 0] + block[:, 1]
        for channel in range(2, n_channels):
            mono += block[:, channel]
        mono *= np.float32(1 / n_channels)
    return mono
