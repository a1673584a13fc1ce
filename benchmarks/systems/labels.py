"""What the exchanged labels of DEAM are worth: the same model on both, artists apart."""

from __future__ import annotations

from collections.abc import Iterator

from .common import Line, Roots, System, constant, deam_songs, deam_source, heard, lines, on_table


def protocols(roots: Roots) -> Iterator[Line | str]:
    for labels, repair in (("as published", False), ("repaired", True)):
        songs = heard(deam_songs(roots, repair=repair), "plain", ".")
        models = {"mean": constant(), "all, svr": on_table("svr")}
        yield from lines("honest", labels, models, songs, cv=roots.cv)


SYSTEM = System(
    title="DEAM's labels, as published and repaired",
    published="ratings with valence and arousal exchanged for the 744 songs up to 1000.",
    here=(
        "130 openSMILE means of the ready table (`plain` where there is `MEMD_audio`), and their "
        "R2 under both labels. `mer datasets validate deam ROOT --labels` shows the proof."
    ),
    misleads="with the labels of the file, valence looks easier than it is, and arousal harder.",
    protocols=protocols,
    source=deam_source,
)
