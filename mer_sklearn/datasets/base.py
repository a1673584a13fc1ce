"""What every corpus looks like once it is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..audio import AudioItem, Clip, Segment
from ..errors import DatasetError, unknown_name
from ..extraction.contents import content_key

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["Dataset", "DatasetInfo", "Target"]

OTHER_NAMES = {"valence_arousal": "va"}  # of targets


@dataclass(frozen=True)
class DatasetInfo:
    """What a user of a corpus has to know.

    Parameters
    ----------
    title : str
        Full name of the corpus.
    licence : str
        The terms of use, as far as they are known.
    citation : str
        Authors, title, venue and year.
    group : str
        What a group is, in the singular: "artist", "actor", "song" or "file".
    traps : tuple of str
        What goes wrong with this corpus unless one knows it, a sentence each.
    source : str
        Where it is described and asked for, without "https://".
    needs : str
        What has to lie in its folder.
    scale : str
        What the labels are, and their scale.
    split : str
        The official split; empty where there is none.
    n_rows : int or None
        The rows of a complete copy, loaded without options; None where it has no fixed size.
    songs : str
        Whose numbers the `song_id` are, where two corpora hold the same songs under the same ones.
    named_groups : bool
        Whether groups are names that mean the same in other corpora, as those of artists.
    labels : str
        Which of several labels were loaded, as a score has to say; empty where there is one kind.
    """

    title: str
    licence: str
    citation: str
    group: str = "file"
    traps: tuple[str, ...] = ()
    source: str = ""
    needs: str = ""
    scale: str = ""
    split: str = ""
    n_rows: int | None = None
    songs: str = ""
    named_groups: bool = False
    labels: str = ""


@dataclass(frozen=True)
class Target:
    """One thing that can be learned from a corpus.

    Parameters
    ----------
    columns : tuple of str
        The columns of the frame that hold it: one for classes, one or more for numbers.
    task : {"classification", "regression"}
        What it is.
    description : str
        One sentence, with the scale of numbers.
    ceiling : mapping of str to float
        The best scores that the noise of the raters allows, by the name of the metric; empty where
        nobody knows.
    scale : (float, float) or None
        The ends of the scale of numbers, where it has ends.
    """

    columns: tuple[str, ...]
    task: str
    description: str = ""
    ceiling: Mapping[str, float] = field(default_factory=dict)
    scale: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """A loaded corpus: what to listen to, what to learn, and what must stay together.

    Parameters
    ----------
    name : str
        The name by which it was loaded.
    X : sequence of paths, `Segment` or `Clip`, or DataFrame of shape (n_clips, n_features)
        The audio, one item a row; or ready features, for pipelines with ``features=None``.
    frame : DataFrame of shape (n_clips, n_columns)
        All that is known of each row: targets and metadata.
    targets : mapping of str to Target
        What can be learned; the first is the default.
    groups : array of shape (n_clips,) or None
        What must not stand on both sides of a split; None where the corpus does not say.
    info : DatasetInfo
        Licence, citation, traps.
    split : array of shape (n_clips,) or None
        The official part of each row, where the corpus has one.
    weights : array of shape (n_clips,) or None
        Weight of each row, where the corpus has one. `evaluate`, `compare`, `cross_corpus`, `tune`
        and `mer train` learn and score by it; `EmotionPipeline.fit` takes it as `sample_weight`.
    remarks : tuple of str
        What the loader met and decided, a sentence each.
    """

    name: str
    X: Sequence[AudioItem] | pd.DataFrame
    frame: pd.DataFrame
    targets: Mapping[str, Target]
    groups: np.ndarray | None
    info: DatasetInfo
    split: np.ndarray | None = None
    weights: np.ndarray | None = None
    remarks: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether X is a table of features instead of audio."""
        return not isinstance(self.X, Sequence)

    @property
    def paths(self) -> list[str]:
        """The audio files, where each row is a whole one; `X` holds the rows of every corpus.

        Raises
        ------
        DatasetError
            If a row is a clip or a part of a file, which no path can say, or a row of features.
        """
        if self.is_ready:
            msg = f"{self.name}: is a ready table of features, which has no files; use .X."
            raise DatasetError(msg)
        for number, item in enumerate(self.X):
            part = isinstance(item, Segment) and (item.offset or item.duration is not None)
            if part or isinstance(item, Clip):
                what = "a part of a file" if part else "a clip without a file"
                msg = f"{self.name}: row {number} is {what}, which has no path of its own; use .X."
                raise DatasetError(msg)
        return [str(getattr(item, "path", item)) for item in self.X]

    def target(self, name: str | None = None) -> Target:
        """Return one target by name; None is the first, "valence_arousal" another name of "va"."""
        if name is None:
            name = next(iter(self.targets))
        if name not in self.targets:
            name = OTHER_NAMES.get(name, name)
        if name not in self.targets:
            raise unknown_name(f"target of {self.name}", name, self.targets)
        return self.targets[name]

    def y(self, name: str | None = None) -> pd.Series | pd.DataFrame:
        """Return the values of a target: a Series of one column, or a DataFrame of several."""
        columns = list(self.target(name).columns)
        return self.frame[columns[0]] if len(columns) == 1 else self.frame[columns]

    def take(self, rows: Sequence[int] | np.ndarray) -> Dataset:
        """Return a corpus of some rows, by their numbers, in this order."""
        numbers = [int(row) for row in rows]

        def some_of(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[numbers]

        frame = self.frame.iloc[numbers].reset_index(drop=True)
        X = (
            [self.X[row] for row in numbers]
            if isinstance(self.X, Sequence)
            else self.X.iloc[numbers].reset_index(drop=True)
        )
        return replace(
            self,
            X=X,
            frame=frame,
            groups=some_of(self.groups),
            split=some_of(self.split),
            weights=some_of(self.weights),
        )

    def describe(self, target: str | None = None) -> dict[str, object]:
        """Return what a saved model says of the data it learned from.

        The digest is of the audio's bytes, or the features, and of the target's values, in their
        order.
        """
        digest = hashlib.sha256()
        for number, item in enumerate(self._contents()):
            if isinstance(item, bytes):
                digest.update(item)
            elif isinstance(item, Clip):
                digest.update(item.signal.tobytes())
            else:
                digest.update(str(content_key(item) or number).encode())
        digest.update(self.y(target).to_csv(index=False).encode())
        return {
            "name": self.name,
            "target": list(self.target(target).columns),
            "licence": self.info.licence,
            **({"labels": self.info.labels} if self.info.labels else {}),
            "n_clips": len(self),
            "n_groups": None if self.groups is None else len(set(self.groups)),
            "sha256": digest.hexdigest(),
        }

    def _contents(self) -> list[Any]:
        """Return what there is to learn from: audio, or the rows of a table as bytes."""
        if isinstance(self.X, Sequence):
            return list(self.X)
        return [self.X.to_csv().encode()]

    def __len__(self) -> int:
        return len(self.X)
