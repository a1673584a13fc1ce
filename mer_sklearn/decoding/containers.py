"""What the header of a container says of the bytes of sound in it, and what is really there.

A wav, aiff or caf file is a row of chunks, each with a name and a size; one of them holds the
sound. libsndfile takes what is there for what was meant, so that a file which was copied in part
looks whole. Programs that write to a pipe cannot go back and fill in the size: 0 and sizes near 2
and 4 GiB, or beyond all files, stand for "to the end of the file".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

__all__ = ["Extent", "filled_in", "sound_extent"]

Order = Literal["little", "big"]

# Sizes in bytes that are no sizes if the file is shorter.
PLACEHOLDERS = (range(0x7FFF_0000, 0x8001_0000), range(0xFFFF_0000, 2**32), range(2**62, 2**64))
MOST_CHUNKS = 10_000  # more are no chunks
TAGS = (b"ID3", b"TAG", b"APE")  # what some programs append without a chunk


@dataclass(frozen=True)
class Extent:
    """Where the sound of a file lies, in bytes.

    Attributes
    ----------
    start : int
        Its first byte.
    claimed : int
        How much the header claims; 0 if the file really is empty.
    there : int
        How much the file holds.
    beyond : int
        How much follows that is neither a chunk nor a tag.
    """

    start: int
    claimed: int
    there: int
    beyond: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the header leaves the end open."""
        return self.claimed == 0 or any(self.claimed in sizes for sizes in PLACEHOLDERS)


def sound_extent(path: str) -> Extent | None:
    """Return where the sound lies in a file with a size of it; None for other formats."""
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(40)
        if head[:4] in (b"RIFF", b"RF64", b"RIFX", b"FORM"):
            order: Order = "big" if head[:4] in (b"RIFX", b"FORM") else "little"
            return _of_chunks(file, size, order)
        if head[:4] == b"riff":
            return _of_w64(file, size)
        if head[:4] == b"caff":
            return _of_caf(file, size)
        if head[:4] == b".snd":
            start, claimed = (int.from_bytes(head[at : at + 4], "big") for at in (4, 8))
            return _plain(size, start, claimed)
        if head[:15] == b"ALawSoundFile**":
            return _plain(size, 32, int.from_bytes(head[18:22], "big"))
        if head[:19] == b"Creative Voice File":
            return _of_voc(file, size, int.from_bytes(head[20:22], "little"))
        if head[:10] == b"MATLAB 5.0":
            return _of_mat5(file, size)
    return None


def filled_in(path: str, extent: Extent) -> bytes:
    """Return what stands before the sound of a file of chunks, its open sizes filled in."""
    with Path(path).open("rb") as file:
        head = bytearray(file.read(extent.start))
    order: Order = "big" if head.startswith((b"RIFX", b"FORM")) else "little"
    most = 0xFFFF_FFFF
    head[4:8] = min(len(head) + extent.there - 8, most).to_bytes(4, order)
    head[-4:] = min(extent.there, most).to_bytes(4, order)
    return bytes(head)


def _of_chunks(file: BinaryIO, size: int, order: Order) -> Extent | None:
    """Return where the sound lies in a file of chunks."""
    long_size = 0
    for name, start, claimed in _chunks(file, 12, order):
        if name == b"ds64":
            file.seek(start + 8)
            long_size = int.from_bytes(file.read(8), order)
        if name in (b"data", b"SSND", b"BODY"):
            if claimed == 0xFFFF_FFFF and long_size:
                claimed = long_size
            return _extent(file, size, order, start, claimed)
    return None


def _extent(file: BinaryIO, size: int, order: Order, start: int, claimed: int) -> Extent:
    """Return the extent of the chunk of sound, and what follows it."""
    rest = max(0, size - start)
    if claimed >= rest:
        return Extent(start, claimed, rest)
    beyond = min(_unexplained(file, size, order, start + claimed + odd) for odd in (0, claimed % 2))
    if claimed == 0:  # nothing in it, or all that follows
        return Extent(start, 0, rest if beyond else 0)
    return Extent(start, claimed, claimed, beyond)


def _unexplained(file: BinaryIO, size: int, order: Order, at: int) -> int:
    """Return how many bytes from a place on are no chunks, tags or zeros."""
    for name, start, claimed in _chunks(file, at, order):
        if not name.isascii() or not name.decode().isprintable() or start + claimed > size:
            break
        at = start + claimed + claimed % 2
    file.seek(at)
    left = max(0, size - at)
    sample = file.read(min(left, 2**16))
    return 0 if sample.startswith(TAGS) or not any(sample) else left


def _chunks(file: BinaryIO, at: int, order: Order) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, first byte and claimed size of each chunk."""
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        claimed = int.from_bytes(head[4:], order)
        yield head[:4], at + 8, claimed
        at += 8 + claimed + claimed % 2


def _of_w64(file: BinaryIO, size: int) -> Extent | None:
    """Return where the sound lies in a w64 file: names of 16 bytes, sizes of 8, head included."""
    at = 40
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(24)
        claimed = int.from_bytes(head[16:], "little")
        if len(head) < 24 or claimed < 24:
            break
        if head[:4] == b"data":
            return _plain(size, at + 24, claimed - 24)
        at += -(-claimed // 8) * 8
    return None


def _of_caf(file: BinaryIO, size: int) -> Extent | None:
    """Return where the sound lies in a caf file: sizes of 8 bytes, and 4 bytes before the sound."""
    at = 8
    for _ in range(MOST_CHUNKS):
        file.seek(at)
        head = file.read(12)
        claimed = int.from_bytes(head[4:], "big")
        if len(head) < 12:
            break
        if head[:4] == b"data":
            return _plain(size, at + 16, max(0, claimed - 4))
        at += 12 + claimed
    return None


def _of_voc(file: BinaryIO, size: int, at: int) -> Extent | None:
    """Return where the sound lies in a voc file that begins with a block of sound."""
    file.seek(at)
    head = file.read(4)
    fields = {1: 2, 9: 12}.get(int.from_bytes(head[:1], "big"))
    if fields is None:
        return None
    return _plain(size, at + 4 + fields, int.from_bytes(head[1:], "little") - fields)


def _of_mat5(file: BinaryIO, size: int) -> Extent | None:
    """Return where the matrix lies that libsndfile reads."""
    file.seek(0)
    head = file.read(2**10)
    at = head.find(b"wavedata") + 12
    order: Order = "big" if head[126:128] == b"MI" else "little"
    return None if at < 12 else _plain(size, at + 4, int.from_bytes(head[at : at + 4], order))


def _plain(size: int, start: int, claimed: int) -> Extent:
    """Return the extent of sound in a file of a size."""
    return Extent(start, claimed, max(0, min(claimed, size - start)))
