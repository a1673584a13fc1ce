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

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_features", "song_features", "window_features"]

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


def song_features(tables: Iterable[tuple[int, pd.DataFrame]]) -> pd.DataFrame:
    """Return mean and standard deviation over time of every feature, by song."""
    import pandas as pd

    rows = {
        song: pd.concat([table.mean().add_suffix("__mean"), table.std(ddof=0).add_suffix("__std")])
        for song, table in tables
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def window_features(
    tables: Iterable[tuple[int, pd.DataFrame]], windows: pd.DataFrame
) -> pd.DataFrame:
    """Return the mean of every feature in each window.

    Parameters
    ----------
    tables : iterable of (int, DataFrame)
        Songs with their features by time; those without a window are passed over.
    windows : DataFrame
        Columns `song_id`, `offset` and `duration`.

    Returns
    -------
    DataFrame of shape (n_windows, n_features)
        With the index of `windows`; windows that hold no row of features are left out.
    """
    import pandas as pd

    of_song = dict(iter(windows.groupby("song_id")))
    parts = {}
    for song, table in tables:
        for index, window in of_song.get(song, windows[:0])[["offset", "duration"]].iterrows():
            start, end = window["offset"] - SLACK, window.sum() - SLACK
            inside = table[(table.index >= start) & (table.index < end)]
            if len(inside):
                parts[index] = inside.mean()
    return pd.DataFrame.from_dict(parts, orient="index").sort_index()
