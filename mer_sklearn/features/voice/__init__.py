"""Voice: pitch, quality and articulation of one speaker."""

from .covariance import StackedCovariance, VoiceCovariance
from .formants import Formants
from .quality import VoiceQuality
from .speech_bands import SpeechBands
from .speech_mfcc import SpeechMFCC
from .speech_modulation import SpeechModulation
from .speech_thirds import SpeechThirds
from .voice_pitch import VoicePitch

__all__ = [
    "Formants",
    "SpeechBands",
    "SpeechMFCC",
    "SpeechModulation",
    "SpeechThirds",
    "StackedCovariance",
    "VoiceCovariance",
    "VoicePitch",
    "VoiceQuality",
]
