"""PMEmo: valence and arousal of the choruses of 767 pop songs, as a whole and twice a second.

Layout: the names of the files count, not those of the folders::

    PMEmo2019/chorus/ID.mp3
    PMEmo2019/annotations/static_annotations.csv, static_annotations_std.csv         0 to 1
    PMEmo2019/annotations/dynamic_annotations.csv      a row for each moment, from 15 s on, 0 to 1
    PMEmo2019/metadata.csv                             794 songs; 27 have no labels
    PMEmo2019/features/static_features.csv             6373 functionals of ComParE
    PMEmo2019/features/dynamic_features.csv            260 features of openSMILE for each moment

Source: github.com/HuiZhangDB/PMEmo. Licence: free for research, to be cited.

Traps: labels run from 0 to 1, but copies have them as 1 + 8x beside deviations from 0 to 1, which
`load` tells apart; the file of DEAM goes around under the same name, which it refuses; one artist
has 43 of 794 songs (40 of the rated ones), and a published split keeps 47 of its 98 test artists in
training: there is no official one. Valence and arousal correlate by .71, more than elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError, some
from ._assemble import assemble
from ._check import Check
from ._frames import of_songs, read_features, row_features
from ._plane import (
    AXES,
    check_rated_once,
    plane_targets,
    to_unit,
    windows,
    with_curves,
    with_quadrant,
)
from ._songs import same_titles, with_songs
from ._swap import put_right, swap_checks, undivided
from ._tree import Tree
from .base import Dataset, DatasetInfo
from .reading import as_numbers, need_columns, read_table, whole_numbers

if TYPE_CHECKING:
    import pandas as pd

SCALE, COPIED = (0, 1), (1, 9)
LAST = 1000  # no song has a higher number
WIDEST = 0.5  # the highest standard deviation of numbers from 0 to 1
SONG_COLUMNS = ["title", "artist", "album"]

INFO = DatasetInfo(
    title="PMEmo: a dataset for music emotion computing",
    licence="free for research with citation",
    citation=(
        "Zhang, Zhang, Huang, Ren, Wang, The PMEmo dataset for music emotion recognition, ICMR 2018"
    ),
    group="artist",
    traps=(
        "One artist has 40 of the 767 rated songs: a random split, and a published one, leak.",
        "Copies rescale the labels to 1 to 9, or hold those of DEAM under the same name.",
        "Valence and arousal correlate by .71: a model of one alone looks good at the other.",
    ),
    source="github.com/HuiZhangDB/PMEmo",
    needs="annotations, metadata.csv, chorus/*.mp3; features for ready=true",
    scale="valence and arousal, 0 to 1, loaded as -1 to 1",
    n_rows=767,
    named_groups=True,
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
    """Load PMEmo.

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
        Whether X is the table of the corpus' own features (functionals of the song, mean of the
        window) instead of the audio.
    window : float, default=2.0
        Length of the windows in seconds, a multiple of 0.5.
    hop : float, default=None
        Seconds from one window to the next; None lets none overlap.
    missing : {"drop", "keep"}, default="drop"
        What becomes of songs whose audio is missing; "keep" is for looking at the labels.

    Returns
    -------
    Dataset
        Targets `va` and `quadrant`; groups are the artists; `info.labels` says which labels.

    Raises
    ------
    DatasetError
        If a table is missing, broken or of another corpus, or there is no audio.
    InputError
        If `window` or `hop` is no multiple of 0.5.
    """
    root = Path(root)
    tree = Tree(root)
    curves = _curves(tree)
    said: list[str] = []
    if annotation == "static":
        frame, said = _read_static(tree)
        frame, labels = put_right(frame, undivided(frame, curves), repair=repair, corpus="pmemo")
        frame = with_curves(frame, curves).reset_index()
        text = "the mean of the raters of the chorus"
    else:
        if curves is None:
            msg = f"{root}: holds no dynamic_annotations.csv, the ratings over time."
            raise DatasetError(msg)
        frame, labels = windows(curves, window=window, hop=hop), "as published"
        text = "the mean of the raters over time, averaged over the window"
    frame, group, remarks = with_songs(frame, _read_songs(tree))
    return assemble(
        "pmemo",
        root,
        with_quadrant(frame),
        targets=lambda _: plane_targets(text),
        info=replace(INFO, group=group, labels=f"{annotation}, {labels}"),
        audio=tree.audio("chorus"),
        place="chorus/*.mp3",
        missing=missing,
        features=_features(tree, frame) if ready else None,
        remarks=(*said, *remarks),
    )


def check(root: Path) -> list[Check]:
    """Look at what is particular to PMEmo: the scale, the names of the columns, the artists."""
    tree = Tree(root)
    ratings, remarks = _read_static(tree)
    curves, songs = _curves(tree), _read_songs(tree)
    frame, _, _ = with_songs(ratings.reset_index(), songs)
    checks = [Check("scale", "note", remark.rstrip(".")) for remark in remarks]
    checks += swap_checks(ratings, lambda table: undivided(table, curves))
    return [*checks, *(_song_checks(frame, songs) if len(songs) else [])]


def _song_checks(frame: pd.DataFrame, songs: pd.DataFrame) -> list[Check]:
    """Compare the rated songs with the metadata."""
    checks = []
    bare = sorted(set(songs["song_id"]) - set(frame["song_id"]))
    if bare:
        found = f"{len(bare)} of {len(songs)} songs of the metadata have no labels: {some(bare)}"
        checks.append(Check("songs without labels", "note", found))
    most = frame["group"].value_counts()
    found = f"{len(most)} artists; {most.index[0]} has {most.iloc[0]} of {len(frame)} songs"
    checks.append(Check("artists", "note", f"{found}: no official split keeps them apart"))
    return [*checks, *same_titles(frame)]


def _read_static(tree: Tree) -> tuple[pd.DataFrame, list[str]]:
    """Return the mean ratings by song, as they stand in the file, in [-1, 1], and what to say."""
    path = tree.need("static_annotations.csv")
    ratings = _read_numbers(path, "mean", AXES)
    foreign = ratings.index[ratings.index > LAST]
    if len(foreign):
        msg = (
            f"{path}: has {len(ratings)} songs, some with numbers beyond {LAST} ({some(foreign)}): "
            "these are labels of DEAM under another name. Take the file of PMEmo."
        )
        raise DatasetError(msg)
    copied = bool((ratings > SCALE[1]).any(axis=None))
    scale = COPIED if copied else SCALE
    ratings = to_unit(ratings, path, means=AXES, spreads=[], scale=scale)
    remarks = ["The labels of this copy run from 1 to 9 instead of 0 to 1."] if copied else []
    place = tree.find("static_annotations_std.csv")
    if place is not None:
        spreads = _read_numbers(place, "std", [f"{axis}_std" for axis in AXES])
        wide = bool((spreads > WIDEST).any(axis=None))
        spreads *= 2 / 8 if wide else 2
        ratings = ratings.join(spreads)
    return ratings, remarks


def _read_numbers(path: Path, kind: str, names: list[str]) -> pd.DataFrame:
    """Read the two columns of a kind, such as Valence(mean), by song."""
    table = read_table(path)
    columns = [f"Valence({kind})", f"Arousal({kind})"]
    need_columns(path, table, ["musicId", *columns])
    numbers = table[columns].apply(as_numbers, path=path).set_axis(names, axis=1)
    numbers.index = whole_numbers(table["musicId"], path).rename("song_id").array
    numbers.index.name = "song_id"
    check_rated_once(path, numbers.index)
    return numbers


def _curves(tree: Tree) -> pd.DataFrame | None:
    """Return the mean of the raters over time, where the table is there."""
    path = tree.find("dynamic_annotations.csv")
    if path is None:
        return None
    table = read_table(path)
    columns = {"frameTime": "time", "Valence(mean)": "valence", "Arousal(mean)": "arousal"}
    need_columns(path, table, ["musicId", *columns])
    curves = table[list(columns)].apply(as_numbers, path=path).rename(columns=columns)
    scale = COPIED if (curves[AXES] > SCALE[1]).any(axis=None) else SCALE
    curves = to_unit(curves, path, means=AXES, spreads=[], scale=scale)
    curves.insert(0, "song_id", whole_numbers(table["musicId"], path))
    return curves.sort_values(["song_id", "time"], ignore_index=True)


def _read_songs(tree: Tree) -> pd.DataFrame:
    """Return what is known of the songs; nothing where there are no metadata."""
    import pandas as pd

    path = tree.find("metadata.csv")
    if path is None:
        columns = {"song_id": int, **dict.fromkeys(SONG_COLUMNS, object)}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    table = read_table(path)
    need_columns(path, table, ["musicId", *SONG_COLUMNS])
    songs = table[SONG_COLUMNS].reset_index(drop=True)
    songs.insert(0, "song_id", whole_numbers(table["musicId"], path).to_numpy())
    return songs


def _features(tree: Tree, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the corpus' own features for each row."""
    if "offset" not in frame:
        return of_songs(read_features(tree.need("static_features.csv"), "musicId"), frame)
    moments = read_features(tree.need("dynamic_features.csv"), "musicId")
    songs = [song for song in frame["song_id"].unique() if song in moments.index]
    tables = ((song, moments.loc[[song]].set_index("frameTime")) for song in songs)
    return row_features(tables, frame)
