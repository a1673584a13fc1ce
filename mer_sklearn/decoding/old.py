"""How many frames the headers of some old formats promise.

libsndfile counts what a file holds and calls that the length; of a MIDI sample dump it believes the
header, and gives zeros for what is not there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

__all__ = ["frames_promised", "frames_there"]

HEAD = 2**12  # bytes, in which every header here ends
SDS_HEAD, SDS_PACKET = 21, 127  # bytes


def frames_promised(path: str, kind: str) -> int | None:
    """Return how many frames the header of a file promises; None if it does not.

    Parameters
    ----------
    path : str
        The file.
    kind : str
        Its format, as soundfile calls it.
    """
    if kind not in _PROMISES:
        return None
    with Path(path).open("rb") as file:
        return _PROMISES[kind](file.read(HEAD))


def frames_there(path: str) -> int:
    """Return how many frames a MIDI sample dump holds: packets of words of 7 bits a byte."""
    with Path(path).open("rb") as file:
        bits = file.read(SDS_HEAD)[6]
        size = os.fstat(file.fileno()).st_size
    words = 60 if bits <= 14 else 40 if bits <= 21 else 30
    return max(0, size - SDS_HEAD) // SDS_PACKET * words


def _of_nist(head: bytes) -> int | None:
    """Return a field of the text that a NIST file begins with."""
    found = re.search(rb"^sample_count -i (\d+)", head, re.MULTILINE)
    return int(found[1]) if found else None


def _of_mat4(head: bytes) -> int | None:
    """Return the number of columns of the matrix that libsndfile reads."""
    at = head.find(b"wavedata") - 12
    if at < 0:
        return None
    return int.from_bytes(head[at : at + 4], "big" if head[2] else "little")


_PROMISES: dict[str, Callable[[bytes], int | None]] = {
    "AVR": lambda head: int.from_bytes(head[26:30], "big"),
    "MPC2K": lambda head: int.from_bytes(head[30:34], "little"),
    "NIST": _of_nist,
    "MAT4": _of_mat4,
}
