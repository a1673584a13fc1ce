"""What a search found: the best pipeline, fitted, and every trial on the way to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..pipeline import EmotionPipeline

__all__ = ["SCHEMA", "Tuning"]

SCHEMA = 1  # of the summary; changes when the meaning of an entry does
CAVEAT = (
    "The best was chosen by its score on these folds, so that score is optimistic; only rows that "
    "the search has not seen give an honest one."
)


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Parameters
    ----------
    best_pipeline : EmotionPipeline
        The best pipeline, fitted on all rows.
    best_params : dict of str to object
        What `EmotionPipeline.set_params` takes to make it of the pipeline as given.
    best_score : float
        Its score on the folds it was chosen by: optimistic.
    start_score : float or None
        The score of the pipeline as given; None where it failed.
    metric : str
        What was scored, over the pooled predictions of all folds.
    split : str
        What was kept apart: "artists apart", "files apart".
    n_rows, n_groups, n_folds : int
        What was scored, in how many groups and folds.
    random_state : int
        Seed of the search.
    words : dict of str to object
        The best pipeline for people: names and numbers.
    trials : list of dict
        A row for each trial: its number, its state, its score or None, its words, and the reason
        why it failed. The first is the pipeline as given.
    """

    best_pipeline: EmotionPipeline
    best_params: dict[str, Any]
    best_score: float
    start_score: float | None
    metric: str
    split: str
    n_rows: int
    n_groups: int
    n_folds: int
    random_state: int
    words: dict[str, Any]
    trials: list[dict[str, Any]]

    @property
    def gain(self) -> float | None:
        """By how much the best is better than the start, 0 or more."""
        if self.start_score is None:
            return None
        return abs(self.best_score - self.start_score)

    @property
    def summary(self) -> dict[str, Any]:
        """What a saved model says of the search that chose it, as JSON holds it."""
        states = [trial["state"] for trial in self.trials]
        return {
            "schema": SCHEMA,
            "metric": self.metric,
            "split": self.split,
            "n_rows": self.n_rows,
            "n_groups": self.n_groups,
            "n_folds": self.n_folds,
            "random_state": self.random_state,
            "n_trials": len(states),
            "n_stopped_early": states.count("stopped early"),
            "n_failed": states.count("failed"),
            "start": self.start_score,
            "best": self.best_score,
            "gain": self.gain,
            "parameters": self.words,
            "remark": CAVEAT,
        }

    def save(
        self, path: str | os.PathLike[str], *, training: Mapping[str, Any] | None = None
    ) -> None:
        """Save the best pipeline; the manifest says of its training by which search it was chosen.

        Parameters
        ----------
        path : str or path
            As `EmotionPipeline.save` takes it.
        training : mapping, default=None
            What is known of the data, such as `Dataset.describe` gives.

        Raises
        ------
        ArtifactError
            As `EmotionPipeline.save` does.
        """
        info = {"training": None if training is None else dict(training), "study": self.summary}
        self.best_pipeline.save(path, info=info)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary and all trials as a JSON document."""
        return {**self.summary, "trials": self.trials}

    def __str__(self) -> str:
        """Return start, best, gain and the parameters of the best as a table."""
        summary = self.summary
        counts = f"{summary['n_trials']} trials"
        for state in ("stopped early", "failed"):
            number = summary[f"n_{state.replace(' ', '_')}"]
            counts += f", {number} {state}" if number else ""
        head = f"{self.split}: {self.n_rows} rows in {self.n_groups} groups, {self.n_folds} folds"
        scores = {name: summary[name] for name in ("start", "best", "gain")}
        frame = pd.DataFrame({self.metric: scores}, dtype=float)
        table = frame.to_string(float_format="%.3f", na_rep="")
        if self.start_score is None:
            table += f"\nThe start failed: {self.trials[0]['remark']}"
        width = max(map(len, self.words))
        words = [f"{key:<{width}}  {_short(value)}" for key, value in self.words.items()]
        return "\n".join([f"{head}; {counts}", table, "", *words, "", CAVEAT])


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
