"""Ready features of openSMILE: a table for each song, or one for all, with a row for each moment.

Tables of a song have semicolons between their columns and begin with `frameTime` in seconds;
that of PMEmo has commas and begins with `musicId`. A row describes the half second from its moment
on, so that the row at 15.0 belongs to the value `sample_15000ms` of a curve.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DatasetError, first_line, some
from ._tree import Tree

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["folder_features", "of_songs", "read_features", "row_features"]

TIME = "frameTime"
SLACK = 1e-6  # seconds; times are printed decimals


def read_features(path: Path, index: str = TIME) -> pd.DataFrame:
    """Read a table of features, indexed by time or song.

    Raises
    ------
    DatasetError
        If it cannot be read, lacks the index, or holds what is no number.
    """
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig") as file:
            mark = ";" if ";" in file.readline() else ","
        table = pd.read_csv(path, sep=mark, skipinitialspace=True)
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be read as a table of features ({first_line(error)})."
        raise DatasetError(msg) from error
    table.columns = table.columns.str.strip()
    if index not in table:
        msg = f"{path}: has no column {index!r}, only {some(table)}. Give the corpus' own features."
        raise DatasetError(msg)
    table = table.set_index(index)
    words = table.columns[[kind.kind not in "if" for kind in table.dtypes]]
    gaps = table.columns[table.isna().any()]
    if len(words) or len(gaps):
        msg = f"{path}: the columns {some([*words, *gaps])} must hold a number in every row."
        raise DatasetError(msg)
    return table


def folder_features(tree: Tree, folder: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the features of rows from tables of songs, ``folder/ID.csv``; see `row_features`.

    Raises
    ------
    DatasetError
        If no song has a table.
    """
    paths = tree.inside(folder, suffix=".csv")
    songs = [song for song in frame["song_id"].unique() if str(song) in paths]
    if not songs:
        msg = f"{tree.root}: holds no {folder}/ID.csv of these songs. Load the audio: ready=False."
        raise DatasetError(msg)
    return row_features(((song, read_features(paths[str(song)])) for song in songs), frame)


def row_features(tables: Iterable[tuple[int, pd.DataFrame]], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the features of rows from what describes the moments of their songs.

    Parameters
    ----------
    tables : iterable of (int, DataFrame)
        Songs with their features by time.
    frame : DataFrame
        Column `song_id`; windows also have `offset` and `duration` in seconds.

    Returns
    -------
    DataFrame of shape (n_rows, n_features)
        Mean and standard deviation over the song of every feature, or its mean in the window, with
        the index of `frame`; rows without features are left out.
    """
    import pandas as pd

    if "offset" in frame:
        return _window_means(tables, frame)
    songs = pd.DataFrame.from_dict(
        {
            song: pd.concat(
                [table.mean().add_suffix("__mean"), table.std(ddof=0).add_suffix("__std")]
            )
            for song, table in tables
        },
        orient="index",
    )
    return of_songs(songs, frame)


def of_songs(features: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the features of the song of each row, with the index of the rows."""
    there = frame["song_id"].isin(features.index)
    return features.loc[frame.loc[there, "song_id"]].set_index(frame.index[there])


def _window_means(tables: Iterable[tuple[int, pd.DataFrame]], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of every feature in each window."""
    import pandas as pd

    windows = dict(iter(frame.groupby("song_id")[["offset", "duration"]]))
    means = {}
    for song, table in tables:
        for row, window in windows.get(song, frame[:0]).iterrows():
            start = window["offset"] - SLACK
            inside = table[(table.index >= start) & (table.index < start + window["duration"])]
            if len(inside):
                means[row] = inside.mean()
    return pd.DataFrame.from_dict(means, orient="index").sort_index()
