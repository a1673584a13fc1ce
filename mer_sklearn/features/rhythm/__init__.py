"""Rhythm: when something begins, and how regularly."""

from .band_onsets import BandOnsets
from .band_tempogram import BandTempogram
from .onset import OnsetStrength
from .tempo import Tempo
from .tempogram import Tempogram

__all__ = ["BandOnsets", "BandTempogram", "OnsetStrength", "Tempo", "Tempogram"]
