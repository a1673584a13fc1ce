"""Learn from one corpus, test on another: what a score within a corpus does not promise.

Every corpus has its own songs, raters, microphones and codec, and a model learns some of them. The
matrix has a row for each corpus that was learned from and a column for each that was tested; on its
diagonal stand folds within the corpus, with groups apart. Beside the cells of a column stands the
best constant of the tested corpus, its mean or most frequent class, which no other corpus can know:
what is below it has learned nothing that holds there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..datasets import Dataset, harmonize
from ..errors import InputError
from .answers import ask_folds, guess_folds
from .compare import choose_metric
from .evaluate import FLAT, evaluate_rows, score_answers
from .intervals import mean_scores
from .result import Evaluation, Scores
from .rows import Data, Rows, as_data, read_rows
from .splits import Split
from .tables import as_markdown, as_text, number

__all__ = ["SCHEMA", "CrossCorpus", "cross_corpus"]

SCHEMA = 1  # of the JSON document; changes when the meaning of an entry does


@dataclass(frozen=True)
class CrossCorpus:
    """The scores of a pipeline that learned from one corpus and was tested on another.

    Parameters
    ----------
    target : str
        What was learned.
    metric : str
        What the tables show.
    cells : dict of (str, str) to Evaluation
        By the corpus that was learned from, and the one that was tested; a pair is missing where
        the second holds all songs or artists of the first.
    constants : dict of str to dict
        The scores of the best constant of each tested corpus.
    remarks : tuple of str
        What was left out, and why.
    """

    target: str
    metric: str
    cells: dict[tuple[str, str], Evaluation]
    constants: dict[str, Scores]
    remarks: tuple[str, ...] = ()

    @property
    def matrix(self) -> pd.DataFrame:
        """The metric: a row for each corpus that was learned from, a column for each tested."""
        names = list(self.constants)
        scores = pd.DataFrame(index=names, columns=names, dtype=float)
        for pair, cell in self.cells.items():
            scores.loc[pair] = cell.scores[self.metric]
        return scores

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the predictions as a JSON document."""
        return {
            "schema": SCHEMA,
            "target": self.target,
            "metric": self.metric,
            "constants": self.constants,
            "cells": [
                {"learned": learned, "tested": tested, **cell.to_dict()}
                for (learned, tested), cell in self.cells.items()
            ],
            "remarks": list(self.remarks),
        }

    def to_markdown(self) -> str:
        """Return the matrix as a table in Markdown, with the remarks below."""
        return "\n\n".join([self._head(), as_markdown(self._columns()), *self.remarks])

    def __str__(self) -> str:
        """Return the matrix as a table with the best constants below."""
        return "\n".join([self._head(), as_text(self._columns()), *self.remarks])

    def _head(self) -> str:
        """Return the line that says what the numbers are."""
        return f"{self.target}, {self.metric}: rows learned, columns tested, * within the corpus"

    def _columns(self) -> dict[str, list[str]]:
        """Return the table, column by column."""
        names = list(self.constants)
        return {
            "": [*names, "best constant"],
            **{
                tested: [
                    *(self._cell(learned, tested) for learned in names),
                    number(self.constants[tested].get(self.metric)) + " ",
                ]
                for tested in names
            },
        }

    def _cell(self, learned: str, tested: str) -> str:
        """Return one score, marked where both are the same corpus."""
        cell = self.cells.get((learned, tested))
        score = number(None if cell is None else cell.scores[self.metric])
        return score + ("*" if learned == tested else " ")


def cross_corpus(
    pipeline: Any,
    datasets: Mapping[str, Dataset],
    *,
    target: str,
    metric: str | None = None,
    cv: Any = 5,
    random_state: int | None = 0,
) -> CrossCorpus:
    """Score a pipeline on every corpus after learning from every other.

    Features are extracted once for each corpus. Songs and artists that the tested corpus holds as
    well are left out of what is learned, where their names mean the same in both.

    Parameters
    ----------
    pipeline : EmotionPipeline, or a search or estimator
        What to score; it is not changed.
    datasets : mapping of str to Dataset
        Corpora by name, two or more; ready tables need the same columns.
    target : {"va", "quadrant", "emotion", "emotion_sex"}
        What to learn; the corpora are brought to one form of it, see `harmonize`.
    metric : str, default=None
        What the tables show; None is "balanced_accuracy" or "r2".
    cv : default=5
        The folds within a corpus, as of `evaluate`.
    random_state : int, default=0
        Seed of the folds and the bootstrap.

    Returns
    -------
    CrossCorpus
        An evaluation for each pair, and the best constants.

    Raises
    ------
    InputError
        If the corpora have no target in common, or differ in their columns.

    Examples
    --------
    >>> from mer_sklearn import EmotionPipeline, make_emotion_clips
    >>> clips = {seed: make_emotion_clips(24, i, duration=1.0) for i, seed in enumerate("ab")}
    >>> found = cross_corpus(EmotionPipeline(model="ridge"), clips, target="va", cv=2)
    >>> found.matrix.shape
    (2, 2)
    """
    corpora = harmonize(datasets, target)
    data = {
        name: as_data(
            corpus, None, groups=None, target=next(iter(corpus.targets)), function="cross_corpus"
        )
        for name, corpus in corpora.items()
    }
    rows = {name: read_rows(pipeline, given) for name, given in data.items()}
    _check_columns(rows)
    cells, remarks = {}, []
    for name, corpus in corpora.items():
        remarks += [f"{name}: {text}" for text in corpus.remarks]
        cells[name, name] = evaluate_rows(
            pipeline, data[name], rows[name], cv=cv, random_state=random_state
        )
        for other in [other for other in corpora if other != name]:
            shared = _shared(corpus, corpora[other], rows[name].kept)
            if shared.any():
                count = "all" if shared.all() else f"{shared.sum()} of {len(shared)}"
                why = f"{other} holds their song or artist"
                remarks.append(f"{count} rows of {name} were not learned for {other}: {why}.")
            if not shared.all():
                pair = rows[name], rows[other]
                cells[name, other] = _transfer(pipeline, pair, ~shared, data[other], random_state)
    chosen = choose_metric(metric, next(iter(rows.values())).task)
    constants = {name: _constant(rows[name], data[name]) for name in corpora}
    return CrossCorpus(target, chosen, cells, constants, tuple(remarks))


def _check_columns(rows: Mapping[str, Rows]) -> None:
    """Refuse tables of different features."""
    first, *others = rows
    for name in others:
        if list(rows[name].table) != list(rows[first].table):
            msg = (
                f"{first} and {name} have different columns of features; load the audio of both, "
                "or tables with the same ones."
            )
            raise InputError(msg)


def _shared(learned: Dataset, tested: Dataset, kept: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Tell which rows of one corpus hold a song or an artist of the other."""
    same = np.zeros(len(kept), bool)
    if learned.info.songs and learned.info.songs == tested.info.songs:
        same |= np.isin(learned.frame["song_id"].to_numpy()[kept], tested.frame["song_id"])
    named = learned.info.named_groups and tested.info.named_groups
    if named and learned.info.group == tested.info.group == "artist":
        names = _names(learned)[kept]
        same |= np.isin(names, _names(tested)) & (names != "")
    return same


def _names(dataset: Dataset) -> npt.NDArray[np.str_]:
    """Return the groups in one spelling; nothing of a row whose group is its own number."""
    groups: Any = () if dataset.groups is None else dataset.groups
    names = np.array([" ".join(str(group).casefold().split()) for group in groups], dtype=str)
    if "artist" in dataset.frame:
        names[(dataset.frame["artist"] == "").to_numpy()] = ""
    return names


def _transfer(
    pipeline: Any,
    pair: tuple[Rows, Rows],
    learned: npt.NDArray[np.bool_],
    data: Data,
    random_state: int | None,
) -> Evaluation:
    """Score what was learned from some rows of one corpus on all rows of another."""
    first, second = pair
    n_first, n_groups = len(first.y), int(first.groups.max()) + 1
    rows = replace(
        first,
        table=pd.concat([first.table, second.table], ignore_index=True),
        y=np.concatenate([first.y, second.y]),
        groups=np.concatenate([first.groups, second.groups + n_groups]),
        kept=np.arange(n_first + len(second.y)),
        remarks=(),
        weights=_weights(first, second),
    )
    groups = None
    if data.groups is not None:
        tested = np.asarray(data.groups, object)[second.kept]
        groups = np.concatenate([np.full(n_first, "", object), tested])
    joined = replace(data, X=None, y=rows.y, groups=groups, parts=None, frame=None)
    folds = [(np.flatnonzero(learned), np.arange(n_first, len(rows.y)))]
    split = Split("corpora apart", (folds,))
    answers = ask_folds(pipeline, rows, split)
    return score_answers(answers, joined, rows, split, random_state=random_state)


def _weights(first: Rows, second: Rows) -> npt.NDArray[np.float64] | None:
    """Return the weights of the rows of both; those of a corpus without any count 1."""
    if first.weights is None and second.weights is None:
        return None
    both = [np.ones(len(r.y)) if r.weights is None else r.weights for r in (first, second)]
    return np.concatenate(both)


def _constant(rows: Rows, data: Data) -> Scores:
    """Return the scores of the mean, or the most frequent class, of a corpus itself."""
    everything = np.arange(len(rows.y))
    classes = rows.task == "classification"
    split = Split("itself", ([(everything, everything)],))
    guesses = guess_folds(rows, split, "prior" if classes else "mean")
    found = mean_scores(guesses.sums(rows, rows.groups), None if classes else data.scale)
    scores = {name: float(np.mean(value)) for name, value in found.items()}
    return scores if classes else scores | dict.fromkeys(FLAT, 0.0)
