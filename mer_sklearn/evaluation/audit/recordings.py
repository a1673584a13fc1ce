"""Audio that occurs more than once: equal files, parts of one file, and equal recordings."""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...audio import AudioItem, Clip, Segment
from ...errors import AudioError, MerWarning, some, some_sentences
from ...extraction.cache import CacheChoice
from ...extraction.contents import content_key
from .fingerprint import Match, fingerprints, match
from .report import Finding
from .sides import Sides

__all__ = ["AUDIO_KINDS", "audio_findings"]

AUDIO_KINDS = ("same_bytes", "same_audio", "overlap", "parts")


@dataclass(frozen=True)
class _Span:
    """What a row takes from which bytes: seconds from `start` to `stop`."""

    row: int
    start: float
    stop: float


def audio_findings(
    items: Sequence[AudioItem],
    sides: Sides,
    *,
    n_jobs: int | None = None,
    cache: CacheChoice = None,
) -> tuple[list[Finding], list[list[int]]]:
    """Look for audio that occurs more than once.

    Parameters
    ----------
    items : sequence of paths, `Segment` or `Clip`
        The audio.
    sides : Sides
        What keeps rows apart.
    n_jobs : int, default=None
        Workers; None is 1, -1 all cores.
    cache : bool or path, default=None
        Where fingerprints are kept.

    Returns
    -------
    list of Finding
        What was found.
    list of list of int
        The sets of rows that hold the same audio.

    Raises
    ------
    AudioError
        If no item can be read.
    """
    files = [_file_of(number, item) for number, item in enumerate(items)]
    spans: dict[str, list[_Span]] = defaultdict(list)
    for row, item in enumerate(items):
        spans[files[row]].append(_span(row, item))
    same = [rows for of_file in spans.values() for rows in _same_spans(of_file)]
    again = {row for rows in same for row in rows[1:]}
    firsts = [row for row in range(len(items)) if row not in again]
    matches, unread = _heard(
        [items[row] for row in firsts], [files[row] for row in firsts], n_jobs=n_jobs, cache=cache
    )
    heard = _sets(matches, len(firsts))
    findings = [sides.copies("same_bytes", rows, "hold the same bytes") for rows in same]
    findings += [_heard_finding(rows, found, firsts, sides) for rows, found in heard]
    findings += [found for of_file in spans.values() for found in _part_findings(of_file, sides)]
    if unread:
        rows = [firsts[place] for place in unread]
        reasons = some_sentences(unread.values())
        sentence = f"{len(rows)} files could not be read and were not heard: {reasons}"
        findings.append(sides.finding("unread", "remark", rows, sentence))
    return findings, same + [[firsts[place] for place in rows] for rows, _ in heard]


def _file_of(number: int, item: AudioItem) -> str:
    """Return what identifies the bytes that an item is cut from."""
    if isinstance(item, Clip):
        return hashlib.sha256(item.signal.tobytes() + str(item.sr).encode()).hexdigest()
    key = content_key(item.path if isinstance(item, Segment) else item)
    return f"missing {number}" if key is None else key.partition(":")[0]


def _span(row: int, item: AudioItem) -> _Span:
    """Return what a row takes from its file."""
    if not isinstance(item, Segment):
        return _Span(row, 0.0, np.inf)
    length = np.inf if item.duration is None else item.duration
    return _Span(row, item.offset, item.offset + length)


def _same_spans(spans: Sequence[_Span]) -> list[list[int]]:
    """Return the sets of rows that take the same from one file."""
    rows: dict[tuple[float, float], list[int]] = defaultdict(list)
    for span in spans:
        rows[span.start, span.stop].append(span.row)
    return [found for found in rows.values() if len(found) > 1]


def _part_findings(spans: Sequence[_Span], sides: Sides) -> list[Finding]:
    """Find parts of one file that are kept apart; parts that stay together are in order."""
    different = {(span.start, span.stop): span for span in spans}
    ordered = sorted(different.values(), key=lambda span: span.start)
    rows = [span.row for span in ordered]
    parting = sides.parting(rows) if len(ordered) > 1 else None
    if parting is None:
        return []
    overlapping = [pair for pair in _overlaps(ordered) if sides.parting(pair)]
    kind, what = ("overlap", "overlap") if overlapping else ("parts", "are parts of one file")
    rows = sorted({row for pair in overlapping for row in pair}) or rows
    sentence = (
        f"{some([sides.names[row] for row in rows])} {what}, but {sides.parting(rows)}. "
        "Give all parts of a file one group."
    )
    return [sides.finding(kind, "leak", rows, sentence)]


def _overlaps(ordered: Sequence[_Span]) -> Iterator[list[int]]:
    """Yield the pairs of rows that overlap, of spans ordered by their start."""
    for number, one in enumerate(ordered):
        for two in ordered[number + 1 :]:
            if two.start >= one.stop:
                break
            yield [one.row, two.row]


def _heard(
    items: Sequence[AudioItem],
    files: Sequence[str],
    *,
    n_jobs: int | None,
    cache: CacheChoice,
) -> tuple[list[Match], dict[int, str]]:
    """Return the pairs of items that hold the same recording, and what could not be read."""
    with warnings.catch_warnings():
        # They are a finding of their own.
        warnings.filterwarnings("ignore", message=".* items gave no", category=MerWarning)
        codes, errors = fingerprints(items, n_jobs=n_jobs, cache=cache)
    if len(errors) == len(items):
        raise AudioError(f"no file can be read: {some_sentences(errors.values())}")
    return match(codes, files), errors


def _sets(matches: Sequence[Match], n_items: int) -> list[tuple[list[int], list[Match]]]:
    """Return the sets of places that matches join, with the matches of each."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, two = ([getattr(found, end) for found in matches] for end in ("first", "second"))
    pairs = coo_array((np.ones(len(matches)), (one, two)), shape=(n_items, n_items))
    _, numbers = connected_components(pairs, directed=False)
    sets: dict[int, tuple[list[int], list[Match]]] = {}
    for found in matches:
        number = int(numbers[found.first])
        if number not in sets:
            sets[number] = np.flatnonzero(numbers == number).tolist(), []
        sets[number][1].append(found)
    return list(sets.values())


def _heard_finding(
    places: Sequence[int], found: Sequence[Match], firsts: Sequence[int], sides: Sides
) -> Finding:
    """Return the finding on rows that hold the same recording."""
    seconds = max(pair.seconds for pair in found)
    what = f"are the same recording ({seconds:.1f} s in common)"
    return sides.copies("same_audio", [firsts[place] for place in places], what)
