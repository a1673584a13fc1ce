"""What the corpora of valence and arousal share: scales, curves, windows and targets.

Conventions: ratings and curves are columns `valence` and `arousal` in [-1, 1]. A curve is a table
with a row for each song and moment: `song_id`, `time` in seconds, `valence`, `arousal`; its moments
are half a second apart, and a value holds from its moment to the next.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import DatasetError, InputError, first_line, some
from .base import Target

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "AXES",
    "STEP",
    "as_arrays",
    "check_rated_once",
    "plane_targets",
    "read_wide_curves",
    "song_means",
    "to_unit",
    "with_curves",
    "with_quadrant",
    "windows",
]

AXES = ["valence", "arousal"]
STEP = 0.5  # seconds between two values of a curve
MOMENT = re.compile(r"sample_(\d+)ms")


def to_unit(
    table: pd.DataFrame, path: Path, *, means: list[str], spreads: list[str], scale: tuple[int, int]
) -> pd.DataFrame:
    """Bring ratings to [-1, 1], and their standard deviations with them.

    Raises
    ------
    DatasetError
        If a rating is missing or lies outside its scale.
    """
    low, high = scale
    table = table.copy()
    for name in means:
        wrong = table.index[~table[name].between(low, high)]
        if len(wrong):
            msg = (
                f"{path}: {name} is missing or outside {low} to {high} in line {some(wrong)}. Is "
                "this the file of another corpus?"
            )
            raise DatasetError(msg)
        table[name] = (2 * table[name] - low - high) / (high - low)
    for name in spreads:
        table[name] = table[name] * 2 / (high - low)
    return table


def read_wide_curves(valence: Path, arousal: Path) -> pd.DataFrame:
    """Read two tables with a row for each song and a column for each moment (sample_15000ms)."""
    both = _long(valence, "valence").merge(_long(arousal, "arousal"), on=["song_id", "time"])
    return both.sort_values(["song_id", "time"], ignore_index=True)


def song_means(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each song's curve, by song."""
    return curves.groupby("song_id")[AXES].mean()


def as_arrays(curves: pd.DataFrame) -> pd.Series:
    """Return each song's curve as an array of shape (n_moments, 2), by song."""
    import pandas as pd

    songs = {song: curve[AXES].to_numpy() for song, curve in curves.groupby("song_id")}
    return pd.Series(songs, dtype=object)


def with_curves(ratings: pd.DataFrame, curves: pd.DataFrame | None) -> pd.DataFrame:
    """Return ratings, by song, with each song's curve beside them, where there are curves."""
    return ratings if curves is None else ratings.assign(curve=as_arrays(curves))


def check_rated_once(place: Path, songs: pd.Index) -> None:
    """Refuse ratings of which a song has two rows."""
    if songs.has_duplicates:
        twice = songs[songs.duplicated()]
        msg = f"{place}: songs {some(twice)} are rated in two rows. Keep one."
        raise DatasetError(msg)


def windows(curves: pd.DataFrame, *, window: float, hop: float | None) -> pd.DataFrame:
    """Cut curves into windows and average each.

    Parameters
    ----------
    curves : DataFrame
        Curves.
    window : float
        Length in seconds, a multiple of half a second.
    hop : float or None
        Seconds from one window to the next; None is `window`, so that none overlap.

    Returns
    -------
    DataFrame
        Columns `song_id`, `offset`, `duration`, `valence`, `arousal`; windows with gaps are left
        out.

    Raises
    ------
    InputError
        If a length is no multiple of half a second.
    """
    import pandas as pd

    width = _steps("window", window)
    step = width if hop is None else _steps("hop", hop)
    parts = []
    for song, curve in curves.groupby("song_id"):
        offsets, means = _cut(curve, width, step)
        parts.append(
            pd.DataFrame(
                {
                    "song_id": song,
                    "offset": offsets,
                    "duration": width * STEP,
                    "valence": means[:, 0],
                    "arousal": means[:, 1],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def with_quadrant(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the names of the quadrants: happy, angry, sad or calm."""
    from ..labels import EmotionLabeller

    return frame.assign(quadrant=EmotionLabeller("quadrants").transform(frame[AXES]))


def plane_targets(text: str, ceiling: Mapping[str, float] | None = None) -> dict[str, Target]:
    """Return the targets of a corpus of valence and arousal.

    Parameters
    ----------
    text : str
        What the numbers are, as in "the mean of ten raters".
    ceiling : mapping of str to float, default=None
        The best scores of the numbers.
    """
    plane = f"Valence and arousal in [-1, 1], {text}."
    names = "happy, angry, sad or calm, by the signs of valence and arousal."
    return {
        "va": Target(("valence", "arousal"), "regression", plane, ceiling or {}, (-1.0, 1.0)),
        "quadrant": Target(("quadrant",), "classification", names),
    }


def _long(path: Path, name: str) -> pd.DataFrame:
    """Read a table of curves as rows of song_id, time and value, without the empty cells."""
    import pandas as pd

    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be read as a table of curves ({first_line(error)})."
        raise DatasetError(msg) from error
    table.columns = table.columns.str.strip()
    moments: list[Any] = [column for column in map(str, table) if MOMENT.fullmatch(column)]
    if "song_id" not in table or not moments:
        msg = f"{path}: must have the columns song_id, sample_15000ms, ...; has {some(table)}."
        raise DatasetError(msg)
    long = table.melt("song_id", moments, "time", name).dropna()
    seconds: dict[Any, float] = {name: _seconds(name) for name in moments}
    long["time"] = long["time"].map(seconds)
    values = pd.to_numeric(long[name], errors="coerce")
    if not values.between(-1, 1).all():
        songs = long["song_id"][~values.between(-1, 1)].unique()
        msg = f"{path}: songs {some(songs)} have values that are no numbers from -1 to 1."
        raise DatasetError(msg)
    if long.duplicated(["song_id", "time"]).any():
        songs = long["song_id"][long.duplicated(["song_id", "time"])].unique()
        msg = f"{path}: songs {some(songs)} have several rows. Keep one."
        raise DatasetError(msg)
    return long.assign(**{name: values})


def _seconds(moment: str) -> float:
    """Return the seconds of a moment such as sample_15000ms."""
    return float(moment.removeprefix("sample_").removesuffix("ms")) / 1000


def _steps(name: str, seconds: float) -> int:
    """Return a length in values of a curve."""
    steps = seconds / STEP
    if not steps >= 1 or steps % 1:
        msg = f"{name}={seconds!r} must be a multiple of {STEP} s, the step of the curves."
        raise InputError(msg)
    return int(steps)


def _cut(
    curve: pd.DataFrame, width: int, step: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return where the windows of a song begin, and their means of shape (n_windows, 2)."""
    times = curve["time"].to_numpy()
    places = np.round((times - times[0]) / STEP).astype(int)
    values = np.full((places[-1] + 1, 2), np.nan)
    values[places] = curve[AXES].to_numpy()
    starts = np.arange(0, len(values) - width + 1, step)
    means = np.array([values[start : start + width].mean(axis=0) for start in starts])
    means = means.reshape(-1, 2)
    whole = np.isfinite(means).all(axis=1)
    return times[0] + starts[whole] * STEP, means[whole]
