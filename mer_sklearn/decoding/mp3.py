"""How long an MP3 stream really is: its frames, counted.

A file of variable bit rate carries its number of frames in a first frame without sound (Xing, Info
or VBRI). Where that is missing, a decoder guesses the length from the first bit rates, and where it
is wrong (two files joined), believes it; libsndfile stops where that length ends. Walking over the
headers of the frames gives the number, and a frame of our own tells it.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["Count", "after_tags", "count_frames"]

# Layer III; by the version bits of a header: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5.
_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS = {3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)}
_KBITS[2] = _KBITS[0] = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_HIGHEST = 14  # index of the highest bit rate
_WORDS = (b"Xing", b"Info", b"VBRI")
_PIECE = 2**20  # bytes read at a time
_LONGEST_HOLE = 2**24  # bytes without a frame, after which there are none
_IN_A_ROW = 2  # frames that have to follow one that is found in a heap of bytes
_SYNC = re.compile(b"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
_NEAR = 0.01  # share by which a length in bytes may be off


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
        """Length of the frame."""
        kbits = _KBITS[self.version][self.rate_index - 1]
        return self.samples * 125 * kbits // self.hz + self.padding

    @functools.cached_property
    def hz(self) -> int:
        """Sampling rate."""
        return _HZ[self.version][self.hz_index]

    @property
    def samples(self) -> int:
        """Samples a channel: 1152 in MPEG-1, 576 in the others."""
        return 1152 if self.version == 3 else 576

    @property
    def tag_at(self) -> int:
        """Where the word Xing stands: after the header and the side information."""
        return 4 + ((17 if self.mono else 32) if self.version == 3 else (9 if self.mono else 17))


@dataclass(frozen=True)
class Count:
    """What the frames of a stream say.

    Attributes
    ----------
    samples : int
        How many samples a channel they hold.
    head : bytes
        What a decoder has to be given in front of byte `start`; nothing if it finds the length.
    start : int
        Where the file goes on.
    change : tuple of (float, int) or None
        When another stream follows: seconds from the beginning, and its rate in Hz.
    """

    samples: int
    head: bytes = b""
    start: int = 0
    change: tuple[float, int] | None = None


def count_frames(path: str) -> Count | None:
    """Count the frames of an MP3 file, unless it tells their number and holds no more.

    Parameters
    ----------
    path : str
        An MP3 file.

    Returns
    -------
    Count or None
        What was counted; None for a file that tells its length, and for one without frames.
    """
    with Path(path).open("rb") as file:
        frames = _walk(file, after_tags(file))
        start, first = next(frames, (0, None))
        if first is None:
            return None
        file.seek(start)
        head = file.read(first.length)
        told = next((word for word in _WORDS if word in head[:64]), None)
        if told and _holds_no_more(head, told, os.fstat(file.fileno()).st_size - start):
            return None
        return _count(_walk(file, start + (first.length if told else 0)), head, start, bool(told))


def after_tags(file: BinaryIO) -> int:
    """Return where the ID3v2 tags of a file end; their sizes have seven bits a byte."""
    at = 0
    while True:
        file.seek(at)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            return at
        a, b, c, d = head[6:]
        at += 10 + (a << 21 | b << 14 | c << 7 | d)


def _count(
    frames: Iterator[tuple[int, _Header]], head: bytes, start: int, told: bool
) -> Count | None:
    """Count frames; `head` is the first of the file, which may tell a wrong number."""
    first = _header(head[:4])
    assert first is not None
    count, rates, hz = 0, set(), first.hz
    for _, header in frames:
        if header.hz != hz:
            return Count(count * first.samples, change=(count * first.samples / hz, header.hz))
        count += 1
        rates.add(header.rate_index)
    samples = count * first.samples
    if told:
        return Count(samples, _corrected(head, count), start + first.length)
    if len(rates) < 2:  # the guess of a decoder is right
        return Count(samples)
    return Count(samples, _counting_frame(head[:4], first, count), start)


def _walk(file: BinaryIO, at: int) -> Iterator[tuple[int, _Header]]:
    """Yield place and header of each whole frame; a hole between frames is passed over."""
    size = os.fstat(file.fileno()).st_size
    piece, base, begun = b"", at, False
    while at + 4 <= size:
        place = at - base
        if not 0 <= place <= len(piece) - 4:
            file.seek(at)
            piece, base, place = file.read(_PIECE), at, 0
        header = _header(piece[place : place + 4])
        if header is None or not (begun or _followed(file, at, header, size)):
            found = _resume(file, at + 1, size)
            if found is None:
                return
            at, header = found
        end = at + header.length
        if end > size:
            return
        begun = True
        yield at, header
        at = end


def _resume(file: BinaryIO, at: int, size: int) -> tuple[int, _Header] | None:
    """Return the next frame that others follow."""
    last = min(size, at + _LONGEST_HOLE)
    while at < last:
        file.seek(at)
        piece = file.read(_PIECE)
        for match in _SYNC.finditer(piece):
            place = at + match.start()
            header = _header(piece[match.start() : match.start() + 4])
            if header and _followed(file, place, header, size):
                return place, header
        at += max(1, len(piece) - 3)
    return None


def _followed(file: BinaryIO, at: int, header: _Header, size: int) -> bool:
    """Whether frames of the same stream follow a frame: chance would not make so many."""
    for _ in range(_IN_A_ROW):
        at += header.length
        file.seek(at)
        following = _header(file.read(4))
        if following is None:
            return at == size
        if (following.version, following.hz_index) != (header.version, header.hz_index):
            return False
        header = following
    return True


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


def _holds_no_more(head: bytes, word: bytes, size: int) -> bool:
    """Whether the length in bytes that a first frame tells reaches to the end of the file."""
    at = head.find(word)
    if word == b"VBRI":
        told = int.from_bytes(head[at + 10 : at + 14], "big")
    else:
        flags = int.from_bytes(head[at + 4 : at + 8], "big")
        if flags & 3 != 3:  # of frames, of bytes
            return False
        told = int.from_bytes(head[at + 12 : at + 16], "big")
    return size <= told * (1 + _NEAR) + 2 * len(head)


def _corrected(head: bytes, count: int) -> bytes:
    """Return a frame that tells the number of frames, with the right one."""
    word = next(word for word in _WORDS if word in head[:64])
    place = head.find(word) + (14 if word == b"VBRI" else 8)
    out = bytearray(head)
    if word != b"VBRI":
        flags = int.from_bytes(out[place - 4 : place], "big")
        if not flags & 1:  # there is no number to correct
            return bytes(out)
    out[place : place + 4] = count.to_bytes(4, "big")
    return bytes(out)


def _counting_frame(head: bytes, first: _Header, count: int) -> bytes:
    """Return a frame without sound that holds the number of frames, at the highest bit rate."""
    frame = _Header(first.version, _HIGHEST, first.hz_index, padding=0, mono=first.mono)
    rates = _HIGHEST << 4 | first.hz_index << 2
    out = bytearray(frame.length)
    out[:4] = bytes([0xFF, head[1] | 1, rates, head[3]])  # bit 1: no checksum follows
    out[frame.tag_at : frame.tag_at + 12] = b"Xing\0\0\0\x01" + count.to_bytes(4, "big")
    return bytes(out)
