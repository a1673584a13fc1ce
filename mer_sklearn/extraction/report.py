"""What was left out, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Failure", "as_table", "shown"]


@dataclass(frozen=True)
class Failure:
    """An item that gave no row.

    Parameters
    ----------
    file : str
        What it is called.
    reason : str
        Why it gave none.
    remedy : str
        What to do.
    """

    file: str
    reason: str
    remedy: str

    @property
    def sentence(self) -> str:
        """File, reason and remedy in a line."""
        return f"{self.file}: {self.reason}. {self.remedy}".strip()

    @classmethod
    def of(cls, name: str, sentence: str) -> Failure:
        """Take a sentence of ours apart, which reads "FILE: reason. Remedy.".

        Examples
        --------
        >>> Failure.of("a.mp3", "a.mp3: is empty. Give the path of an audio file.")
        Failure(file='a.mp3', reason='is empty', remedy='Give the path of an audio file.')
        """
        file = shown(name)
        text = shown(sentence).removeprefix(f"{file}: ")
        reason, stop, remedy = text.rpartition(". ")
        return cls(file, reason if stop else text, remedy if stop else "")


def as_table(failures: Mapping[int, Failure] | Sequence[Failure]) -> pd.DataFrame:
    """Return failures as a table; those with a place are indexed by it.

    Parameters
    ----------
    failures : mapping of int to Failure, or sequence of Failure
        The failures, by the place of their items in X.

    Returns
    -------
    DataFrame with the columns file, reason, remedy
        One line a failure.
    """
    import pandas as pd

    by_place = failures if isinstance(failures, Mapping) else dict(enumerate(failures))
    return pd.DataFrame(
        [asdict(failure) for failure in by_place.values()],
        columns=["file", "reason", "remedy"],
        index=pd.Index(list(by_place), name="row", dtype="int64"),
    )


def shown(name: str) -> str:
    r"""Return a path as text that can be written anywhere: bytes that are no UTF-8 as ``\xe9``.

    Examples
    --------
    >>> shown("caf\udce9.mp3")
    'caf\\xe9.mp3'
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return name
