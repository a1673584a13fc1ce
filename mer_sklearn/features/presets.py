"""Sets of families by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..errors import unknown_name
from .family import FeatureFamily
from .harmony import Chroma
from .spectrum import SpectralStatistics
from .timbre import MFCC

__all__ = ["PRESETS", "preset"]

PRESETS: Mapping[str, Callable[[], list[FeatureFamily]]] = MappingProxyType(
    {
        # The means of 40 cepstral coefficients: what the simplest published systems use.
        "mfcc40-mean": lambda: [MFCC(n_mfcc=40, deltas=0, statistics=("mean",))],
        # The usual set: timbre with its differences, pitch classes, spectral shape; 425 columns.
        "plain": lambda: [MFCC(n_mfcc=20), Chroma(), SpectralStatistics()],
    }
)


def preset(name: str) -> list[FeatureFamily]:
    """Return the families of a preset.

    Parameters
    ----------
    name : str
        A name from `PRESETS`.

    Returns
    -------
    list of FeatureFamily
        New objects, with the parameters of the preset.

    Raises
    ------
    InputError
        If there is no such preset; the message names the nearest.

    Examples
    --------
    >>> preset("mfcc40-mean")
    [MFCC(deltas=0, n_mfcc=40, statistics=('mean',))]
    """
    if name not in PRESETS:
        raise unknown_name("feature preset", name, PRESETS)
    return PRESETS[name]()
