"""Harmony: which pitches sound, and what they are to each other."""

from .chroma import Chroma
from .intervals import Intervals
from .key import Key
from .key_chords import KeyAndChords
from .melody import MelodyAndBass
from .notes import NoteActivity
from .register import Register
from .tonality import Tonality
from .tonic_harmony import TonicRelativeHarmony
from .tonnetz import Tonnetz
from .vocal import VocalLine

__all__ = [
    "Chroma",
    "Intervals",
    "Key",
    "KeyAndChords",
    "MelodyAndBass",
    "NoteActivity",
    "Register",
    "Tonality",
    "TonicRelativeHarmony",
    "Tonnetz",
    "VocalLine",
]
