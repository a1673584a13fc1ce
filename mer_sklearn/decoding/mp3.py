"""How long an MP3 stream really is: its frames, counted.

A file of variable bit rate carries its number of frames in a first frame without sound (Xing, Info
or VBRI). Where that is missing, a decoder guesses the length from the first bit rates, and where it
is wrong (two files joined), believes it; libsndfile stops where that length ends. Walking over the
headers of the frames gives the number, and a frame of our own tells it. Layers I and II (mp2) have
no such frame: there the decoder is told a larger file, so that its guess is long enough.
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

# By the version bits of a header: 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5.
_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
# By layer: the bit rates of MPEG-1, and of the others.
_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_KBITS = {
    1: (
        tuple(range(32, 449, 32)),
        (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    ),
    2: ((32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384), _LOW),
    3: ((32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), _LOW),
}
_HIGHEST = 14  # index of the highest bit rate
_WORDS = (b"Xing", b"Info", b"VBRI")
_PIECE = 2**20  # bytes read at a time
_LONGEST_HOLE = 2**24  # bytes without a frame, after which there are none
_IN_A_ROW = 2  # frames that have to follow one that is found in a heap of bytes
_SYNC = re.compile(b"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]")
_NEAR = 0.01  # share by which a length in bytes may be off
_SLACK = 3_000  # bytes by which it may be off, too: two frames


@dataclass(frozen=True)
class _Header:
    """What the four bytes at the head of a frame say; lengths in bytes."""

    version: int
    layer: int
    rate_index: int
    hz_index: int
    padding: int
    mono: bool

    @functools.cached_property
    def length(self) -> int:
        """Length of the frame."""
        kbits = _KBITS[self.layer][self.version != 3][self.rate_index - 1]
        slot = 4 if self.layer == 1 else 1
        return (self.samples * 125 // slot * kbits // self.hz + self.padding) * slot

    @functools.cached_property
    def hz(self) -> int:
        """Sampling rate."""
        return _HZ[self.version][self.hz_index]

    @property
    def samples(self) -> int:
        """Samples a channel."""
        if self.layer == 1:
            return 384
        return 576 if self.layer == 3 and self.version != 3 else 1152

    @functools.cached_property
    def sound(self) -> tuple[int, bool]:
        """What a decoder cannot change in the middle: the rate, and whether it is mono."""
        return self.hz, self.mono

    def begins_as(self, other: _Header) -> bool:
        """Whether another is of the same stream."""
        return (self.layer, self.sound) == (other.layer, other.sound)

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
        How many samples a channel there should be.
    head : bytes
        What a decoder has to be given in front of byte `start`.
    start : int
        Where the file goes on.
    size : int
        What a decoder has to be told of the size of the file, where a head says nothing to it.
    change : str
        What changes when another stream follows, as a predicate.
    """

    samples: int
    head: bytes = b""
    start: int = 0
    size: int = 0
    change: str = ""


@dataclass(frozen=True)
class _Told:
    """What a first frame tells of the length.

    Parameters
    ----------
    word : bytes
        Xing, Info or VBRI.
    at : int
        Where the word stands.
    frames, size : int or None
        How many frames and bytes there should be.
    """

    word: bytes
    at: int
    frames: int | None
    size: int | None

    def reaches(self, size: int) -> bool:
        """Whether a file of a size holds no more than is told, as far as a decoder can read it."""
        if self.word == b"VBRI" or self.frames is None or self.size is None:
            return False
        return size <= self.size * (1 + _NEAR) + _SLACK

    def promised(self, count: int, size: int) -> int:
        """Return how many frames there should be, of which some were counted in a size."""
        if self.size is not None and size > (1 - _NEAR) * self.size:  # it is whole
            return count
        if self.frames is not None:
            return max(count, self.frames)
        return count if self.size is None else round(count * self.size / size)


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
        size = os.fstat(file.fileno()).st_size - start
        told = _told(head) if first.layer == 3 else None
        if told is None:
            return _counted(_walk(file, start), head, start)
        if told.reaches(size):
            return None
        return _corrected(_walk(file, start + first.length), head, start, told, size)


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


def _counted(frames: Iterator[tuple[int, _Header]], head: bytes, start: int) -> Count:
    """Count the frames of a file that tells no length; `head` is its first."""
    first = _known(head)
    sound = _Sound(first)
    sound.count(frames)
    if sound.change or len(sound.rates) < 2:  # then the guess of a decoder is right
        return Count(sound.samples, change=sound.change)
    if first.layer != 3:
        return Count(sound.samples, start=start, size=2 * sound.n_frames * first.length)
    return Count(sound.samples, _counting_frame(head, first, sound.n_frames), start)


def _corrected(
    frames: Iterator[tuple[int, _Header]], head: bytes, start: int, told: _Told, size: int
) -> Count:
    """Count the frames of a file whose first one, `head`, tells a length that may be wrong."""
    first = _known(head)
    sound = _Sound(first)
    sound.count(frames)
    if sound.change:
        return Count(sound.samples, change=sound.change)
    samples = told.promised(sound.n_frames, size) * first.samples
    if told.word == b"VBRI" or told.frames is None:  # decoders do not read it
        correct = _counting_frame(head, first, sound.n_frames)
    else:
        place = told.at + 8
        correct = head[:place] + sound.n_frames.to_bytes(4, "big") + head[place + 4 :]
    return Count(samples, correct, start + first.length)


class _Sound:
    """The sum of frames, up to where another stream begins.

    Parameters
    ----------
    first : _Header
        The first frame.
    """

    def __init__(self, first: _Header) -> None:
        self.first = first
        self.n_frames = self.samples = 0
        self.rates: set[int] = set()
        self.change = ""

    def count(self, frames: Iterator[tuple[int, _Header]]) -> None:
        """Count frames."""
        for _, header in frames:
            if header.sound != self.first.sound:
                self.change = self._goes_on(header)
                return
            self.n_frames += 1
            self.samples += header.samples
            self.rates.add(header.rate_index)

    def _goes_on(self, other: _Header) -> str:
        hz, seconds = self.first.hz, f"{self.samples / self.first.hz:.2f} s"
        if other.hz != hz:
            return f"goes on at {other.hz} Hz after {seconds} at {hz} Hz"
        names = ("stereo", "mono")
        return f"goes on in {names[other.mono]} after {seconds} in {names[self.first.mono]}"


def _walk(file: BinaryIO, at: int) -> Iterator[tuple[int, _Header]]:
    """Yield place and header of each whole frame; a hole between frames is passed over."""
    size = os.fstat(file.fileno()).st_size
    piece, base, last = b"", at, None
    while at + 4 <= size:
        place = at - base
        if not 0 <= place <= len(piece) - 4:
            file.seek(at)
            piece, base, place = file.read(_PIECE), at, 0
        header = _header(piece[place : place + 4])
        goes_on = header is not None and last is not None and header.begins_as(last)
        if header is None or not (goes_on or _followed(file, at, header, size)):
            found = _resume(file, at + 1, size)
            if found is None:
                return
            at, header = found
        end = at + header.length
        if end > size:
            return
        last = header
        yield at, header
        at = end


def _resume(file: BinaryIO, at: int, size: int) -> tuple[int, _Header] | None:
    """Return the next frame that others follow."""
    end = min(size, at + _LONGEST_HOLE)
    while at < end:
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
        if not following.begins_as(header):
            return False
        header = following
    return True


@functools.lru_cache(maxsize=1024)  # an hour has a hundred thousand frames, but few headers
def _header(head: bytes) -> _Header | None:
    """Return what the four bytes of a header say; None for what is no header."""
    if len(head) < 4 or head[0] != 0xFF or head[1] < 0xE0:
        return None
    version, layer, rate_index = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 4
    hz_index, padding = head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_index in (0, 15) or hz_index == 3:
        return None
    return _Header(version, layer, rate_index, hz_index, padding, mono=head[3] >> 6 == 3)


def _known(head: bytes) -> _Header:
    """Return the header of a frame that was found to be one."""
    header = _header(head[:4])
    assert header is not None
    return header


def _told(head: bytes) -> _Told | None:
    """Return what a first frame tells of the length; None if it holds sound."""
    word = next((word for word in _WORDS if word in head[:64]), None)
    if word is None:
        return None
    at = head.find(word)
    if word == b"VBRI":
        return _Told(word, at, _number(head, at + 14), _number(head, at + 10))
    flags = _number(head, at + 4)
    frames = _number(head, at + 8) if flags & 1 else None
    return _Told(word, at, frames, _number(head, at + 8 + 4 * (flags & 1)) if flags & 2 else None)


def _number(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 4], "big")


def _counting_frame(head: bytes, first: _Header, count: int) -> bytes:
    """Return a frame without sound that holds the number of frames, at the highest bit rate."""
    frame = _Header(first.version, 3, _HIGHEST, first.hz_index, padding=0, mono=first.mono)
    rates = _HIGHEST << 4 | first.hz_index << 2
    out = bytearray(frame.length)
    out[:4] = bytes([0xFF, head[1] | 1, rates, head[3]])  # bit 1: no checksum follows
    out[frame.tag_at : frame.tag_at + 12] = b"Xing\0\0\0\x01" + count.to_bytes(4, "big")
    return bytes(out)
