"""What an evaluation found: scores, what they are compared with, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from .intervals import LEVEL
from .tables import as_markdown, as_text, bracket, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEMA", "Evaluation", "Scores"]

SCHEMA = 2  # of the JSON document; changes when the meaning of an entry does
SHOWN_GROUPS = 50  # in the document; the object knows all

Scores: TypeAlias = dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """The scores of a pipeline and what they are to be compared with.

    Parameters
    ----------
    task : str
        "classification" or "regression".
    split : str
        What was kept apart: "artists apart", "files apart", or "random split".
    n_rows, n_groups, n_folds, n_repeats : int
        What was scored, in how many groups and folds, drawn how often.
    scores : dict of str to float
        By metric, over the pooled predictions of all folds, averaged over the repeats.
    intervals : dict of str to (float, float)
        The 95 % interval of each score, by a bootstrap over groups (see `intervals`).
    baselines : dict of str to dict
        The same of answers that do not listen: the most frequent class ("majority"), a draw
        ("stratified") or the mean of the training rows; also within strata, where they are known.
    ceiling : dict of str to float
        The best that the noise of the raters allows, where the corpus says.
    by_target : dict of str to dict
        The scores and intervals of each target by itself, of numbers.
    within : dict of str to float
        The mean over the strata (such as genres) of the scores inside each, weighted by rows.
    by_group : DataFrame of shape (n_groups, n_metrics)
        The scores of each group: how the next actor may fare.
    confusion : DataFrame of shape (n_classes, n_classes) or None
        How often each class (rows) was taken for each (columns), over all repeats.
    optimism : dict
        With ``optimism=True``: the scores of a random split, and what they promise too much.
    cost : dict of str to float
        Seconds to fit a fold and to predict a row; bytes of the fitted pipeline without its
        features.
    folds : list of dict
        Repeat, fold, rows and scores of each fold.
    predictions : DataFrame
        The rows that were scored: row, repeat, fold, group, what is true and what was predicted,
        and the probabilities of classes.
    strata : str
        What the strata are, such as "genre"; empty where there are none.
    remarks : tuple of str
        What the reader of these scores has to know: rows left out, rare classes.
    """

    task: str
    split: str
    n_rows: int
    n_groups: int
    n_folds: int
    n_repeats: int
    scores: Scores
    intervals: dict[str, tuple[float, float]]
    baselines: dict[str, Scores]
    ceiling: Scores
    by_target: dict[str, dict[str, Any]]
    within: Scores
    by_group: pd.DataFrame = field(repr=False)
    confusion: pd.DataFrame | None = field(repr=False)
    optimism: dict[str, Any]
    cost: Scores
    folds: list[dict[str, float]] = field(repr=False)
    predictions: pd.DataFrame = field(repr=False)
    strata: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def baseline_name(self) -> str:
        """What the trivial answer is called."""
        return "majority" if self.task == "classification" else "mean"

    @property
    def baseline(self) -> Scores:
        """The scores of the trivial answer."""
        return self.baselines[self.baseline_name]

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the predictions as a JSON document.

        The same seed gives the same document, but for ``cost``.
        """
        groups = self.by_group if len(self.by_group) <= SHOWN_GROUPS else self.by_group[:0]
        return {
            "schema": SCHEMA,
            "task": self.task,
            "split": self.split,
            "n_rows": self.n_rows,
            "n_groups": self.n_groups,
            "n_folds": self.n_folds,
            "n_repeats": self.n_repeats,
            "scores": self.scores,
            "level": LEVEL,
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "baseline": {"name": self.baseline_name, **self.baseline},
            "baselines": self.baselines,
            "ceiling": self.ceiling,
            "by_target": self.by_target,
            "within": {"strata": self.strata, **self.within} if self.within else {},
            "by_group": groups.to_dict("index"),
            "confusion": None if self.confusion is None else self.confusion.to_dict("split"),
            "optimism": self.optimism,
            "folds": self.folds,
            "remarks": list(self.remarks),
            "cost": self.cost,
        }

    def to_markdown(self) -> str:
        """Return the scores as a table in Markdown, with the head line above and remarks below."""
        return self._report(as_markdown, gap="\n\n")

    def __str__(self) -> str:
        """Return the scores as a table with the baselines beside them."""
        return self._report(as_text, gap="\n")

    def _report(self, table: Any, gap: str) -> str:
        parts = [self._head(), table(self._columns())]
        if self.by_target:
            parts.append(table(self._target_columns()))
        return gap.join([*parts, *self.remarks])

    def _head(self) -> str:
        """Return the line that says what the scores are of."""
        often = f", {self.n_repeats} times" if self.n_repeats > 1 else ""
        return (
            f"{self.split}: {self.n_rows} rows in {self.n_groups} groups, "
            f"{self.n_folds} folds{often}"
        )

    def _columns(self) -> dict[str, list[str]]:
        """Return the table of scores, column by column."""
        beside: dict[str, Mapping[str, float]] = dict(self.baselines)
        if self.ceiling:
            beside["ceiling"] = self.ceiling
        if self.within:
            beside[f"within {self.strata}"] = self.within
        if self.optimism:
            beside["random split"] = self.optimism["scores"]
            beside["optimism"] = self.optimism["difference"]
        names = list(self.scores)
        return {
            "": names,
            "score": [number(self.scores[name]) for name in names],
            f"{LEVEL:.0%}": [bracket(self.intervals.get(name)) for name in names],
            **{head: [number(of.get(name)) for name in names] for head, of in beside.items()},
        }

    def _target_columns(self) -> dict[str, list[str]]:
        """Return the table of scores by target, column by column."""
        targets = self.by_target.values()
        return {
            "": list(self.by_target),
            **{name: [number(of["scores"][name]) for of in targets] for name in self.scores},
            f"r2 {LEVEL:.0%}": [bracket(of["intervals"]["r2"]) for of in targets],
        }
