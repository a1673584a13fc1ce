"""Parameters that are worth searching, and the values to search.

They know no optimizer: whoever searches brings a trial that suggests, as Optuna's do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, Protocol, TypeAlias

__all__ = ["Choice", "Dimension", "Range", "Suggests"]


class Suggests(Protocol):
    """What a trial must be able to do."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        """Return a number from low to high."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool) -> int:
        """Return a whole number from low to high."""

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        """Return one of the choices."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; whole ones where both ends are of type int.

    Parameters
    ----------
    name : str
        The parameter.
    low, high : float or int
        The ends.
    log : bool, default=True
        Whether factors matter rather than differences.
    start : float or int, default=None
        Where the search starts.

    Examples
    --------
    >>> Range("C", 0.1, 100.0).starting_at(1000.0)
    Range(name='C', low=0.1, high=1000.0, log=True, start=1000.0)
    """

    name: str
    low: float
    high: float
    log: bool = True
    start: float | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def starting_at(self, value: Any) -> Range | None:
        """Return the range that holds a value and starts there; None where it is no such number."""
        fits = isinstance(value, Integral if self.whole else Real) and not isinstance(value, bool)
        if not fits or not math.isfinite(value) or (self.log and value <= 0):
            return None
        start = int(value) if self.whole else float(value)
        return replace(self, low=min(self.low, start), high=max(self.high, start), start=start)

    def suggest(self, trial: Suggests) -> float:
        """Return the number that a trial suggests."""
        if self.whole:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)

    def label(self, value: Any) -> Any:
        """Return the number as a trial knows it."""
        return value


@dataclass(frozen=True)
class Choice:
    """One of a few values of any kind, which trials know by their labels.

    Parameters
    ----------
    name : str
        The parameter.
    values : tuple
        The values, told apart by how they print.
    start : object, default=None
        Where the search starts.

    Examples
    --------
    >>> Choice("balance", ("auto", None)).labels
    ['auto', 'none']
    """

    name: str
    values: tuple[Any, ...]
    start: Any = None

    @property
    def labels(self) -> list[str]:
        """The names of the values."""
        return [self.label(value) for value in self.values]

    def starting_at(self, value: Any) -> Choice:
        """Return the choice that holds a value and starts there."""
        known = self.label(value) in self.labels
        return replace(self, values=self.values if known else (value, *self.values), start=value)

    def suggest(self, trial: Suggests) -> Any:
        """Return the value that a trial suggests."""
        labels = self.labels
        return self.values[labels.index(trial.suggest_categorical(self.name, labels))]

    def label(self, value: Any) -> str:
        """Return the name of a value."""
        return "none" if value is None else str(value)


Dimension: TypeAlias = Range | Choice
