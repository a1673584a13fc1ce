"""Timbre: what a sound is made of, over the bands of the ear."""

from .mfcc import MFCC

__all__ = ["MFCC"]
