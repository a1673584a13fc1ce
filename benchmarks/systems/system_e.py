"""System E, its static part: valence and arousal of DEAM's songs, split by the file's order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .common import Line, Roots, System, constant, deam_songs, deam_source, heard, lines, on_table

LEARNED = 0.8  # of the rows, from the first on


def protocols(roots: Roots) -> Iterator[Line | str]:
    for labels, repair in (("as published", False), ("repaired", True)):
        songs = deam_songs(roots, repair=repair)
        spectrum = heard(songs, ["ltas"], r"pcm_fftMag")
        rich = heard(songs, "plain", ".")
        place = np.arange(len(songs))
        end = int(LEARNED * len(songs))
        for protocol, cv in (("original", [(place[:end], place[end:])]), ("honest", roots.cv)):
            networks = {"mean": constant(), "spectrum, mlp": on_table("mlp")}
            yield from lines(protocol, labels, networks, spectrum, cv=cv)
            yield from lines(protocol, labels, {"all, svr": on_table("svr")}, rich, cv=cv)


SYSTEM = System(
    title="System E, static part: DEAM's songs on the plane, the first 80 % of the file learned",
    published="curves of the loss, no number.",
    here=(
        "needs the songs: means of thirds of octaves stand for the published spectra (mono, not "
        "stereo), and a network of one layer or an svr for those of convolutions, recurrence and "
        "attention. Without the songs the inputs are the spectral means of the ready table (bands, "
        "moments, 14 MFCC), or all of it. *Original* learns from the first 80 % of the rows in the "
        "order of the file and tests the others."
    ),
    misleads=(
        "the file is ordered by year: all 744 songs with exchanged labels are learned, and none is "
        "tested, so the model learns one meaning of valence and is asked for another; the last 58 "
        "songs are whole ones with other raters; the loss of a single batch was watched."
    ),
    protocols=protocols,
    source=deam_source,
)
