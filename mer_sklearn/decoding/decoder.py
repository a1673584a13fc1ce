"""What a decoder is."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "MOST", "Decoder", "DecodingError", "FloatArray"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

BLOCK = 2**16  # frames a read: decoded, mixed and resampled while they are in a processor's cache
MOST = 2**20  # samples a read: a broken header may speak of a thousand channels


class DecodingError(Exception):
    """Why a file cannot be decoded, in a few words and without the file's name."""


class Decoder(abc.ABC):
    """An opened audio file.

    Attributes
    ----------
    rate : int
        Frames a second.
    promised : int or None
        How many frames header or stream promise; None if they do not say.
    """

    rate: int
    promised: int | None

    @abc.abstractmethod
    def blocks(self, start: int, stop: int | None) -> Iterator[FloatArray]:
        """Yield the samples of the frames from `start` on, each block (n_frames, n_channels).

        A block may be overwritten by the next. `stop` says which frames are not wanted any more;
        the last block may hold some of them.
        """

    def flaw(self) -> str:
        """Return what is known, after reading, to be lacking or left over; in a few words."""
        return ""

    @abc.abstractmethod
    def close(self) -> None:
        """Close the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
