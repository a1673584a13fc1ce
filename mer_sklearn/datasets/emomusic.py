"""emoMusic: valence and arousal of 744 songs, for the whole song and twice a second.

Layout: the names of the files count, not those of the folders::

    annotations/static_annotations.csv            mean of ten raters, 1 to 9, arousal first
    annotations/arousal_cont_average.csv, valence_cont_average.csv    twice a second, from 15 s on
    annotations/songs_info.csv                    artist, title, genre, development or evaluation
    clips_45seconds/ID.mp3
    default_features/ID.csv                       features of openSMILE

Source: cvml.unige.ch/databases/emoMusic. Licence: free for research; songs Creative Commons.

Traps: songs_info.csv has tabs inside its cells; 52 of the 112 artists of the official test part are
also in the other; the songs are those of DEAM up to 1000, under the same numbers. Unlike there,
valence and arousal are named rightly; copies that rename the columns keep them right, and are
compared with the curves all the same.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError, some
from ._assemble import assemble
from ._ceiling import ceiling_of_means
from ._check import Check
from ._columns import find_column
from ._frames import folder_features
from ._plane import (
    AXES,
    check_rated_once,
    plane_targets,
    read_wide_curves,
    to_unit,
    windows,
    with_curves,
    with_quadrant,
)
from ._songs import PARTS, read_songs, same_titles, with_songs
from ._swap import put_right, swap_checks, undivided
from ._tree import Tree
from .base import Dataset, DatasetInfo
from .reading import as_numbers, read_table, whole_numbers

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {  # copies turn the words around
    "valence": ("mean_valence", "valence_mean"),
    "arousal": ("mean_arousal", "arousal_mean"),
    "valence_std": ("std_valence", "valence_std"),
    "arousal_std": ("std_arousal", "arousal_std"),
}
SCALE = (1, 9)
N_RATERS = 10

INFO = DatasetInfo(
    title="emoMusic: 1000 songs for emotional analysis of music",
    licence="free for research; songs Creative Commons",
    citation=(
        "Soleymani, Caro, Schmidt, Sha, Yang, 1000 songs for emotional analysis of music, "
        "CrowdMM 2013"
    ),
    group="artist",
    traps=(
        "52 of the 112 artists of the official test part also stand in the training part.",
        "The 744 songs are those of DEAM up to 1000: never learn from one and test the other.",
        "Its labels contradict the published ones of DEAM, and are right.",
    ),
    source="cvml.unige.ch/databases/emoMusic",
    needs="annotations, clips_45seconds/*.mp3; default_features for ready=true",
    scale="valence and arousal, 1 to 9 (song) and -1 to 1 (moments), loaded as -1 to 1",
    split="619 songs to learn from, 125 to test; artists on both sides",
    n_rows=744,
    named_groups=True,
    songs="MediaEval",
)


def load(
    root: str | Path,
    *,
    annotation: Literal["static", "dynamic"] = "static",
    repair: bool = True,
    ready: bool = False,
    window: float = 2.0,
    hop: float | None = None,
    missing: Literal["drop", "keep"] = "drop",
) -> Dataset:
    """Load emoMusic.

    Parameters
    ----------
    root : str or path
        The folder that holds it, at any depth.
    annotation : {"static", "dynamic"}, default="static"
        A row for each song, or for each window of a song, cut from the mean of the raters over
        time.
    repair : bool, default=True
        Whether to put valence and arousal right if this copy has them exchanged, with one warning.
    ready : bool, default=False
        Whether X is the table of the corpus' own features (mean and deviation over the song, mean
        of the window) instead of the audio.
    window : float, default=2.0
        Length of the windows in seconds, a multiple of 0.5.
    hop : float, default=None
        Seconds from one window to the next; None lets none overlap.
    missing : {"drop", "keep"}, default="drop"
        What becomes of songs whose audio is missing; "keep" is for looking at the labels.

    Returns
    -------
    Dataset
        Targets `va` and `quadrant`; groups are the artists; `split` is the official one, where the
        metadata tell it; `info.labels` says which labels.

    Raises
    ------
    DatasetError
        If a table is missing or broken, or there is no audio.
    InputError
        If `window` or `hop` is no multiple of 0.5.
    """
    root = Path(root)
    tree = Tree(root)
    curves = _curves(tree)
    if annotation == "static":
        frame = _read_static(tree)
        frame, labels = put_right(frame, undivided(frame, curves), repair=repair, corpus="emomusic")
        frame = with_curves(frame, curves).reset_index()
        text = "the mean of ten raters of the song"
    else:
        if curves is None:
            msg = f"{root}: holds no valence_cont_average.csv and arousal_cont_average.csv."
            raise DatasetError(msg)
        frame, labels = windows(curves, window=window, hop=hop), "as published"
        text = "the mean of the raters over time, averaged over the window"
    frame, group, remarks = _with_metadata(tree, frame)
    return assemble(
        "emomusic",
        root,
        with_quadrant(frame),
        targets=lambda kept: plane_targets(
            text, _ceiling(kept) if annotation == "static" else None
        ),
        info=replace(INFO, group=group, labels=f"{annotation}, {labels}"),
        audio=tree.audio("clips_45seconds"),
        place="clips_45seconds/*.mp3",
        missing=missing,
        features=folder_features(tree, "default_features", frame) if ready else None,
        remarks=remarks,
    )


def check(root: Path) -> list[Check]:
    """Look at what is particular to emoMusic: the names of its columns, and its split."""
    tree = Tree(root)
    curves, ratings = _curves(tree), _read_static(tree)
    songs, _, _ = _with_metadata(tree, ratings.reset_index())
    checks = swap_checks(ratings, lambda table: undivided(table, curves))
    if "split" in songs:
        train, test = (set(songs["group"][songs["split"] == part]) for part in ("train", "test"))
        found = (
            f"{len(train & test)} of {len(test)} artists of the test part are also in the other; "
            "cv=official says so, other folds keep artists apart"
        )
        checks.append(Check("official split", "note" if train & test else "ok", found))
    return [*checks, *same_titles(songs)]


def _curves(tree: Tree) -> pd.DataFrame | None:
    """Return the mean of the raters over time, where the tables are there."""
    valence, arousal = tree.find("valence_cont_average.csv"), tree.find("arousal_cont_average.csv")
    if valence is None or arousal is None:
        return None
    return read_wide_curves(valence, arousal)


def _read_static(tree: Tree) -> pd.DataFrame:
    """Return the mean ratings by song, as they stand in the file, in [-1, 1]."""
    path = tree.need("static_annotations.csv")
    table = read_table(path)
    columns = {name: find_column(table, names) for name, names in COLUMNS.items()}
    lacking = [name for name, column in columns.items() if column is None]
    if lacking or "song_id" not in table:
        msg = f"{path}: has no {some([*lacking, 'song_id'])}, only {some(table)}."
        raise DatasetError(msg)
    numbers = table[list(columns.values())].set_axis(list(columns), axis=1)
    numbers = numbers.apply(as_numbers, path=path)
    numbers = to_unit(
        numbers, path, means=AXES, spreads=["valence_std", "arousal_std"], scale=SCALE
    )
    ratings = numbers.set_index(whole_numbers(table["song_id"], path).rename("song_id"))
    check_rated_once(path, ratings.index)
    return ratings


def _ceiling(songs: pd.DataFrame) -> dict[str, float]:
    """Return the best scores of the mean ratings; the deviations are those of the population."""
    errors = songs[["valence_std", "arousal_std"]].to_numpy() ** 2 / N_RATERS
    return ceiling_of_means(songs[AXES].to_numpy(), errors)


def _with_metadata(tree: Tree, frame: pd.DataFrame) -> tuple[pd.DataFrame, str, list[str]]:
    """Add artist, title, genre, groups and the split; return what the groups are, what to say."""
    path = tree.find("songs_info.csv", "songs_info_2013.csv", "metadata_2013.csv")
    frame, group, remarks = with_songs(frame, read_songs([] if path is None else [path]))
    split = frame["part"].map(PARTS)
    return (frame if split.isna().any() else frame.assign(split=split)), group, remarks
