"""Which decoder reads a file."""

from __future__ import annotations

from pathlib import Path

from .decoder import Decoder, DecodingError
from .libsndfile import SoundFileDecoder
from .mp3 import after_tags
from .others import other_file
from .quiet import quiet_decoder
from .words import plain

__all__ = ["open_decoder"]

# How files begin that libsndfile does not know and PyAV does: place, bytes, what they are called.
_BEGINNINGS = (
    (4, b"ftyp", "MP4 (m4a)"),
    (4, b"moov", "QuickTime"),
    (4, b"mdat", "QuickTime"),
    (4, b"wide", "QuickTime"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (wma)"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska (webm, mka)"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"MP+", "Musepack"),
    (0, b"MPCK", "Musepack"),
    (0, b"TTA1", "True Audio"),
    (0, b"DSD ", "DSD"),
    (0, b"#!AMR", "AMR"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b"caff", "Core Audio"),
    (0, b"FLV\x01", "Flash video"),
)


def open_decoder(path: str) -> Decoder:
    """Open an audio file by what it begins with, whatever it is called.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    Decoder
        The opened file; close it, or use it in a ``with``.

    Raises
    ------
    DecodingError
        If it cannot be opened, or PyAV is not installed, which could.
    OSError
        If it cannot be read at all.
    """
    import soundfile

    try:
        return SoundFileDecoder(path)
    except soundfile.SoundFileError as error:
        kind = _foreign(path)
        if kind is None:
            raise other_file(path) or plain(error) from error
    try:
        from .pyav import AvDecoder
    except ImportError:
        msg = f"it is {kind}, which needs PyAV"
        remedy = 'Install it: pip install "mer-sklearn[av]"'
        raise DecodingError(msg, remedy) from None
    try:
        with quiet_decoder():
            return AvDecoder(path)
    except DecodingError as error:
        msg = f"it begins as {kind}, but {str(error).removeprefix('it ')}"
        raise DecodingError(msg, error.remedy) from error


def _foreign(path: str) -> str | None:
    """Return the name of a format that libsndfile does not know; None for any other."""
    with Path(path).open("rb") as file:
        file.seek(after_tags(file))
        head = file.read(16)
    for at, word, kind in _BEGINNINGS:
        if head[at : at + len(word)] == word:
            return kind
    return None
