"""Timbre: what a sound is made of, over the bands of the ear, and how that moves."""

from .covariance import LaggedCovariance, MFCCCovariance
from .dynamics import MFCCDynamics
from .form import Form
from .mfcc import MFCC
from .modulation import ModulationSpectrum
from .texture import TextureWindows

__all__ = [
    "MFCC",
    "Form",
    "LaggedCovariance",
    "MFCCCovariance",
    "MFCCDynamics",
    "ModulationSpectrum",
    "TextureWindows",
]
