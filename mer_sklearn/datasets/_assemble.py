"""From a table of labels to a corpus: audio or ready features, groups, split, weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..audio import AudioItem, Segment
from ..errors import DatasetError, some
from ._tree import keep_found
from .base import Dataset, DatasetInfo, Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["assemble"]


def assemble(
    name: str,
    root: Path,
    frame: pd.DataFrame,
    *,
    targets: Callable[[pd.DataFrame], Mapping[str, Target]],
    info: DatasetInfo,
    audio: Mapping[str, Path],
    place: str,
    missing: str,
    features: pd.DataFrame | None = None,
    remarks: Sequence[str] = (),
) -> Dataset:
    """Put a corpus together from its labels.

    Parameters
    ----------
    name : str
        Its name.
    root : Path
        Its folder.
    frame : DataFrame
        A row for each clip: `file` (the name of the audio file without extension), `group`, and
        where there are any `offset` and `duration` in seconds, `split` and `weight`.
    targets : callable
        Returns what can be learned from the rows that are left.
    info : DatasetInfo
        What a user has to know.
    audio, place, missing
        As of `keep_found`.
    features : DataFrame, default=None
        Ready features with the index of `frame`, instead of audio; rows without any are left out.
    remarks : sequence of str
        What the loader has to say.
    """
    if features is None:
        frame, paths, said = keep_found(root, frame, audio, missing=missing, place=place)
        X: Sequence[AudioItem] | pd.DataFrame = _items(frame, paths)
    else:
        frame, X, said = _with_features(root, frame, features)

    def column(key: str) -> np.ndarray | None:
        return frame[key].to_numpy() if key in frame else None

    return Dataset(
        name=name,
        X=X,
        frame=frame.drop(columns=["split", "weight"], errors="ignore"),
        targets=targets(frame),
        groups=frame["group"].to_numpy(dtype=object),
        info=info,
        split=column("split"),
        weights=column("weight"),
        remarks=(*remarks, *said),
    )


def _items(frame: pd.DataFrame, paths: list[str]) -> list[AudioItem]:
    """Return the audio of each row: a file, or a part of one."""
    if "offset" not in frame:
        return list(paths)
    rows = zip(paths, frame["offset"], frame["duration"], strict=True)
    return [Segment(path, float(offset), float(duration)) for path, offset, duration in rows]


def _with_features(
    root: Path, frame: pd.DataFrame, features: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the rows that have features, the features, and what was left out."""
    lost = frame.loc[~frame.index.isin(features.index), "file"]
    if len(lost) == len(frame):
        msg = f"{root}: no row of its features belongs to a label. Load the audio: ready=False."
        raise DatasetError(msg)
    kept = frame.drop(index=lost.index)
    remarks = []
    if len(lost):
        names = some(lost.unique())
        remarks.append(
            f"{len(lost)} of {len(frame)} rows lack features and were left out: {names}."
        )
    table = features.loc[kept.index].reset_index(drop=True)
    return kept.reset_index(drop=True), table, remarks
