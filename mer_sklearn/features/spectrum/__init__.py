"""Spectrum: where its energy lies and how it moves."""

from .balance import SpectralBalance
from .correlation import BandCorrelation
from .ltas import LongTermSpectrum
from .moments import SpectralMoments
from .roughness import Roughness
from .spectral import SpectralStatistics
from .ssd import BandDescriptors

__all__ = [
    "BandCorrelation",
    "BandDescriptors",
    "LongTermSpectrum",
    "Roughness",
    "SpectralBalance",
    "SpectralMoments",
    "SpectralStatistics",
]
