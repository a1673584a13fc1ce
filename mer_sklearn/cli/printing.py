"""Tables as text, without pandas: what `mer predict` prints starts in a blink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["as_text"]


def as_text(records: Sequence[Mapping[str, Any]], *, digits: int = 3) -> str:
    """Return records as a table, one a line, columns to the right as numbers stand.

    Parameters
    ----------
    records : sequence of mappings
        All with the same keys.
    digits : int, default=3
        Digits behind the point.

    Returns
    -------
    str
        The lines, the names of the columns first.

    Examples
    --------
    >>> print(as_text([{"file": "a.wav", "p_sad": 0.25}, {"file": "b.wav", "p_sad": None}]))
     file p_sad
    a.wav 0.250
    b.wav
    """
    rows = [[_cell(value, digits) for value in record.values()] for record in records]
    table = [list(records[0]), *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = (
        " ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in table
    )
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: Any, digits: int) -> str:
    if value is None:
        return ""
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
