"""MTG-Jamendo mood/theme: 56 tags of mood and theme of 17 982 full tracks.

Layout: ``**/split-{0..4}/autotagging_moodtheme-{train,validation,test}.tsv`` (tables with tabs:
TRACK_ID, ARTIST_ID, ALBUM_ID, PATH, DURATION, TAGS) and the audio ``**/24/3524.mp3``, or
``3524.low.mp3`` of the copy with a low bit rate.

Source: github.com/MTG/mtg-jamendo-dataset. Licence: audio Creative Commons, each track its own;
metadata CC BY-NC-SA 4.0.

Traps: each further tag of a track stands in a cell of its own beyond the header, so rows have one
to seven more cells than names, and what reads tables fails or misaligns; tags begin with
``mood/theme---``. The parts of a split share no artists. Tracks are whole songs of any length.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError, InputError, some
from ._assemble import assemble
from ._check import Check
from ._tree import Tree
from .base import Dataset, DatasetInfo, Target
from .reading import as_numbers, need_columns, read_table

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("train", "validation", "test")
COLUMNS = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")
PREFIX = "mood/theme---"
N_TAGS = 56
N_SPLITS = 5

INFO = DatasetInfo(
    title="MTG-Jamendo mood/theme",
    licence="audio Creative Commons, each track its own; metadata CC BY-NC-SA 4.0",
    citation=(
        "Bogdanov, Won, Tovstogan, Porter, Serra, The MTG-Jamendo dataset for automatic music "
        "tagging, ICML 2019 workshop on machine learning for music discovery"
    ),
    group="artist",
    traps=(
        "Tags are chosen by the artists, not by listeners, and a missing tag is no denial.",
        "Moods and themes stand side by side: christmas is no emotion.",
        "Rows are ragged: one cell for each tag.",
    ),
    source="github.com/MTG/mtg-jamendo-dataset",
    needs="split-0/autotagging_moodtheme-*.tsv, 24/3524.mp3 or 24/3524.low.mp3 and so on",
    scale="56 tags, 0 or 1",
    split="split-0 to split-4: train, validation and test, artists apart",
    n_rows=17982,
)


def load(
    root: str | Path,
    *,
    split: int = 0,
    missing: Literal["drop", "keep"] = "drop",
) -> Dataset:
    """Load MTG-Jamendo mood/theme.

    Parameters
    ----------
    root : str or path
        The folder that holds tables and audio, at any depth.
    split : int, default=0
        Which of the official splits, 0 to 4.
    missing : {"drop", "keep"}, default="drop"
        What becomes of tracks whose audio is missing; "keep" is for looking at the labels.

    Returns
    -------
    Dataset
        Target `tags`: a column of 0 and 1 for each tag; groups are the artists; `split` is the
        official part.

    Raises
    ------
    DatasetError
        If a table is missing or broken, or there is no audio.
    InputError
        If there is no such split.
    """
    if split not in range(N_SPLITS):
        msg = f"split={split!r} must be one of the official splits, 0 to {N_SPLITS - 1}."
        raise InputError(msg)
    root = Path(root)
    tree = Tree(root)
    frame, tags, remarks = _read(tree, split)
    return assemble(
        "jamendo",
        root,
        frame,
        targets=lambda _: {
            "tags": Target(tuple(tags), "regression", "Tags, 0 or 1.", scale=(0.0, 1.0))
        },
        info=INFO,
        audio=tree.audio(drop=".low"),
        place="*.mp3",
        missing=missing,
        remarks=remarks,
    )


def check(root: Path, *, split: int = 0) -> list[Check]:
    """Look at what is particular to this corpus: its tags, and whether its parts share artists."""
    frame, tags, _ = _read(Tree(root), split)
    complete = len(tags) == N_TAGS
    found = Check("tags", "ok" if complete else "wrong", f"{len(tags)} of {N_TAGS}")
    return [found, _artists_apart(frame)]


def _artists_apart(frame: pd.DataFrame) -> Check:
    """Say whether any artist stands in several parts, as far as these are there."""
    parts = sorted(frame["split"].unique())
    if len(parts) < 2:
        found = f"of {parts[0]} alone nobody can tell whether the parts share artists"
        return Check("official split", "note", found)
    n_both = int((frame.groupby("group")["split"].nunique() > 1).sum())
    found = f"{n_both} artists in several of the parts {', '.join(parts)}"
    return Check("official split", "wrong" if n_both else "ok", found)


def _read(tree: Tree, split: int) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return a row for each track, the tags, and what there is to say."""
    import pandas as pd

    folder = f"split-{split}"
    found = {part: tree.find(f"autotagging_moodtheme-{part}.tsv", folder=folder) for part in PARTS}
    parts = [_read_part(path, part) for part, path in found.items() if path is not None]
    if not parts:
        msg = f"{tree.root}: holds no {folder}/autotagging_moodtheme-train.tsv and the like."
        raise DatasetError(msg)
    tracks = pd.concat(parts, ignore_index=True)
    twice = tracks["track_id"][tracks["track_id"].duplicated()]
    if len(twice):
        msg = f"{tree.root}: the tables of {folder} hold tracks twice: {some(twice)}."
        raise DatasetError(msg)
    tags = sorted({tag for row in tracks["tags"] for tag in row})
    marks = pd.DataFrame({tag: [float(tag in row) for row in tracks["tags"]] for tag in tags})
    lacking = [part for part, path in found.items() if path is None]
    remarks = [f"The parts {some(lacking)} of {folder} are not there."] if lacking else []
    return pd.concat([tracks.drop(columns="tags"), marks], axis=1), tags, remarks


def _read_part(path: Path, part: str) -> pd.DataFrame:
    """Read one table: cells beyond the header are further tags."""
    import pandas as pd

    table = read_table(path, ragged=True)
    need_columns(path, table, COLUMNS)
    tags = [_tags(cell) for cell in table["TAGS"]]
    bare = table.index[[not found for found in tags]]
    if len(bare):
        msg = f"{path}: line {some(bare)} has no tag that begins with {PREFIX}."
        raise DatasetError(msg)
    return table[[]].assign(
        track_id=table["TRACK_ID"],
        artist=table["ARTIST_ID"],
        album=table["ALBUM_ID"],
        length=as_numbers(table["DURATION"], path),
        file=[Path(cell).stem for cell in table["PATH"]],
        group=table["ARTIST_ID"],
        split=part,
        tags=pd.Series(tags, index=table.index),
    )


def _tags(cell: str) -> Sequence[str]:
    """Return the tags of a track."""
    return [tag.removeprefix(PREFIX) for tag in cell.split("\t") if tag.startswith(PREFIX)]
