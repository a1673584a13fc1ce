"""Harmony: which pitches sound, and what they are to each other."""

from .chroma import Chroma

__all__ = ["Chroma"]
