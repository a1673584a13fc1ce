"""Decoders: from an audio file to blocks of samples, whatever the file claims to hold.

Everything that libsndfile opens goes through it. What it does not know (m4a, aac, wma, webm and
more) goes through PyAV, if the file begins as one of those formats does. Nothing is taken on the
word of a header: memory follows the samples that come out, and what came out is compared with what
header or frames promise.
"""

from __future__ import annotations

from .choice import open_decoder
from .decoder import Decoder, DecodingError, Flaw

__all__ = ["Decoder", "DecodingError", "Flaw", "open_decoder"]
