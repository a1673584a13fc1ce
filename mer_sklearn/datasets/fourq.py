"""4Q: 900 excerpts of 30 s in the four quadrants of valence and arousal, 225 in each.

Layout: the names of the files count, not those of the folders::

    {Q1,Q2,Q3,Q4}/MT0000004637.mp3
    panda_dataset_taffc_annotations.csv        Song, Quadrant
    panda_dataset_taffc_metadata.csv           Song, Artist, Title, Quadrant, Moods, Genres, ...

Q1 is pleasant and aroused (happy), Q2 unpleasant and aroused (angry), Q3 unpleasant and calm (sad),
Q4 pleasant and calm (calm).

Source: mir.dei.uc.pt. Licence: research use; the excerpts are previews of AllMusic.

Traps: the metadata are Windows-1252; one recording stands under two spellings of its artist, so a
band after the name ("and His Orchestra") does not make another group; sampling rates are four, the
rare ones not evenly over the classes; level is informative; the published folds ignore artists.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError, some
from ._assemble import assemble
from ._check import Check
from ._songs import artist_groups
from ._tree import Tree
from .base import Dataset, DatasetInfo, Target
from .reading import need_columns, read_table

if TYPE_CHECKING:
    import pandas as pd

QUADRANTS = {"Q1": "happy", "Q2": "angry", "Q3": "sad", "Q4": "calm"}
BAND = r"(?i)\s+(?:&|and)\s+(?:the|his|her|their)\s.*$"  # what bands add to the name of one of them

INFO = DatasetInfo(
    title="4Q audio emotion dataset",
    licence="research use; the excerpts are previews of AllMusic",
    citation=(
        "Panda, Malheiro, Paiva, Novel audio features for music emotion recognition, IEEE "
        "Transactions on Affective Computing 11(4), 2020"
    ),
    group="artist",
    traps=(
        "129 artists have several songs: published folds, which ignore them, leak.",
        "Sampling rate and level tell something of the class: resample, and never use the rate.",
        "The labels come from the mood words of AllMusic, not from listeners to the excerpts.",
    ),
    source="mir.dei.uc.pt",
    needs="{Q1,Q2,Q3,Q4}/*.mp3, panda_dataset_taffc_annotations.csv and _metadata.csv",
    scale="4 quadrants",
    n_rows=900,
    named_groups=True,
)


def load(root: str | Path, *, missing: Literal["drop", "keep"] = "drop") -> Dataset:
    """Load 4Q.

    Parameters
    ----------
    root : str or path
        The folder that holds it, at any depth.
    missing : {"drop", "keep"}, default="drop"
        What becomes of songs whose audio is missing; "keep" is for looking at the labels.

    Returns
    -------
    Dataset
        Target `quadrant` (happy, angry, sad or calm); groups are the artists.

    Raises
    ------
    DatasetError
        If a table is missing or broken, or there is no audio.
    """
    root = Path(root)
    tree = Tree(root)
    return assemble(
        "fourq",
        root,
        _read(tree),
        targets=lambda _: {
            "quadrant": Target(("quadrant",), "classification", "Q1 to Q4 by their names.")
        },
        info=INFO,
        audio=tree.audio(*QUADRANTS),
        place="Q1/*.mp3",
        missing=missing,
    )


def check(root: Path) -> list[Check]:
    """Look at what is particular to 4Q: folders that contradict the table."""
    tree = Tree(root)
    quadrants = _read(tree).set_index("file")["annotation"]
    folders = {name: path.parent.name for name, path in tree.audio(*QUADRANTS).items()}
    known = {name: quadrant for name, quadrant in quadrants.items() if name in folders}
    wrong = [name for name, quadrant in known.items() if folders[name] != quadrant]
    found = f"{len(known) - len(wrong)} of {len(known)} excerpts lie in the folder of their label"
    found += f"; not {some(wrong)}" if wrong else ""
    return [Check("folders", "wrong" if wrong else "ok", found)]


def _read(tree: Tree) -> pd.DataFrame:
    """Return a row for each song: its quadrant, artist, title and group."""
    path = tree.need("panda_dataset_taffc_annotations.csv")
    songs = read_table(path)
    need_columns(path, songs, ["Song", "Quadrant"])
    odd = songs.index[~songs["Quadrant"].isin(list(QUADRANTS)) | songs["Song"].duplicated()]
    if len(odd):
        msg = f"{path}: line {some(odd)} has another quadrant than Q1 to Q4, or a song again."
        raise DatasetError(msg)
    place = tree.need("panda_dataset_taffc_metadata.csv")
    known = read_table(place)
    need_columns(place, known, ["Song", "Artist", "Title"])
    known = known.drop_duplicates("Song").set_index("Song").reindex(songs["Song"])
    artists = known["Artist"].fillna("").set_axis(songs.index)
    return (
        songs[[]]
        .assign(
            file=songs["Song"],
            quadrant=songs["Quadrant"].map(QUADRANTS),
            annotation=songs["Quadrant"],
            artist=artists,
            title=known["Title"].fillna("").set_axis(songs.index),
            group=artist_groups(artists.str.replace(BAND, "", regex=True), songs["Song"]),
        )
        .reset_index(drop=True)
    )
