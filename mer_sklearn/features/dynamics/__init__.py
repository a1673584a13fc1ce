"""Dynamics: how loud, how that changes, and how much is struck."""

from .dynamics import Dynamics
from .loudness import Loudness
from .percussive import Percussive

__all__ = ["Dynamics", "Loudness", "Percussive"]
