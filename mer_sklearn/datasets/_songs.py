"""Who plays what: the metadata of DEAM and emoMusic, in all the forms that go around."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DatasetError, some
from ._check import Check
from ._columns import find_column
from .reading import read_table, whole_numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PARTS", "artist_groups", "read_songs", "same_titles", "with_songs"]

SONG_COLUMNS = ("artist", "title", "genre", "part")
NAMES = {  # of the columns, in lower case; years and copies name them differently
    "artist": ("artist",),
    "title": ("title", "track", "song title"),
    "genre": ("genre",),
    "part": ("mediaeval 2013 set",),
}
PARTS = {"development": "train", "evaluation": "test"}  # of the benchmark of 2013
NOTHING = ("n/a", "na", "unknown", "-")


def read_songs(paths: Sequence[Path]) -> pd.DataFrame:
    """Return `song_id`, artist, title, genre and part (of the split of 2013) of all songs.

    Cells lose tabs and blanks, and "n/a"; rows may have more cells than the header (the tags of
    listeners), which are left out.

    Raises
    ------
    DatasetError
        If a table has no column of ids or artists.
    """
    import pandas as pd

    parts = [pd.DataFrame(columns=["song_id", *SONG_COLUMNS], dtype=object), *map(_read, paths)]
    songs = pd.concat(parts, ignore_index=True).drop_duplicates("song_id")
    return songs.astype({"song_id": int})


def with_songs(frame: pd.DataFrame, songs: pd.DataFrame) -> tuple[pd.DataFrame, str, list[str]]:
    """Add to rows with a `song_id` what is known of the song, its file and its group.

    Parameters
    ----------
    frame : DataFrame
        The rows.
    songs : DataFrame
        Columns `song_id` and `artist`, and others.

    Returns
    -------
    (DataFrame, str, list of str)
        The rows, with empty cells where nothing is known; what the groups are; what to say.
    """
    empty = dict.fromkeys(songs.columns.drop("song_id"), "")
    frame = frame.merge(songs, on="song_id", how="left").fillna(empty)
    frame = frame.assign(
        file=frame["song_id"].astype(str), group=artist_groups(frame["artist"], frame["song_id"])
    )
    unnamed = frame["song_id"][frame["artist"] == ""].unique()
    if len(unnamed) == frame["song_id"].nunique():
        said = "No artists: the metadata are not there, so each song is its own group."
        return frame, "song", [said]
    if len(unnamed):
        said = f"{len(unnamed)} songs without an artist are their own group: {some(unnamed)}."
        return frame, "artist", [said]
    return frame, "artist", []


def artist_groups(artists: pd.Series, songs: pd.Series) -> pd.Series:
    """Return what stays together: the artist in one spelling, or the song where none is known."""
    names = artists.str.split().str.join(" ").str.casefold()
    return names.where(names != "", "song " + songs.astype(str))


def same_titles(songs: pd.DataFrame) -> list[Check]:
    """Return what `mer datasets validate` says of songs that share artist and title."""
    titles = songs["title"].fillna("")
    named = songs[titles != ""].assign(key=titles.str.casefold())
    twice = named[named.duplicated(["group", "key"], keep=False)]
    if not len(twice):
        return []
    sets = ["/".join(map(str, found)) for _, found in twice.groupby(["group", "key"])["song_id"]]
    found = f"{len(twice)} songs share artist and title with another: {some(sets)}"
    return [Check("songs under two numbers", "note", f"{found}; a split by artist is safe")]


def _read(path: Path) -> pd.DataFrame:
    """Read the metadata of one year."""
    table = read_table(path, ragged=True)
    number = find_column(table, ("song_id", "id"))
    columns = {name: find_column(table, names) for name, names in NAMES.items()}
    if number is None or columns["artist"] is None:
        msg = f"{path}: has no column of ids or artists, only {some(table)}."
        raise DatasetError(msg)
    songs = table[[]].assign(song_id=whole_numbers(table[number], path))
    for name, column in columns.items():
        cells = table[column].str.split("\t").str[0].str.strip() if column else ""
        songs[name] = cells
        songs[name] = songs[name].where(~songs[name].str.lower().isin(NOTHING), "")
    return songs
