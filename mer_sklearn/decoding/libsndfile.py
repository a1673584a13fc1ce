"""Files that libsndfile reads: wav, flac, ogg, mp3, aiff, au, caf and more.

It stops without a word where a header or a guess says that the sound ends. So each format is asked
how much there should be.
"""

from __future__ import annotations

import io
import math
import os
import sys
from collections.abc import Iterator

import numpy as np
import soundfile

from .containers import filled_in, sound_extent
from .decoder import BLOCK, MOST, Decoder, Flaw, FloatArray
from .mp3 import count_frames
from .ogg import ogg_flaw
from .old import frames_promised, frames_there
from .quiet import quiet_decoder
from .spliced import Spliced
from .words import plain

__all__ = ["SoundFileDecoder"]

# Frames decoded before a segment and thrown away: mp3 frames borrow bits from earlier ones, and the
# windows of Vorbis overlap. 2**13 were enough for every file tried.
PREROLL = 2**15
UNKNOWN = 2**62  # frames; for a length that nobody knows libsndfile gives the largest integer
CHUNKED = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "SVX", "WVE", "VOC", "MAT5")
PADDING, REST = 2**16, 0.01  # bytes, and the share of a file, that may follow its sound


class SoundFileDecoder(Decoder):
    """A file opened by libsndfile.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    soundfile.SoundFileError
        If libsndfile does not know the format, or the header is broken.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._flaw: Flaw | None = None
        self._bytes: io.RawIOBase | None = None
        self._end = math.inf  # frames; where the file ends, if libsndfile does not know it
        with quiet_decoder():
            self._file = self._open()
            self.rate: int = self._file.samplerate
            frames = self._file.frames
            self.promised: int | None = frames if frames < UNKNOWN else None
            try:
                self._ask_format()
            except BaseException:
                self.close()
                raise
        # soundfile seeks after each read where it can. That costs time, and an mp3 decoder forgets
        # the bits that the next frames borrow, which garbles a tenth of a second after every block.
        self._file.seekable = lambda: False

    def blocks(self, start: int, stop: int | None) -> Iterator[FloatArray]:
        """Yield the samples from frame `start` on."""
        file = self._file
        buffer = np.empty((min(BLOCK, MOST // file.channels), file.channels), np.float32)
        at = self._go_to(start)
        end = min(self._end, math.inf if stop is None else stop)
        while at < end:
            frames = int(min(len(buffer), end - at))
            block, error = self._read(buffer[:frames])
            at += len(block)
            if len(block) and at > start:
                yield block[max(0, len(block) - (at - start)) :]
            if error is not None:
                raise plain(error) from error
            if len(block) < frames:
                return

    def flaw(self) -> Flaw | None:
        """Return what the file lacks."""
        if self._file.format == "FLAC" and self._bytes and self.promised is not None:
            size = os.fstat(self._bytes.fileno()).st_size
            self._say_more(size - self._bytes.tell(), of=size)
        return self._flaw

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._bytes is not None:
            self._bytes.close()

    def _open(self) -> soundfile.SoundFile:
        """Open the path."""
        if self._path.lower().endswith(".raw"):  # soundfile would ask what is in it
            self._bytes = Spliced(self._path)
            return soundfile.SoundFile(self._bytes)
        # A name in bytes may be any, but on Windows names are text.
        return soundfile.SoundFile(
            self._path if sys.platform == "win32" else os.fsencode(self._path)
        )

    def _read(self, buffer: FloatArray) -> tuple[FloatArray, soundfile.SoundFileError | None]:
        """Read frames, as many as there are in front of an error."""
        buffer[:, 0] = np.nan  # no decoder gives it; samples of a wav that are NaN raise nothing
        try:
            with quiet_decoder():
                return self._file.read(out=buffer), None
        except soundfile.SoundFileError as error:
            empty = np.isnan(buffer[::-1, 0])
            return buffer[: 0 if empty.all() else len(buffer) - int(np.argmin(empty))], error

    def _go_to(self, start: int) -> int:
        """Go to a frame a little before the wanted one, and return its number."""
        early = max(0, start - PREROLL)
        if early:
            with quiet_decoder():
                self._file.seek(early)
        return early

    def _ask_format(self) -> None:
        """Find out how much sound there should be, and open the file so that all of it is read."""
        kind = self._file.format
        if kind == "MP3":
            self._ask_frames()
        elif kind == "OGG":
            self._flaw = ogg_flaw(self._path)
        elif kind == "FLAC":
            self._reopen(io.FileIO(self._path))
            if self.promised is not None:  # what follows is no flac
                self._end = self.promised
        elif kind in CHUNKED:
            self._ask_chunks()
        elif kind == "SDS":
            self._end = frames_there(self._path)
        else:
            self.promised = frames_promised(self._path, kind) or self.promised

    def _ask_frames(self) -> None:
        """Count the frames of an mp3 file."""
        count = count_frames(self._path)
        if count is None:
            return
        if count.head or count.size:
            self._reopen(Spliced(self._path, count.head, count.start, count.size))
        self.promised = count.samples
        if count.change:
            self._flaw = Flaw.change(count.change)

    def _ask_chunks(self) -> None:
        """Compare the size of the sound with that of the file."""
        extent = sound_extent(self._path)
        if extent is None or not extent.there:
            return
        if extent.claimed == 0:
            self._reopen(Spliced(self._path, filled_in(self._path, extent), extent.start))
            self.promised = self._file.frames
        elif not extent.is_open and self.promised is not None:
            self.promised = round(self.promised * extent.claimed / extent.there)
        self._say_more(extent.beyond, of=extent.there)

    def _say_more(self, n_bytes: int, of: int) -> None:
        """Note that more bytes follow the sound than tags and padding make up."""
        if n_bytes > PADDING + REST * of:
            self._flaw = Flaw("holds more sound than its header promises", "Export it again")

    def _reopen(self, file: io.RawIOBase) -> None:
        """Read from another file object in the place of the path."""
        self._file.close()
        if self._bytes is not None:
            self._bytes.close()
        self._bytes = file
        self._file = soundfile.SoundFile(file)
