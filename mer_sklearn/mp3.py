"""MP3 files that do not say how long they are, and the decoder that says too much.

A file of variable bit rate carries its number of frames in a first frame without sound (Xing, Info
or VBRI). Where that is missing, a decoder guesses the length from the first bit rates, and
libsndfile stops where the guess ends. Walking over the headers of the frames gives the number.

The decoder writes notes on damaged frames straight to the standard error of the process, where they
tear a progress bar and name no file. Our own sentences say what matters.
"""

from __future__ import annotations

import contextlib
import functools
import io
import mmap
import os
import threading
from dataclasses import dataclass
from pathlib import Path

__all__ = ["quiet_decoder", "with_frame_count"]

# Layer III; by the version bits of a header: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5.
_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS = {3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)}
_KBITS[2] = _KBITS[0] = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_HIGHEST = 14  # index of the highest bit rate


@dataclass(frozen=True)
class _Header:
    """What the four bytes at the head of a frame say; lengths in bytes."""

    version: int
    rate_index: int
    hz_index: int
    padding: int
    mono: bool

    @functools.cached_property
    def length(self) -> int:
        """Length of the frame: 1152 samples in MPEG-1, 576 in the others."""
        kbits = _KBITS[self.version][self.rate_index - 1]
        bytes_a_hz = 144_000 if self.version == 3 else 72_000
        return bytes_a_hz * kbits // _HZ[self.version][self.hz_index] + self.padding

    @property
    def tag_at(self) -> int:
        """Where the word Xing stands: after the header and the side information."""
        return 4 + ((17 if self.mono else 32) if self.version == 3 else (9 if self.mono else 17))


def with_frame_count(path: str | os.PathLike[str]) -> io.BytesIO | None:
    """Return an MP3 file with the frame that tells its length in front, where that is needed.

    Parameters
    ----------
    path : str or path
        An MP3 file.

    Returns
    -------
    BytesIO or None
        The stream; None for a file that tells its length or whose bit rate is constant.
    """
    with (
        Path(path).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        start = _after_tags(data)
        first = _header(data[start : start + 4])
        if first is None or _tells_length(data[start : start + first.length]):
            return None
        count, rates, at, end = 0, set(), start, len(data)
        while (header := _header(data[at : at + 4])) and at + header.length <= end:
            count, at = count + 1, at + header.length
            rates.add(header.rate_index)
        if len(rates) < 2:
            return None
        return io.BytesIO(_counting_frame(data[start : start + 4], first, count) + data[start:])


def _after_tags(data: mmap.mmap) -> int:
    """Return where the ID3v2 tags end; their sizes have seven bits a byte."""
    at = 0
    while data[at : at + 3] == b"ID3" and len(data) >= at + 10:
        size = data[at + 6 : at + 10]
        at += 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    return at


@functools.lru_cache(maxsize=1024)  # an hour has a hundred thousand frames, but few headers
def _header(head: bytes) -> _Header | None:
    """Return what the four bytes of a header say; None for what is no header of layer III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate_index = head[1] >> 3 & 3, head[2] >> 4
    hz_index, padding = head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or rate_index in (0, 15) or hz_index == 3:
        return None
    return _Header(version, rate_index, hz_index, padding, mono=head[3] >> 6 == 3)


def _tells_length(frame: bytes) -> bool:
    """Whether a frame is one of those that hold the number of frames instead of sound."""
    return any(word in frame[:64] for word in (b"Xing", b"Info", b"VBRI"))


def _counting_frame(head: bytes, first: _Header, count: int) -> bytes:
    """Return a frame without sound that holds the number of frames, at the highest bit rate."""
    frame = _Header(first.version, _HIGHEST, first.hz_index, padding=0, mono=first.mono)
    rates = _HIGHEST << 4 | first.hz_index << 2
    out = bytearray(frame.length)
    out[:4] = bytes([0xFF, head[1] | 1, rates, head[3]])  # bit 1: no checksum follows
    out[frame.tag_at : frame.tag_at + 12] = b"Xing\0\0\0\x01" + count.to_bytes(4, "big")
    return bytes(out)


def quiet_decoder() -> contextlib.AbstractContextManager[None]:
    """Keep what a decoder writes to the standard error of the process from the user's terminal.

    Threads may overlap: the first turns it off and the last one on again.
    """
    return _silence


class _Silence:
    """The standard error of the process, turned off while anyone decodes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.decoding = 0
        self.kept: int | None = None

    def __enter__(self) -> None:
        with self.lock:
            self.decoding += 1
            if self.decoding == 1:
                with contextlib.suppress(OSError):  # a process may have closed it
                    self._turn_off()

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.decoding -= 1
            if not self.decoding and self.kept is not None:
                os.dup2(self.kept, 2)
                os.close(self.kept)
                self.kept = None

    def _turn_off(self) -> None:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        self.kept = kept


_silence = _Silence()
