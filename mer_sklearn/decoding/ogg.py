"""Ogg files: whether the last page is whole, and whether one stream follows another.

libsndfile reads the first stream of a file up to its last whole page and calls that the length.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["ogg_flaw"]

HEAD = 27  # bytes of a page's head, before the table of its segments
FIRST = 0x02  # flag of the page that begins a stream


def ogg_flaw(path: str) -> str:
    """Return what is lacking of an Ogg file, in a few words; nothing if it is whole."""
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        at, begun = 0, False
        while True:
            file.seek(at)
            head = file.read(HEAD)
            if head[:4] != b"OggS":
                return ""
            segments = file.read(head[26]) if len(head) == HEAD else b""
            at += HEAD + len(segments) + sum(segments)
            if len(head) < HEAD or len(segments) < head[26] or at > size:
                return "was cut: its last page is not whole"
            if head[5] & FIRST and begun:
                return "holds several streams one after the other, of which one can be read"
            begun = begun or not head[5] & FIRST
