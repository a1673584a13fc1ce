"""Ogg files: whether their end is there, and whether one stream follows another.

libsndfile reads the first stream of a file up to its last whole page and calls that the length.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from .decoder import Flaw

__all__ = ["ogg_flaw"]

HEAD = 27  # bytes of a page's head, before the table of its segments
FIRST, LAST = 0x02, 0x04  # flags of the pages that begin and end a stream
PIECE = 2**16  # bytes read at a time


def ogg_flaw(path: str) -> Flaw | None:
    """Return what is lacking of an Ogg file; None if it is whole."""
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        at, begun = 0, False
        open_streams: set[bytes] = set()
        while (at := _next_page(file, at)) < size:
            file.seek(at)
            head = file.read(HEAD)
            segments = file.read(head[26]) if len(head) == HEAD else b""
            at += HEAD + len(segments) + sum(segments)
            if len(head) < HEAD or len(segments) < head[26] or at > size:
                return Flaw("was cut: its last page is not whole")
            flags, stream = head[5], head[14:18]
            if flags & FIRST and begun:
                several = "holds several streams one after the other, of which one can be read"
                return Flaw.change(several)
            begun = begun or not flags & FIRST
            (open_streams.discard if flags & LAST else open_streams.add)(stream)
    if open_streams:
        return Flaw("was cut, or its recording was: no page is marked as the last")
    return None


def _next_page(file: BinaryIO, at: int) -> int:
    """Return where the next page begins; the size of the file if there is none."""
    file.seek(at)
    if file.read(4) == b"OggS":
        return at
    while True:
        file.seek(at)
        piece = file.read(PIECE)
        found = piece.find(b"OggS")
        if found >= 0:
            return at + found
        if len(piece) < 4:
            return at + len(piece)
        at += len(piece) - 3
