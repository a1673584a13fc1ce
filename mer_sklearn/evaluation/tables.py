"""Scores as tables, for people: as aligned text and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["as_markdown", "as_text", "bracket", "number"]

Cells = Sequence[Sequence[str]]


def number(value: float | None) -> str:
    """Return a score with three digits; nothing where there is none.

    Examples
    --------
    >>> number(0.12345), number(None), number(-0.0001)
    ('0.123', '', '0.000')
    """
    if value is None or value != value:
        return ""
    return f"{value:.3f}".replace("-0.000", "0.000")


def bracket(ends: Sequence[float] | None) -> str:
    """Return an interval.

    Examples
    --------
    >>> bracket((0.1, 0.25))
    '[0.100, 0.250]'
    """
    return "" if ends is None else f"[{number(ends[0])}, {number(ends[1])}]"


def as_text(columns: Mapping[str, Sequence[str]]) -> str:
    """Return a table with aligned columns, the first to the left.

    Examples
    --------
    >>> print(as_text({"": ["r2"], "score": ["0.5"]}))
        score
    r2    0.5
    """
    widths = [max(map(len, [name, *cells])) for name, cells in columns.items()]
    lines = []
    for cells in _lines(columns):
        first, *rest = [
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("  ".join([first, *rest]).rstrip())
    return "\n".join(lines)


def as_markdown(columns: Mapping[str, Sequence[str]]) -> str:
    """Return a table in Markdown.

    Examples
    --------
    >>> print(as_markdown({"": ["r2"], "score": ["0.5"]}))
    | | score |
    |---|---|
    | r2 | 0.5 |
    """
    head, *body = (re.sub(" +", " ", f"| {' | '.join(cells)} |") for cells in _lines(columns))
    return "\n".join([head, "|" + "---|" * len(columns), *body])


def _lines(columns: Mapping[str, Sequence[str]]) -> Cells:
    """Return the line of names and the lines of cells."""
    return [list(columns), *map(list, zip(*columns.values(), strict=True))]
