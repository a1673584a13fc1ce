"""What the recipes share: where the data are, the songs of DEAM, and a table of protocols."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyRegressor

from mer_sklearn import AudioFeatures, Dataset, EmotionPipeline, MerError, evaluate, load_dataset
from mer_sklearn.datasets import Target, find_audio
from mer_sklearn.datasets._plane import AXES
from mer_sklearn.evaluation.result import Evaluation
from mer_sklearn.evaluation.tables import as_markdown, bracket, number

ENOUGH = 20  # groups; what fewer say of others is said by the folds
SYNTHETIC = "synthetic clips in the official layout"
TABLE = "deam_opensmile_song_means.csv"
# Songs of DEAM that are one recording under two artists: all 130 means of openSMILE are equal.
ONE_RECORDING = ((296, 706), (390, 758), (631, 893))


@dataclass(frozen=True)
class Roots:
    """Where the corpora are.

    `data` is laid out as ``$MER_DATA``; `deam` and `ravdess` are full copies, where there are any.
    """

    data: Path
    deam: Path | None = None
    ravdess: Path | None = None
    small: bool = False  # rendered clips in the official layouts: everything at its smallest

    @property
    def tables(self) -> Path:
        return self.data / "feature_tables"

    @property
    def deam_root(self) -> Path:
        return self.deam or self.data / "deam"

    @property
    def ravdess_root(self) -> Path:
        return self.ravdess or self.data / "ravdess_speech"

    @property
    def cv(self) -> int | str:
        """Folds with groups apart, drawn anew for every repeat."""
        return 2 if self.small else "5x3"

    @property
    def repeats(self) -> int:
        """How often folds that ignore groups are drawn."""
        return 1 if self.small else 3


@dataclass(frozen=True)
class Line:
    """One row of a table: a pipeline under a protocol; `more` are columns of its own."""

    protocol: str
    what: str
    result: Evaluation
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class System:
    """A published system as a recipe.

    `protocols` yields the rows of its table, and sentences that go below it, as do the remarks of
    the rows; `source` says what they are computed from.
    """

    title: str
    published: str
    here: str
    misleads: str
    protocols: Callable[[Roots], Iterator[Line | str]]
    source: Callable[[Roots], str]

    def __call__(self, roots: Roots) -> Iterator[str]:
        yield f"## {self.title}\n\nPublished: {self.published}\n\nHere: {self.here}"
        try:
            source = SYNTHETIC if roots.small else self.source(roots)
            found = list(self.protocols(roots))
        except MerError as error:
            yield f"Not run: {error}"
            return
        yield f"Computed from {source}."
        rows = [row for row in found if isinstance(row, Line)]
        yield table_of(rows, f"protocol, {SYNTHETIC}" if roots.small else "protocol")
        yield from (sentence for sentence in found if isinstance(sentence, str))
        yield from remarks_of(rows)
        yield f"What misleads: {self.misleads}"


def line(protocol: str, what: str, pipeline: Any, rows: Dataset, **how: Any) -> Line:
    """Return the row of a pipeline; `how` is what `evaluate` takes."""
    return Line(protocol, what, evaluate(pipeline, rows, **how))


def lines(
    protocol: str, what: str, models: Mapping[str, Any], rows: Dataset, **how: Any
) -> Iterator[Line]:
    """Yield the row of each pipeline by its name."""
    for name, pipeline in models.items():
        yield line(protocol, f"{what}, {name}", pipeline, rows, **how)


def table_of(found: Sequence[Line], head: str) -> str:
    """Return rows as a table, by what their task is scored with."""
    columns = {
        head: [row.protocol for row in found],
        "labels, inputs, model": [row.what for row in found],
        "split": [row.result.split for row in found],
        "rows": [str(row.result.n_rows) for row in found],
    }
    results = [row.result for row in found]
    of_task = _of_classes if results[0].task == "classification" else _of_numbers
    more = {name: [row.more.get(name, "") for row in found] for row in found for name in row.more}
    return as_markdown({**columns, **of_task(results), **more})


def remarks_of(found: Sequence[Line]) -> Iterator[str]:
    """Yield what the rows of a table have to say, each sentence once."""
    said = dict.fromkeys(remark for row in found for remark in row.result.remarks)
    if said:
        yield "\n".join(f"- {remark}" for remark in said)


def _of_classes(results: list[Evaluation]) -> dict[str, list[str]]:
    metrics = ("balanced_accuracy", "macro_f1", "mcc")
    return {
        "accuracy": [number(result.scores["accuracy"]) for result in results],
        "accuracy 95%": [_interval(result, result.intervals["accuracy"]) for result in results],
        "sd of folds": [_spread(result) for result in results],
        **{name: [number(result.scores[name]) for result in results] for name in metrics},
        **{
            f"{name}: accuracy": [number(result.baselines[name]["accuracy"]) for result in results]
            for name in ("majority", "stratified")
        },
    }


def _interval(result: Evaluation, ends: Sequence[float]) -> str:
    """Return an interval over groups; none where they are few and were learned, too."""
    torn = "on both sides" in result.split and result.n_groups < ENOUGH
    return "" if torn else bracket(ends)


def _spread(result: Evaluation) -> str:
    """Return the standard deviation of the accuracy over the folds, where there are several."""
    scores = [fold["accuracy"] for fold in result.folds]
    return number(np.std(scores, ddof=1)) if len(scores) > 1 else ""


def _of_numbers(results: list[Evaluation]) -> dict[str, list[str]]:
    columns = {}
    for metric in ("r2", "rmse", "ccc"):
        for axis in AXES:
            of_axis = [result.by_target[axis] for result in results]
            columns[f"{axis} {metric}"] = [number(of["scores"][metric]) for of in of_axis]
            if metric == "r2":
                columns[f"{axis} r2 95%"] = [
                    _interval(result, of["intervals"]["r2"])
                    for result, of in zip(results, of_axis, strict=True)
                ]
    return columns


def on_table(model: Any, **settings: Any) -> EmotionPipeline:
    """Return a pipeline for features that are there already."""
    return EmotionPipeline(None, model=model, random_state=0, **settings)


def constant() -> EmotionPipeline:
    """Return the trivial answer to numbers: the mean of what was learned."""
    return on_table(DummyRegressor(), scale=None)


# ---- The songs of DEAM ----


def has_audio(roots: Roots) -> bool:
    """Tell whether the copy of DEAM has its songs, in whatever folder, not only the labels."""
    return roots.deam_root.is_dir() and bool(find_audio(roots.deam_root))


def deam_source(roots: Roots) -> str:
    """Say what the recipes of DEAM are computed from."""
    return "the songs" if has_audio(roots) else f"`{TABLE}`; there is no audio"


def deam_songs(roots: Roots, *, repair: bool) -> Dataset:
    """Return the songs with their audio, or else the ready table, in the order of the files.

    The target is `va`, from -1 to 1, with the labels as published or repaired; groups are the
    artists, see `recordings_apart`.
    """
    if has_audio(roots):
        with warnings.catch_warnings():  # that the labels were put right is what the table says
            warnings.simplefilter("ignore")
            return recordings_apart(load_dataset("deam", roots.deam_root, repair=repair))
    ending = "_mean" if repair else "_mean_as_published"
    names = [axis + ending for axis in AXES]
    path = roots.tables / TABLE
    if not path.is_file():
        msg = f"{path} is not there, nor are the songs of DEAM in {roots.deam_root}."
        raise MerError(msg)
    songs = load_dataset("ready", path, target=",".join(names), scale=(1, 9))
    frame = songs.frame.assign(song_id=songs.frame["song_id"].astype(int))
    frame = frame.rename(columns=dict(zip(names, AXES, strict=True)))
    va = Target(tuple(AXES), "regression", scale=(-1.0, 1.0))
    songs = replace(songs, frame=frame, targets={"va": va}).take(frame["song_id"].argsort())
    return recordings_apart(songs)


def recordings_apart(songs: Dataset) -> Dataset:
    """Return songs of DEAM in whose groups no recording stands on both sides.

    Two artists who share one count as one.
    """
    groups, song = songs.groups.copy(), songs.frame["song_id"].astype(int)
    for pair in ONE_RECORDING:
        artists = set(groups[song.isin(pair)])
        groups[np.isin(groups, list(artists))] = " and ".join(sorted(artists))
    return replace(songs, groups=groups)


def heard(songs: Dataset, features: Any, columns: str) -> Dataset:
    """Return ready features: those that are extracted, or else the table's that match a pattern."""
    if songs.is_ready:
        return replace(songs, X=songs.X.filter(regex=columns))
    extractor = AudioFeatures(features, cache=True)
    table = extractor.fit_transform(songs.X)
    return replace(songs, X=as_frame(table, extractor))


def as_frame(table: Any, extractor: Any) -> pd.DataFrame:
    """Return extracted features with the names of their columns."""
    return pd.DataFrame(table, columns=extractor.get_feature_names_out())
