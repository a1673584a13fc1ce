"""What a decoder is."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "MOST", "Decoder", "DecodingError", "Flaw", "FloatArray"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

BLOCK = 2**16  # frames a read: decoded, mixed and resampled while they are in a processor's cache
MOST = 2**20  # samples a read: a broken header may speak of a thousand channels


class DecodingError(Exception):
    """Why a file cannot be decoded, in a few words and without the file's name.

    Parameters
    ----------
    reason : str
        Why, as "its format is not known".
    remedy : str
        What to do, without a full stop.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


class Flaw(NamedTuple):
    """What a file lacks that was read to its end.

    Parameters
    ----------
    what : str
        A predicate, as "was cut".
    remedy : str
        How to come by all of it.
    """

    what: str
    remedy: str = "Get the whole file"

    @classmethod
    def change(cls, what: str) -> Flaw:
        """Return that of a file which is whole, but goes on as another."""
        return cls(what, "Convert all of it: ffmpeg -i FILE WHOLE.wav")


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

    def flaw(self) -> Flaw | None:
        """Return what is known, after reading, to be lacking or left over."""
        return None

    @abc.abstractmethod
    def close(self) -> None:
        """Close the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
