"""What a look at a corpus found: one line each, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Check", "Verdict"]

Verdict: TypeAlias = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
        What was looked at.
    verdict : {"ok", "note", "wrong"}
        Whether all is well; a note is what a user has to know, and what the loader handles.
    found : str
        What was found, without a full stop.
    """

    name: str
    verdict: Verdict
    found: str
