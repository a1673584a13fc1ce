"""Files that are no audio: what they are, and what to do with them."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import BinaryIO

from .decoder import DecodingError
from .mp3 import after_tags

__all__ = ["other_file"]

HEAD = 512  # bytes that are looked at
PIECE = 2**20  # bytes read at a time
AGAIN = "Get the file itself, or leave it out"

# How files begin, what they are, and what to do.
_BEGINNINGS = (
    (b"version https://git-lfs", "it is a Git LFS pointer, not the file", "Run: git lfs pull"),
    (b"#EXTM3U", "it is a list of files", "Give the files that it names"),
    (b"[playlist]", "it is a list of files", "Give the files that it names"),
    (b"PK\3\4", "it is a ZIP archive", "Unpack it"),
    (b"\x1f\x8b", "it is a gzip archive", "Unpack it"),
    (b"7z\xbc\xaf", "it is a 7z archive", "Unpack it"),
    (b"Rar!", "it is a RAR archive", "Unpack it"),
    (b"%PDF", "it is a PDF document", AGAIN),
    (b"\x89PNG", "it is a picture", AGAIN),
    (b"\xff\xd8\xff", "it is a picture", AGAIN),
)
_PAGES = (b"<!doctype html", b"<html")


def other_file(path: str) -> DecodingError | None:
    """Return what a file is that no decoder knows; None if that is not known here either."""
    with Path(path).open("rb") as file:
        head = file.read(HEAD)
        for beginning, what, remedy in _BEGINNINGS:
            if head.startswith(beginning):
                return DecodingError(what, remedy)
        if any(page in head.lower() for page in _PAGES):
            return DecodingError("it is a web page", AGAIN)
        if _is_text(head):
            return DecodingError("it is text", AGAIN)
        if not head.strip(b"\0") and _is_zeros(file):
            return DecodingError("it holds only zeros", "Get it again, or leave it out")
        if after_tags(file) > os.fstat(file.fileno()).st_size:
            what = "it ends before its ID3 tag does, or the size of the tag is wrong"
            return DecodingError(what, "Get the whole file, or remove the tag")
    if path.lower().endswith((".raw", ".pcm")):
        what = "it holds bare samples, and nothing says of what rate"
        return DecodingError(what, "Convert it: ffmpeg -f s16le -ar RATE -ac 1 -i FILE FILE.wav")
    return None


def _is_text(head: bytes) -> bool:
    """Whether a file begins as UTF-8 or UTF-16 that can be printed."""
    utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8-sig")()
    try:
        text = decoder.decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(sign.isprintable() or sign in "\t\r\n\f" for sign in text)


def _is_zeros(file: BinaryIO) -> bool:
    """Whether only zeros follow."""
    while piece := file.read(PIECE):
        if piece.strip(b"\0"):
            return False
    return True
