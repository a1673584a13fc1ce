"""What families and presets there are, and what their columns say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .family import FAMILIES, FeatureFamily, Meaning
from .presets import PRESETS, families_of, preset

__all__ = ["Entry", "catalogue"]


@dataclass(frozen=True)
class Entry:
    """A family as the catalogue lists it.

    Attributes
    ----------
    family : FeatureFamily
        The family with its parameters.
    presets : tuple of str
        The presets that hold it, whatever its parameters there.
    """

    family: FeatureFamily
    presets: tuple[str, ...]

    @property
    def columns(self) -> list[tuple[str, Meaning]]:
        """Names of the columns, each with what it says."""
        return [(name, _meaning(self.family, name)) for name in self.family.column_names()]

    @property
    def meanings(self) -> list[tuple[Meaning, int]]:
        """What the columns say, each with the number of columns that say it."""
        said = [meaning for _, meaning in self.columns]
        return [(meaning, said.count(meaning)) for meaning in dict.fromkeys(said)]


def catalogue(name: str | None = None) -> list[Entry]:
    """Return the families of a preset, one family, or all there are.

    Parameters
    ----------
    name : str, default=None
        Name of a preset or of a family; None lists all families as they are by default.

    Returns
    -------
    list of Entry
        The families, those of a preset with its parameters.

    Raises
    ------
    InputError
        If no preset and no family has this name; the message names the nearest.

    Examples
    --------
    >>> entry = catalogue("chroma")[0]
    >>> entry.columns[0]
    ('chroma__C__mean', Meaning(columns='*', unit='0 to 1', text='strength of a pitch class...'))
    """
    if name is None:
        families: Sequence[FeatureFamily] = [FAMILIES[known]() for known in FAMILIES]
    else:
        families = families_of(name)
    return [Entry(family, _presets_of(family)) for family in families]


def _presets_of(family: FeatureFamily) -> tuple[str, ...]:
    """Return the presets that hold a family of this kind."""
    return tuple(name for name in PRESETS if any(type(f) is type(family) for f in preset(name)))


def _meaning(family: FeatureFamily, column: str) -> Meaning:
    """Return what a column says: the first meaning whose pattern fits."""
    return next(meaning for meaning in family.meanings if meaning.fits(column))
