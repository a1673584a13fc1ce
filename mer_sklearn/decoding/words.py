"""What libraries say of a broken file, in plain words."""

from __future__ import annotations

from .decoder import DecodingError

__all__ = ["CONVERT", "NO_SOUND", "plain"]

CONVERT = "Convert it to WAV, FLAC, OGG or MP3, or leave it out"
AGAIN = "Get it again, or leave it out"
UNKNOWN = ("its format is not known", CONVERT)
HEADER = ("its header is broken", AGAIN)
CODING = ("its header is broken, or its coding is not known", CONVERT)
BROKEN = ("a part of it is broken", AGAIN)
NO_SOUND = ("no sound is found in it", AGAIN)

# Pieces of what libsndfile and FFmpeg say.
_WORDS = {
    "Format not recognised": UNKNOWN,
    "File does not exist": NO_SOUND,  # libsndfile, of an mp3 without a single frame
    "SF_INFO struct incomplete": ("its header tells no rate or no channels", AGAIN),
    "Channel count is zero": ("its header tells no channels", AGAIN),
    "unimplemented format": CODING,
    "Malformed 'fmt ' chunk": CODING,
    "patches welcome": CODING,
    "alformed": HEADER,
    "Too many channels": HEADER,
    "Error in": HEADER,
    "Error :": BROKEN,
    "psf_fseek() failed": BROKEN,
    "Unspecified internal error": BROKEN,
    "Invalid data found": BROKEN,
    "Error number": BROKEN,
    "End of file": NO_SOUND,
}


def plain(error: Exception) -> DecodingError:
    """Return what a library says of a file: without its name, full stop and own terms."""
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    for piece, (reason, remedy) in _WORDS.items():
        if piece in text:
            return DecodingError(reason, remedy)
    return DecodingError(text.strip().rstrip(".") or type(error).__name__, AGAIN)
