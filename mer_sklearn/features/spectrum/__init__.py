"""Spectrum: where its energy lies and how it moves."""

from .spectral import SpectralStatistics

__all__ = ["SpectralStatistics"]
