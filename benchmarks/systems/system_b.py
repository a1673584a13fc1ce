"""System B, its static part: valence and arousal of moments, from songs heard as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsRegressor

from mer_sklearn import Dataset, EmotionPipeline, load_dataset
from mer_sklearn.evaluation.result import Evaluation
from mer_sklearn.evaluation.tables import number

from .common import (
    AXES,
    Line,
    Roots,
    System,
    constant,
    deam_songs,
    deam_source,
    has_audio,
    heard,
    line,
    on_table,
    recordings_apart,
)

FAR = 1e4  # seconds; what lies between songs, when time is a feature
MEAN_LIST = "nothing heard, list: the song's mean"
HELD = "all of the song, ridge"
LAST = 2000  # the songs after it are whole ones, not excerpts of 45 s


class SongMean(RegressorMixin, BaseEstimator):
    """The mean of the moments of the same song that were learned: a look into a list."""

    def fit(self, X: Any, y: Any) -> SongMean:
        y = pd.DataFrame(y)
        self.means_, self.mean_ = y.groupby(X[:, 0]).mean(), y.mean()
        return self

    def predict(self, X: Any) -> Any:
        return self.means_.reindex(X[:, 0]).fillna(self.mean_).to_numpy()


def moments(roots: Roots) -> Dataset:
    """Return windows of 1.5 s with the mean of their labels; X is the number and the time."""
    rows = load_dataset(
        "deam",
        roots.deam_root,
        annotation="dynamic",
        window=1.5,
        missing="drop" if has_audio(roots) else "keep",
    )
    rows = recordings_apart(rows.take(np.flatnonzero(rows.frame["song_id"] <= LAST)))
    place = rows.frame[["song_id", "offset"]].astype(float)
    return replace(rows, X=place.assign(song_id=FAR * place["song_id"]))


def protocols(roots: Roots) -> Iterator[Line | str]:
    rows = moments(roots)
    song = rows.frame["song_id"].to_numpy()
    one_in_five = next(StratifiedKFold(5, shuffle=True, random_state=0).split(song, song))
    found = {}
    for protocol, cv in (("original", [one_in_five]), ("honest", 2 if roots.small else 5)):
        for what, (model, given) in answers(roots, rows).items():
            row = line(protocol, what, model, given, cv=cv)
            found[protocol, what] = row.result
            yield replace(row, more=by_song(row.result, song))
    listed, apart = found["original", MEAN_LIST], found["honest", HELD]
    yield (
        f"RMSE of a list that hears nothing, windows of every song known: {_errors(listed)}; of "
        f"ridge on all of the song, which holds its answer, artists apart: {_errors(apart)}."
    )
    within = rows.frame.groupby("song_id")[AXES].transform("mean")
    away = (rows.y("va") - within).to_numpy()
    v, a = np.sqrt(np.mean(away**2, axis=0))
    yield f"Within a song the labels move by {v:.3f} (valence) and {a:.3f} (arousal)."


def answers(roots: Roots, rows: Dataset) -> dict[str, tuple[EmotionPipeline, Dataset]]:
    """Return who answers, and what each of them hears of the windows."""
    songs = deam_songs(roots, repair=True)
    mfcc, everything = (
        held(heard(songs, features, columns), rows)
        for features, columns in (("mfcc40-mean", r"mfcc_sma\["), ("plain", "."))
    )
    two_nearest = KNeighborsRegressor(2, weights="distance")
    return {
        "nothing heard, mean": (constant(), rows),
        MEAN_LIST: (on_table(SongMean(), scale=None), rows),
        "nothing heard, list: the two nearest moments": (on_table(two_nearest, scale=None), rows),
        "MFCC of the song, ridge": (on_table("ridge"), mfcc),
        HELD: (on_table("ridge"), everything),
        "all of the song, the nearest song": (on_table(KNeighborsRegressor(1)), everything),
    }


def held(songs: Dataset, rows: Dataset) -> Dataset:
    """Return windows that hear the whole of their song."""
    table = songs.X.set_axis(songs.frame["song_id"]).loc[rows.frame["song_id"]]
    return replace(rows, X=table.reset_index(drop=True))


def _errors(result: Evaluation) -> str:
    """Say by how much answers err."""
    each = (f"{axis} {number(result.by_target[axis]['scores']['rmse'])}" for axis in AXES)
    return ", ".join(each)


def by_song(result: Evaluation, song: npt.NDArray[np.int_]) -> dict[str, str]:
    """Return the RMSE of each song, averaged over the songs."""
    given = result.predictions
    of_song = song[given["row"].to_numpy()]
    errors = pd.DataFrame({axis: given[f"predicted_{axis}"] - given[axis] for axis in AXES})
    means = np.sqrt((errors**2).groupby(of_song).mean()).mean()
    return {f"{axis} rmse of a song": number(means[axis]) for axis in AXES}


SYSTEM = System(
    title="System B, static part: DEAM's moments, windows of every song on both sides",
    published="RMSE 0.220 for valence and 0.188 for arousal, from -1 to 1.",
    here=(
        "windows of 1.5 s of the excerpts of 45 s, without overlap (published: two thirds overlap, "
        "which makes lists easier), one in five of each song tested, and with artists apart. Not "
        "as published are the windows of valence (0.5 s) and the size of the test part, which is "
        "not said. The models are others than the published networks of convolutions (arousal) and "
        "LSTM (valence): they hear the song as a whole and hold their answer: its means in the "
        "ready openSMILE table, or where there are the songs `mfcc40-mean` and `plain`. The table "
        "has no chroma, which was the published input for valence. *List* is an answer that hears "
        "nothing and knows the number of the song and the time. *Of a song* is the mean over the "
        "songs of the error in each."
    ),
    misleads=(
        "neighbouring windows have almost the same label, so a split of windows asks for what was "
        "learned, and a list that hears nothing knows it. Whether a model tells moments of a song "
        "apart is not seen in an error over all songs: one that holds its answer can be as near. "
        "The published comparison is with scores on songs apart, which is another task."
    ),
    protocols=protocols,
    source=deam_source,
)
