"""Emotify: which of nine emotions listeners felt at 400 pieces of music (GEMS-9).

Layout: ``data.csv``, a row for each listener and song, and
``emotifymusic/{classical,rock,electronic,pop}/{1..100}.mp3``, at any depth; of several folders with
genres in them, that with most of the songs counts. Track T is the file
``GENRE/((T-1) % 100 + 1).mp3``. If there is a ``groups.csv``, it names the `group` of each
`track_id`.

Source: Aljanaki, Wiering and Veltkamp, www2.projects.science.uu.nl/memotion/emotifydata. Licence:
free for research, to be cited; the music is by artists of Magnatune.

Traps: the header has a blank after each comma. The table names no artists, but the tags of the
clips do: 137 of them, and five pairs of clips are one recording (within one artist), so that only a
split by artists is honest. 11 to 59 listeners rated a song: shares are coarse, and the emotion most
of them chose is often a tie. Genre predicts the emotion well: report within genre, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import DatasetError, some
from ._assemble import assemble
from ._ceiling import ceiling_of_means, ceiling_of_votes
from ._check import Check
from ._tree import Tree
from .base import Dataset, DatasetInfo, Target
from .reading import is_audio, read_table, whole_numbers

if TYPE_CHECKING:
    import pandas as pd

EMOTIONS = (  # in the order of the table, which decides ties
    "amazement",
    "solemnity",
    "tenderness",
    "nostalgia",
    "calmness",
    "power",
    "joyful_activation",
    "tension",
    "sadness",
)
SONGS_A_GENRE = 100
AT_MOST = 3  # emotions an answer, by the rules of the game
N_ANSWERS = 8407
COLLECTIONS = ("Magnatune Compilation", "Magnatune Remixed", "DJ Cary")  # artists of many artists

INFO = DatasetInfo(
    title="Emotify: induced musical emotion, GEMS-9",
    licence="free for research with citation; music by artists of Magnatune",
    citation=(
        "Aljanaki, Wiering, Veltkamp, Studying emotion induced by music through a crowdsourcing "
        "game, Information Processing and Management 52(1), 2016"
    ),
    group="artist",
    traps=(
        "Emotions are felt by listeners, not heard in the music: do not mix with valence/arousal.",
        "Five pairs of clips are one recording: a random split leaks, one by artists does not.",
        "Genre predicts the emotion: report within genre, too.",
        "Listeners are not named, so rows that look the same are kept.",
    ),
    source="www2.projects.science.uu.nl/memotion/emotifydata",
    needs="data.csv, {classical,rock,electronic,pop}/*.mp3; groups.csv where there is one",
    scale="nine emotions felt: shares of listeners, 0 to 1",
    n_rows=400,
    named_groups=True,
)


def load(root: str | Path, *, missing: Literal["drop", "keep"] = "drop") -> Dataset:
    """Load Emotify.

    Parameters
    ----------
    root : str or path
        The folder that holds data.csv and the folders of the genres, at any depth.
    missing : {"drop", "keep"}, default="drop"
        What becomes of songs whose audio is missing; "keep" is for looking at the labels.

    Returns
    -------
    Dataset
        Targets `emotion` (what most listeners felt) and `gems` (nine shares of listeners, 0 to 1);
        groups are the artists, from groups.csv or the tags of the files.

    Raises
    ------
    DatasetError
        If data.csv cannot be read, no audio is found, or groups.csv leaves songs out.
    """
    root = Path(root)
    tree = Tree(root)
    votes = _read_votes(tree.need("data.csv"))
    frame, remarks = _rate(votes)
    audio = _audio(tree, set(frame["file"]))
    frame, group, unnamed = _with_artists(tree.find("groups.csv"), frame, audio)
    return assemble(
        "emotify",
        root,
        frame,
        targets=lambda kept: _targets(votes, kept),
        info=replace(INFO, group=group),
        audio=audio,
        place="emotifymusic/*.mp3",
        missing=missing,
        remarks=(*remarks, *unnamed),
    )


def check(root: Path) -> list[Check]:
    """Look at what is particular to Emotify: the rows of the table, against its rules."""
    votes = _read_votes(Tree(root).need("data.csv"))
    chosen = votes[list(EMOTIONS)].sum(axis=1)
    counts = votes["track_id"].value_counts()
    found = (
        f"{len(votes)} answers, {counts.min()} to {counts.max()} a song; "
        f"{votes.duplicated().sum()} equal others in every cell, {(chosen > AT_MOST).sum()} choose "
        f"more than {AT_MOST} emotions and {(chosen == 0).sum()} none; all are kept"
    )
    return [Check("answers", "ok" if len(votes) == N_ANSWERS else "wrong", found)]


def _read_votes(path: Path) -> pd.DataFrame:
    """Read the table of listeners: track_id, genre and 0 or 1 for each emotion."""
    votes = read_table(path).rename(columns=lambda name: name.lower().replace(" ", "_"))
    lacking = [name for name in ("track_id", "genre", *EMOTIONS) if name not in votes]
    if lacking:
        msg = f"{path}: has no column {some(lacking)}. Give the data.csv of Emotify."
        raise DatasetError(msg)
    votes["track_id"] = whole_numbers(votes["track_id"], path)
    for name in EMOTIONS:
        wrong = votes.index[~votes[name].isin(["0", "1"])]
        if len(wrong):
            msg = f"{path}: {name!r} must be 0 or 1; line {some(wrong)} has another value."
            raise DatasetError(msg)
        votes[name] = votes[name].astype(float)
    return votes


def _rate(votes: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return a row for each song: its file, its shares, and what most listeners chose."""
    tracks = votes.groupby("track_id")
    emotions = list(EMOTIONS)
    counts = tracks[emotions].sum()
    most = counts.max(axis=1)
    songs = tracks[emotions].mean()
    songs.insert(0, "emotion", counts.idxmax(axis=1))
    songs.insert(0, "n_raters", tracks.size())
    songs.insert(0, "genre", tracks["genre"].first())
    tied = counts.eq(most, axis=0).sum(axis=1)[most > 0] > 1
    remarks = []
    if tied.any():
        remarks.append(f"{tied.sum()} songs have several emotions in front: emotion is the first.")
    if not most.all():
        remarks.append(f"{(most == 0).sum()} songs that moved nobody were dropped.")
    songs = songs[most > 0].reset_index()
    numbers = (songs["track_id"] - 1) % SONGS_A_GENRE + 1
    songs.insert(0, "file", songs["genre"] + "/" + numbers.astype(str))
    return songs, remarks


def _targets(votes: pd.DataFrame, songs: pd.DataFrame) -> dict[str, Target]:
    """Describe what can be learned from songs."""
    labels, shares = _ceilings(votes, songs)
    felt = "The emotion most listeners felt."
    part = "Shares of listeners, from 0 to 1."
    return {
        "emotion": Target(("emotion",), "classification", felt, labels),
        "gems": Target(EMOTIONS, "regression", part, shares, (0.0, 1.0)),
    }


def _ceilings(
    votes: pd.DataFrame, songs: pd.DataFrame
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the best scores of the emotion and of the shares; see `_ceiling`.

    A share p of n listeners has the variance p (1 - p) / (n - 1).
    """
    emotions, known = list(EMOTIONS), songs[songs["n_raters"] > 1]
    shares = known[emotions].to_numpy()
    errors = shares * (1 - shares) / (known[["n_raters"]].to_numpy() - 1)
    labels = ceiling_of_votes(
        votes[emotions], votes["track_id"], songs.set_index("track_id")["emotion"]
    )
    return labels, ceiling_of_means(shares, errors)


def _audio(tree: Tree, wanted: set[str]) -> dict[str, Path]:
    """Return the audio by genre and number, from the place that holds most of it."""
    places: dict[Path, dict[str, Path]] = defaultdict(dict)
    for path in tree.files:
        name = f"{path.parent.name}/{path.stem}"
        if name in wanted and is_audio(path):
            places[path.parent.parent].setdefault(name, path)
    return max(places.values(), key=len, default={})


def _with_artists(
    path: Path | None, songs: pd.DataFrame, audio: Mapping[str, Path]
) -> tuple[pd.DataFrame, str, list[str]]:
    """Add artists and groups: from a table, else from the tags of the files.

    Returns the songs, what the groups are, and what there is to say.
    """
    if path is not None:
        table = _read_groups(path, songs["track_id"])
        if "artist" in table:
            songs.insert(3, "artist", table["artist"].to_numpy())
        return songs.assign(group=table["group"].to_numpy()), "artist", []
    songs.insert(3, "artist", [_artist(audio.get(file)) for file in songs["file"]])
    tracks = "track " + songs["track_id"].astype(str)
    songs = songs.assign(group=songs["artist"].where(songs["artist"] != "", tracks))
    if (songs["artist"] == "").all():
        said = "No artists: there is no groups.csv and no tags, so each song is its own group."
        return songs, "song", [said]
    return songs, "artist", _tag_remarks(songs["artist"][songs["file"].isin(list(audio))])


def _read_groups(path: Path, tracks: pd.Series) -> pd.DataFrame:
    """Return the rows of groups.csv in the order of the songs."""
    table = read_table(path)
    if not {"track_id", "group"} <= set(table):
        msg = f"{path}: must have the columns track_id and group; has {some(table)}."
        raise DatasetError(msg)
    table.index = whole_numbers(table["track_id"], path)
    twice = table.index[table.index.duplicated()]
    lacking = tracks[~tracks.isin(table.index[table["group"] != ""])]
    if len(twice) or len(lacking):
        msg = f"{path}: track {some([*lacking, *twice])} must have one line with a group."
        raise DatasetError(msg)
    return table.loc[tracks]


def _artist(path: Path | None) -> str:
    """Return the artist that the tags of a file name, or nothing."""
    import soundfile

    if path is None:
        return ""
    try:
        with soundfile.SoundFile(path) as file:
            return str(file.copy_metadata().get("artist", "")).strip()
    except (soundfile.SoundFileError, OSError):
        return ""


def _tag_remarks(artists: pd.Series) -> list[str]:
    """Say which groups are not artists."""
    remarks = []
    if (artists == "").any():
        remarks.append(f"{(artists == '').sum()} songs without an artist are their own group.")
    mixed = artists[artists.isin(COLLECTIONS)]
    if len(mixed):
        remarks.append(
            f"{len(mixed)} songs are tagged {some(sorted(set(mixed)))}, which hold several artists."
        )
    return remarks
