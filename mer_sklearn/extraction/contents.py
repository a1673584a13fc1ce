"""What a file holds: the hash of its bytes, and how to know without reading that it is the same.

A file is known again by path, size, times of change and inode: a *stamp*. A stamp is only trusted
if it was settled when the bytes were read: a file that was written within the last two seconds may
be written again without a visible change of its times (git calls such an entry racy).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import stat
import time
from importlib.metadata import version
from typing import NamedTuple

from .. import __version__
from ..audio import DECODING, AudioItem, Clip, Segment

__all__ = [
    "Content",
    "Stamp",
    "absolute",
    "content_key",
    "decoders",
    "path_of",
    "read_content",
    "row_key",
    "stamp_of",
]

GRANULE_NS = 2_000_000_000  # FAT keeps times of change to two seconds; all others are finer


class Stamp(NamedTuple):
    """What a file system says of a file; another stamp may mean other bytes."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Content(NamedTuple):
    """What a file held when it was read.

    Parameters
    ----------
    digest : str
        SHA-256 of its bytes.
    stamp : Stamp
        What the file system said of it.
    is_settled : bool
        Whether the stamp alone says that the bytes are the same.
    """

    digest: str
    stamp: Stamp
    is_settled: bool


def path_of(item: AudioItem) -> str | None:
    """Return the path of a file or segment; None for clips."""
    if isinstance(item, Clip):
        return None
    return os.fspath(item.path if isinstance(item, Segment) else item)


def absolute(path: str) -> str:
    """Return a path from the root, links and all."""
    return os.path.abspath(path)  # noqa: PTH100  # resolve() would ask the file system


def stamp_of(path: str) -> Stamp | None:
    """Return the stamp of a file; None for what is missing or no file, as a pipe."""
    try:
        found = os.stat(path)  # noqa: PTH116  # a million times: a Path costs as much again
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def read_content(path: str) -> Content | None:
    """Read and hash a file; None if it cannot be read or changes meanwhile."""
    now = time.time_ns()
    before = stamp_of(path)  # a pipe would be waited for
    if before is None:
        return None
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # as above
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
    if stamp_of(path) != before:
        return None
    return Content(digest, before, max(before.mtime_ns, before.ctime_ns) + GRANULE_NS <= now)


def row_key(digest: str, item: AudioItem) -> str:
    """Return what identifies the samples that an item takes from a file of this digest."""
    segment = item if isinstance(item, Segment) else Segment("")
    duration = None if segment.duration is None else float(segment.duration)
    return f"{digest}:{float(segment.offset)}:{duration}:{DECODING}"


@functools.cache
def decoders() -> str:
    """Return what changes when another set of libraries decodes: it may read what this cannot."""
    import soundfile

    libsndfile = f"{soundfile.__version__} {soundfile.__libsndfile_version__}"
    av = version("av") if importlib.util.find_spec("av") else None
    return f"mer {__version__}, decoding {DECODING}, soundfile {libsndfile}, av {av}"


def content_key(item: AudioItem) -> str | None:
    """Return what identifies the samples of a file or segment; None for clips and missing files."""
    path = path_of(item)
    content = None if path is None else read_content(path)
    return None if content is None else row_key(content.digest, item)
