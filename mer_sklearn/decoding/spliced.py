"""A file whose first bytes, or whose size, are others than on the disk."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

__all__ = ["Spliced"]


class Spliced(io.RawIOBase):
    """A file in which `head` stands in the place of all before byte `start`; nothing is copied.

    Parameters
    ----------
    path : str
        The file.
    head : bytes
        What comes first.
    start : int
        Where the file goes on.
    size : int, default=0
        The size that is told, if it is larger than the file. What is read in order ends with the
        file; who looks behind its end finds zeros.
    """

    def __init__(self, path: str, head: bytes = b"", start: int = 0, size: int = 0) -> None:
        super().__init__()
        self._file = Path(path).open("rb")  # noqa: SIM115  # closed with this object
        self._head, self._shift, self._at = head, start - len(head), 0
        self._size = size

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        size = max(self._there(), self._size)
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes."""
        head = self._head[self._at : self._at + len(buffer)]
        if head:
            buffer[: len(head)] = head
            n_bytes = len(head)
        elif self._there() < self._at < self._size:
            n_bytes = min(len(buffer), self._size - self._at)
            buffer[:n_bytes] = bytes(n_bytes)
        else:
            self._file.seek(self._at + self._shift)
            n_bytes = self._file.readinto(buffer)
        self._at += n_bytes
        return n_bytes

    def _there(self) -> int:
        """Return how many bytes there are."""
        return os.fstat(self._file.fileno()).st_size - self._shift

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
