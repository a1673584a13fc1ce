"""Twins by name: files that their names call copies, versions, parts or takes of each other."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from ...datasets.reading import AUDIO_SUFFIXES
from ...errors import some
from .report import Finding
from .sides import Sides

__all__ = ["name_findings"]

NUMBER = r"[ _-]?[+-]?\d+([.,]\d+)?"
CHANGES = (
    "aug(mented|mentation)?|pitch(ed|shift(ed)?)?|stretch(ed)?|tempo|speed|noise|noisy|reverb|"
    "shift(ed)?|gain|eq|flip(ped)?|remaster(ed)?|normali[sz]ed|norm|denoised|mono|stereo|trim(med)?"
)
MARKS = {  # what may follow the name of a recording; letters are small
    "copies": r" ?\(\d+\)|[ _-]+(copy|kopie|copie|dup(licate)?)( ?\(?\d+\)?)?",
    "versions": rf"[ _.-]+({CHANGES})({NUMBER})?(st|semitones|db|x|%)?|[ _-]+\d+ ?k(hz|bps)",
    "takes": r"[ _-]+(take|version|ver|v|alt)[ _-]?\d+",
    "parts": r"[ _-]+(part|pt|seg(ment)?|chunk|slice|excerpt)[ _-]?\d+",
}
COPY_OF = re.compile(r"(copy|kopie) (\(\d+\) )?(of|von) +")
ARTIST = re.compile(r"(?:\d+ *[._-] *)?(?P<artist>.*?[^\W\d_].*?) +[-–] +\S")
SCHEME = 10  # files of one base from which on more than half of all are a way of naming


def name_findings(sides: Sides, known: Sequence[Sequence[int]]) -> list[Finding]:
    """Return the twins that something keeps apart, one finding for each kind of mark.

    Parameters
    ----------
    sides : Sides
        The files of the rows, and what keeps them apart.
    known : sequence of sequence of int
        Sets of rows that are copies by their sound; they need no finding by name.

    Returns
    -------
    list of Finding
        Remarks, as a name proves nothing.
    """
    return [*_twin_findings(sides, known), *_artist_findings(sides)]


def _twin_findings(sides: Sides, known: Sequence[Sequence[int]]) -> Iterator[Finding]:
    """Yield one finding for each kind of mark."""
    copies = [set(rows) for rows in known]
    found: dict[str, list[list[int]]] = defaultdict(list)
    for rows, mark in _twins([str(file) for file in sides.alone]):
        if sides.parting(rows) and not any(set(rows) <= rows_known for rows_known in copies):
            found[mark].append(rows)
    for mark, sets in found.items():
        examples = some((_shown(sides, rows) for rows in sets), at_most=3)
        sentence = (
            f"By their names, files are {mark} of one recording (there are {len(sets)} such), but "
            f"{sides.parting(sets[0])}: {examples}. If they are, give them one group."
        )
        yield sides.finding("twin_names", "remark", list(itertools.chain(*sets)), sentence)


def _twins(names: Sequence[str]) -> Iterator[tuple[list[int], str]]:
    """Yield the rows that share a base, and what their names call them."""
    stems = [_stem(name).casefold() for name in names]
    local = len(set(stems)) < len(set(names))  # 1.mp3 in several folders: names count inside one
    bases: dict[tuple[str, str], list[int]] = defaultdict(list)
    marks: dict[int, str] = {}
    for row, (name, stem) in enumerate(zip(names, stems, strict=True)):
        base, mark = _strip(stem)
        if mark:
            marks[row] = mark
        bases[str(PurePath(name).parent) if local else "", base].append(row)
    for rows in bases.values():
        marked = [marks[row] for row in rows if row in marks]
        is_scheme = len(rows) >= SCHEME and 2 * len(rows) > len(names)
        if len({names[row] for row in rows}) > 1 and marked and not is_scheme:
            yield rows, marked[0]


def _strip(stem: str) -> tuple[str, str]:
    """Return the name of the recording, and what the marks after it call the file."""
    base, found = COPY_OF.sub("", stem), ""
    if base != stem:
        found = "copies"
    while True:
        for mark, pattern in MARKS.items():
            match = re.fullmatch(rf"(?P<base>.*\w\)?)({pattern})", base)
            if match:
                base, found = match["base"], found or mark
                break
        else:
            return base, found


def _stem(name: str) -> str:
    """Return the name of a file without folder and extension."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in AUDIO_SUFFIXES else path.name


def _artist_findings(sides: Sides) -> Iterator[Finding]:
    """Yield one finding on the artists that names such as "Artist - Title" part."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, file in enumerate(sides.alone):
        match = ARTIST.match(_stem(str(file)))
        if match:
            rows_of[match["artist"].strip().casefold()].append(row)
    # A few dashes are chance, and one name before all of them is that of the corpus.
    if 2 * sum(map(len, rows_of.values())) < len(sides.alone) or len(rows_of) < 2:
        return
    torn = {
        artist: rows for artist, rows in rows_of.items() if len(rows) > 1 and sides.parting(rows)
    }
    if torn:
        yield _one_artist(sides, torn)


def _one_artist(sides: Sides, torn: Mapping[str, list[int]]) -> Finding:
    """Return the finding on artists that are kept apart."""
    examples = some((_shown(sides, rows) for rows in torn.values()), at_most=3)
    sentence = (
        f"By their names, files of one artist (there are {len(torn)} such) "
        f"{sides.parting(next(iter(torn.values())))}: {examples}. Make the artist the group."
    )
    return sides.finding("one_artist", "remark", list(itertools.chain(*torn.values())), sentence)


def _shown(sides: Sides, rows: Sequence[int]) -> str:
    """Return the names of two rows without their folders."""
    return " and ".join(PurePath(str(sides.alone[row])).name for row in rows[:2])
