"""Files that libsndfile does not know: m4a, aac, wma, webm and more, through PyAV (FFmpeg)."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from .containers import sound_extent
from .decoder import BLOCK, MOST, Decoder, DecodingError, Flaw, FloatArray
from .quiet import quiet_decoder
from .words import NO_SOUND, plain

__all__ = ["AvDecoder"]

# FFmpeg would also open lists of other files and addresses, and guess sound into any text.
FORMATS = "mov,aac,asf,matroska,ac3,eac3,ape,wv,mpc,mpc8,tta,dsf,amr,dts,caf,flv"
GUESSING = ("aac", "ac3", "eac3", "amr", "dts", "flv")  # without a header: lengths are estimates


class AvDecoder(Decoder):
    """A file opened by PyAV.

    What a container tells of an encoder's delay is left out, so that the first sample is the
    music's. A raw stream (aac, ac3) tells nothing and begins with up to 1024 samples of it; of wma
    FFmpeg gives nothing for the first block of 2048.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    DecodingError
        If it cannot be opened or holds no sound.
    """

    def __init__(self, path: str) -> None:
        self._file = _File(path)
        self._flaw: Flaw | None = None
        try:
            with _errors():
                self._container: Any = av.open(
                    self._file,
                    options={"format_whitelist": FORMATS},
                    metadata_errors="replace",
                )
                self._open_stream(path)
        except BaseException:
            self._file.close()
            raise

    def blocks(self, start: int, stop: int | None) -> Iterator[FloatArray]:
        """Yield the samples from frame `start` on.

        All before is decoded: times in these containers are not exact to a sample.
        """
        held: list[FloatArray] = []
        n_held = 0
        try:
            for block in self._wanted(start, stop):
                held.append(block)
                n_held += len(block)
                if n_held >= BLOCK or n_held * block.shape[1] >= MOST:
                    yield np.concatenate(held)
                    held, n_held = [], 0
        except DecodingError:
            if held:  # what was decoded before it broke
                yield np.concatenate(held)
            raise
        if held:
            yield np.concatenate(held)

    def flaw(self) -> Flaw | None:
        """Return whether the file goes on as another."""
        return self._flaw

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()

    def _wanted(self, start: int, stop: int | None) -> Iterator[FloatArray]:
        """Yield the samples of one decoded frame after the other."""
        at = 0
        while (stop is None or at < stop) and (block := self._next()) is not None:
            at += len(block)
            if at > start:
                yield block[max(0, len(block) - (at - start)) :]

    def _open_stream(self, path: str) -> None:
        """Choose the stream of sound, and decode the first frames: headers get their rate wrong."""
        stream = self._container.streams.best("audio")
        if stream is None:
            msg = "it holds no sound"
            raise DecodingError(msg, "Leave it out")
        self._frames = self._container.decode(stream)
        self._first = next(self._frames, None)
        if self._first is None:
            raise DecodingError(*NO_SOUND)
        self.rate = int(self._first.sample_rate)
        self._n_channels = self._first.layout.nb_channels
        self.promised = self._length(stream)
        if self.promised is not None and stream.codec_context.name.startswith("pcm_"):
            self.promised = round(self.promised * _share(path))

    def _length(self, stream: Any) -> int | None:
        """Return how many frames the header promises."""
        if self._container.format.name in GUESSING:
            return None
        if stream.duration is not None:
            return int(stream.duration * stream.time_base * self.rate)
        if self._container.duration is None or len(self._container.streams) > 1:
            return None
        return int(self._container.duration * self.rate / av.time_base)

    def _next(self) -> FloatArray | None:
        """Decode one frame, (n_samples, n_channels)."""
        frame, self._first = self._first, None
        if frame is None:
            with quiet_decoder(), _errors():
                frame = next(self._frames, None)
        if frame is None:
            return None
        if (frame.sample_rate, frame.layout.nb_channels) != (self.rate, self._n_channels):
            rate, n_channels = frame.sample_rate, frame.layout.nb_channels
            self._flaw = Flaw.change(f"goes on at {rate} Hz with {n_channels} channels")
            return None
        return _samples(frame)


class _File(io.FileIO):
    """A file that answers a wrong place with -1, as C does, and not with an exception."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return super().seek(offset, whence)
        except OSError:
            return -1


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """Give all that PyAV raises on a broken file as one kind of error."""
    try:
        yield
    except (av.FFmpegError, OSError, ValueError, ArithmeticError, LookupError) as error:
        raise plain(error) from error


def _share(path: str) -> float:
    """Return how many times of what a caf file holds it should hold: FFmpeg takes what is there."""
    extent = sound_extent(path)
    if extent is None or extent.is_open or not extent.there:
        return 1.0
    return extent.claimed / extent.there


def _samples(frame: av.AudioFrame) -> FloatArray:
    """Return the samples of a frame as float32 of full scale 1, (n_samples, n_channels)."""
    values = frame.to_ndarray()
    across = values.T if frame.format.is_planar else values.reshape(frame.samples, -1)
    if across.dtype.kind == "f":
        return np.asarray(across, np.float32)
    full = 2.0 ** (8 * across.dtype.itemsize - 1)
    middle = 0 if across.dtype.kind == "i" else full
    return ((across.astype(np.float64) - middle) / full).astype(np.float32)
