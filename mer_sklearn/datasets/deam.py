"""DEAM: valence and arousal of 1802 songs, for the whole song and twice a second.

Layout: the names of the files count, not those of the folders, which mirrors change::

    static_annotations_averaged_songs_1_2000.csv, ..._2000_2058.csv   mean of the raters, 1 to 9
    arousal.csv, valence.csv          mean of the raters twice a second, from 15 s on, -1 to 1
    static_annotations_songs_1_2000.csv, ..._2000_2058.csv            each rater
    {arousal,valence}/ID.csv          each rater over time
    metadata_2013.csv (or songs_info_2013.csv), metadata_2014.csv, metadata_2015.csv
    MEMD_audio/ID.mp3                 45 s; from 2001 on whole songs
    features/ID.csv                   260 features of openSMILE

Source: cvml.unige.ch/databases/DEAM. Licence: annotations CC BY-NC; songs Creative Commons.

Traps: in the published static file valence and arousal are exchanged for the 744 songs up to 1000,
which `load` puts right (see `_swap`); headers have blanks after their commas, and one inside a
name; the second file has other columns; metadata are ragged, and every year orders them otherwise;
from 2001 on songs are rated by five instead of ten, and are whole; the 744 songs are those of
emoMusic; 67 artists have songs in 2013 and 2014. There is no split of the whole: each year had a
benchmark of its own (`benchmark=`), and learning later years to test 2013 was none of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError
from ._assemble import assemble
from ._ceiling import ceiling_of_means
from ._check import Check
from ._frames import folder_features
from ._plane import (
    AXES,
    check_rated_once,
    plane_targets,
    read_wide_curves,
    song_means,
    to_unit,
    windows,
    with_curves,
    with_quadrant,
)
from ._songs import PARTS, read_songs, same_titles, with_songs
from ._swap import Part, agreement, mend, put_right, swap_checks
from ._tree import Tree
from .base import Dataset, DatasetInfo
from .reading import as_numbers, need_columns, read_table, whole_numbers

if TYPE_CHECKING:
    import pandas as pd

STATIC = (
    "static_annotations_averaged_songs_1_2000.csv",
    "static_annotations_averaged_songs_2000_2058.csv",
)
RATERS = ("static_annotations_songs_1_2000.csv", "static_annotations_songs_2000_2058.csv")
METADATA = (
    ("metadata_2013.csv", "songs_info_2013.csv", "songs_info.csv"),
    ("metadata_2014.csv",),
    ("metadata_2015.csv",),
)
SCALE = (1, 9)
PARTS_OF_2014 = {"2013": "train", "2014": "test"}
LAST = {1000: "2013", 2000: "2014", 2058: "2015"}  # the last song of each year
N_RATERS = {"2013": 10, "2014": 10, "2015": 5}  # of nearly all songs; the files do not say
# Of the published ratings up to song 1000 as text, whatever the header and the ends of lines.
EXCHANGED = "6f14f30e2b7d0ef512dc7f52ce9d2cb1fbceb762bc0b1540722b18403c0ccdf3"
PLACE = "MEMD_audio/*.mp3"

INFO = DatasetInfo(
    title="MediaEval Database for Emotional Analysis of Music",
    licence="annotations CC BY-NC; songs Creative Commons",
    citation=(
        "Aljanaki, Yang, Soleymani, Developing a benchmark for emotional analysis of music, "
        "PLoS ONE 12(3) e0173392, 2017"
    ),
    group="artist",
    traps=(
        "The published static file has valence and arousal exchanged up to song 1000; it is put "
        "right, unless repair=False.",
        "The 744 songs up to 1000 are those of emoMusic: never learn from one and test the other.",
        "From song 2001 on whole songs were rated, by five raters instead of ten.",
        "Neighbouring moments are almost the same: split by artist before cutting windows.",
        "It grew for three years, each with a benchmark of its own: a year is no fold.",
    ),
    source="cvml.unige.ch/databases/DEAM",
    needs="DEAM_Annotations, MEMD_audio/*.mp3, metadata; features for ready=true",
    scale="valence and arousal, 1 to 9 (song) and -1 to 1 (moments), loaded as -1 to 1",
    split=(
        "none of the whole; benchmark=2013 has 619 and 125 songs, artists on both sides, "
        "benchmark=2014 learns 2013 and tests 2014"
    ),
    n_rows=1802,
    named_groups=True,
    songs="MediaEval",
)


def load(
    root: str | Path,
    *,
    annotation: Literal["static", "dynamic", "raters"] = "static",
    repair: bool = True,
    ready: bool = False,
    window: float = 2.0,
    hop: float | None = None,
    benchmark: Literal["none", "2013", "2014"] = "none",
    missing: Literal["drop", "keep"] = "drop",
) -> Dataset:
    """Load DEAM.

    Parameters
    ----------
    root : str or path
        The folder that holds it, at any depth.
    annotation : {"static", "dynamic", "raters"}, default="static"
        A row for each song; for each window of a song, cut from the mean of the raters over time;
        or for each rating of a song, with weights that sum to 1 for each song.
    repair : bool, default=True
        Whether to put exchanged columns right, with one warning; False is as published.
    ready : bool, default=False
        Whether X is the table of the corpus' own features (mean and deviation over the song, mean
        of the window) instead of the audio.
    window : float, default=2.0
        Length of the windows in seconds, a multiple of 0.5.
    hop : float, default=None
        Seconds from one window to the next; None lets none overlap.
    benchmark : {"none", "2013", "2014"}, default="none"
        The songs and the split of a MediaEval benchmark: "2013" is development against evaluation,
        as its metadata say, "2014" is all of 2013 against all of 2014. That of 2015 learned 431
        excerpts that nobody has listed, so it is not here.
    missing : {"drop", "keep"}, default="drop"
        What becomes of songs whose audio is missing; "keep" is for looking at the labels.

    Returns
    -------
    Dataset
        Targets `va` and `quadrant`; groups are the artists; `info.labels` says which labels.
        The whole corpus has no official split.

    Raises
    ------
    DatasetError
        If a table is missing or broken, or there is no audio, or the metadata do not tell the parts
        of the benchmark.
    InputError
        If `window` or `hop` is no multiple of 0.5.
    """
    root = Path(root)
    tree = Tree(root)
    curves = _curves(tree)
    remarks: list[str] = []
    if annotation == "static":
        frame, labels, remarks = _static(tree, curves, repair=repair)
        text = "the mean of about ten raters of the song"
    elif annotation == "raters":
        frame, labels = _raters(tree, curves, repair=repair)
        text = "what one rater said of the song"
    else:
        frame, labels = windows(_needed(tree, curves), window=window, hop=hop), "as published"
        text = "the mean of the raters over time, averaged over the window"
    frame, group, said = _with_metadata(tree, frame)
    if benchmark != "none":
        frame = _of_benchmark(root, frame, benchmark)
    return assemble(
        "deam",
        root,
        with_quadrant(frame),
        targets=lambda kept: plane_targets(
            text, _ceiling(kept) if annotation == "static" else None
        ),
        info=replace(INFO, group=group, labels=f"{annotation}, {labels}"),
        audio=tree.audio("MEMD_audio"),
        place=PLACE,
        missing=missing,
        features=folder_features(tree, "features", frame) if ready else None,
        remarks=(*remarks, *said),
    )


def check(root: Path, *, annotation: str = "static") -> list[Check]:
    """Look at what is particular to DEAM: the names of its columns, and songs under two numbers."""
    tree = Tree(root)
    curves = _curves(tree)
    if annotation == "raters":
        ratings, reference = _read_all_raters(tree), _reference(tree, curves)
    else:
        ratings, _ = _read_static(tree)
        reference = None if curves is None else song_means(curves), "curve"
    checks = swap_checks(ratings, lambda table: _parts(table, *reference))
    songs, _, _ = _with_metadata(tree, ratings.index.unique().to_frame(index=False))
    return [*checks, *same_titles(songs)]


def rater_curves(root: str | Path) -> pd.DataFrame:
    """Read what each rater said over time.

    Parameters
    ----------
    root : str or path
        The folder that holds DEAM.

    Returns
    -------
    DataFrame
        Columns `dimension` ("valence" or "arousal"), `song_id`, `rater` (their number in the file,
        as not all files name them), `time` in seconds and `value` in [-1, 1].

    Raises
    ------
    DatasetError
        If there are none.
    """
    import pandas as pd

    tree = Tree(Path(root))
    parts = []
    for dimension in AXES:
        for song, path in sorted(tree.inside(dimension, suffix=".csv").items()):
            if song.isdecimal():
                table = read_table(path, ragged=True)
                moments = [name for name in map(str, table) if name.startswith("sample_")]
                values = table[moments].apply(as_numbers, path=path).reset_index(drop=True)
                values.columns = [float(name[7:-2]) / 1000 for name in moments]
                long = values.melt(ignore_index=False, var_name="time").dropna()
                long = long.rename_axis("rater").reset_index()
                parts.append(long.assign(dimension=dimension, song_id=int(song)))
    if not parts:
        msg = f"{root}: holds no files arousal/ID.csv and valence/ID.csv of single raters."
        raise DatasetError(msg)
    columns = ["dimension", "song_id", "rater", "time", "value"]
    return pd.concat(parts, ignore_index=True)[columns]


def _curves(tree: Tree) -> pd.DataFrame | None:
    """Return the mean of the raters over time, where the tables are there."""
    valence, arousal = tree.find("valence.csv"), tree.find("arousal.csv")
    if valence is None or arousal is None:
        return None
    return read_wide_curves(valence, arousal)


def _needed(tree: Tree, curves: pd.DataFrame | None) -> pd.DataFrame:
    """Return the curves, which must be there."""
    if curves is None:
        msg = f"{tree.root}: holds no valence.csv and arousal.csv, the ratings over time."
        raise DatasetError(msg)
    return curves


def _read_static(tree: Tree) -> tuple[pd.DataFrame, list[str]]:
    """Return the mean ratings by song, as they stand in the files, in [-1, 1]."""
    import pandas as pd

    tree.need(*STATIC)
    paths = [path for path in map(tree.find, STATIC) if path is not None]
    means, spreads = ["valence_mean", "arousal_mean"], ["valence_std", "arousal_std"]
    parts = []
    for path in paths:
        table = read_table(path)
        need_columns(path, table, ["song_id", *means, *spreads])
        numbers = table[[*means, *spreads]].apply(as_numbers, path=path)
        numbers = to_unit(numbers, path, means=means, spreads=spreads, scale=SCALE)
        numbers.insert(0, "song_id", whole_numbers(table["song_id"], path))
        parts.append(numbers)
    ratings = pd.concat(parts).rename(columns=lambda name: name.removesuffix("_mean"))
    ratings = ratings.set_index("song_id")
    check_rated_once(paths[0].parent, ratings.index)
    lacking = [name for name in STATIC if tree.find(name) is None]
    remarks = [f"{name} is not there, so its songs are missing." for name in lacking]
    return ratings, remarks


def _parts(
    ratings: pd.DataFrame, reference: pd.DataFrame | None, other: str = "curve"
) -> list[Part]:
    """Compare the ratings of each year, by song, with what else is known of its songs."""
    parts, first = [], 1
    for last in LAST:
        rows = (ratings.index >= first) & (ratings.index <= last)
        if rows.any():
            name = f"songs up to {last}" if first == 1 else f"songs {first} to {last}"
            known = last == 1000 and _digest(ratings[rows]) == EXCHANGED
            parts.append(Part(name, rows, agreement(ratings[rows], reference, other), known))
        first = last + 1
    return parts


def _digest(ratings: pd.DataFrame) -> str:
    """Return a digest of ratings as they are published."""
    columns = zip(ratings.index, ratings["valence"], ratings["arousal"], strict=True)
    lines = sorted(f"{song} {4 * v + 5:.2f} {4 * a + 5:.2f}" for song, v, a in columns)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _static(
    tree: Tree, curves: pd.DataFrame | None, *, repair: bool
) -> tuple[pd.DataFrame, str, list[str]]:
    """Return a row for each song, which labels these are, and what there is to say."""
    ratings, remarks = _read_static(tree)
    parts = _parts(ratings, None if curves is None else song_means(curves))
    ratings, labels = put_right(ratings, parts, repair=repair, corpus="deam")
    return with_curves(ratings, curves).reset_index(), labels, remarks


def _raters(tree: Tree, curves: pd.DataFrame | None, *, repair: bool) -> tuple[pd.DataFrame, str]:
    """Return a row for each rating of a song, and which labels these are."""
    ratings = _read_all_raters(tree)
    parts = _parts(ratings, *_reference(tree, curves))
    ratings, labels = put_right(ratings, parts, repair=repair, corpus="deam")
    ratings["weight"] = 1 / ratings.groupby("song_id")["valence"].transform("size")
    return ratings.reset_index(), labels


def _read_all_raters(tree: Tree) -> pd.DataFrame:
    """Return the ratings of all raters, by song, as they stand in the files."""
    import pandas as pd

    tree.need(*RATERS)
    paths = [path for path in map(tree.find, RATERS) if path is not None]
    return pd.concat([_read_raters(path) for path in paths])


def _reference(tree: Tree, curves: pd.DataFrame | None) -> tuple[pd.DataFrame | None, str]:
    """Return what the ratings of raters are compared with, and what it is.

    Without curves that is the means of the static file, as far as these are known.
    """
    if curves is not None:
        return song_means(curves), "curve"
    return _known_means(tree), "known mean"


def _known_means(tree: Tree) -> pd.DataFrame | None:
    """Return the mean ratings that are known to be exchanged, put right."""
    if tree.find(STATIC[0]) is None:
        return None
    means, _ = _read_static(tree)
    wrong = [part for part in _parts(means, None) if part.state == "exchanged"]
    return mend(means, wrong)[wrong[0].rows] if wrong else None


def _read_raters(path: Path) -> pd.DataFrame:
    """Read a table of raters; the two have other names in another order."""
    table = read_table(path).rename(columns=_plain)
    table = table.rename(columns={"valenceaverage": "valence", "arousalaverage": "arousal"})
    need_columns(path, table, ["songid", *AXES])
    numbers = to_unit(
        table[AXES].apply(as_numbers, path=path), path, means=AXES, spreads=[], scale=SCALE
    )
    numbers.insert(0, "rater", table.get("workerid", ""))
    return numbers.set_index(whole_numbers(table["songid"], path).rename("song_id"))


def _plain(name: str) -> str:
    """Return the name of a column without case, blanks and underscores."""
    return name.lower().replace("_", "").replace(" ", "")


def _year(song: int) -> str:
    """Return the year in which a song was rated."""
    return next((year for last, year in LAST.items() if song <= last), "2015")


def _ceiling(songs: pd.DataFrame) -> dict[str, float]:
    """Return the best scores of the mean ratings; the deviations are those of the sample."""
    n_raters = songs["song_id"].map(_year).map(N_RATERS).to_numpy()[:, None]
    errors = songs[["valence_std", "arousal_std"]].to_numpy() ** 2 / (n_raters - 1)
    return ceiling_of_means(songs[AXES].to_numpy(), errors)


def _with_metadata(tree: Tree, frame: pd.DataFrame) -> tuple[pd.DataFrame, str, list[str]]:
    """Add year, artist, title, genre and groups; return what the groups are, and what to say."""
    year = frame["song_id"].map(_year)
    paths = [path for names in METADATA if (path := tree.find(*names)) is not None]
    return with_songs(frame.assign(year=year), read_songs(paths))


def _of_benchmark(root: Path, frame: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """Return the rows of a benchmark, with its split."""
    years = ["2013"] if benchmark == "2013" else ["2013", "2014"]
    frame = frame[frame["year"].isin(years)].reset_index(drop=True)
    split = frame["part"].map(PARTS) if benchmark == "2013" else frame["year"].map(PARTS_OF_2014)
    if split.isna().any() or split.nunique() < 2:
        msg = (
            f"{root}: benchmark={benchmark!r} needs songs to learn and to test, which its metadata "
            f"and labels do not tell. Put {METADATA[0][0]} there, or leave benchmark out."
        )
        raise DatasetError(msg)
    return frame.assign(split=split)
