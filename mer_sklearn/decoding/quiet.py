"""Decoders that say too much.

They write notes on damaged frames straight to the standard error of the process, where they tear a
progress bar and name no file. Our own sentences say what matters.
"""

from __future__ import annotations

import contextlib
import os
import threading

__all__ = ["quiet_decoder"]


def quiet_decoder() -> contextlib.AbstractContextManager[None]:
    """Keep what a decoder writes to the standard error of the process from the user's terminal.

    Threads may overlap: the first turns it off and the last one on again.
    """
    return _silence


class _Silence:
    """The standard error of the process, turned off while anyone decodes."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.decoding = 0
        self.kept: int | None = None

    def __enter__(self) -> None:
        with self.lock:
            self.decoding += 1
            if self.decoding == 1:
                self._turn_off()

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.decoding -= 1
            if not self.decoding and self.kept is not None:
                os.dup2(self.kept, 2)
                os.close(self.kept)
                self.kept = None

    def _turn_off(self) -> None:
        # A process may have closed it: then the next file would be number 2, and be written to.
        with contextlib.suppress(OSError):
            self.kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != 2:
            os.dup2(nowhere, 2)
            os.close(nowhere)


_silence = _Silence()
