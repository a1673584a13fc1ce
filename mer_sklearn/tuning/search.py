"""The search itself: one trial after the other, each scored on the same folds."""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
from optuna.trial import FixedTrial, FrozenTrial, TrialState
from sklearn.exceptions import ConvergenceWarning

from ..errors import InputError, MerError
from ..evaluation.metrics import LOWER_IS_BETTER, scores
from ..evaluation.rows import Rows, predict_folds
from ..grouping import Folds
from .candidates import Candidate, Candidates
from .study import REMARK, ask, fail, finished, seeds

__all__ = ["Search"]

_log = logging.getLogger(__name__)

REASON_LENGTH = 500  # characters; a study's file bounds its texts
STATES = {
    TrialState.COMPLETE: "done",
    TrialState.PRUNED: "stopped early",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True)
class Search:
    """All that a trial needs: what may be tried, and what it is tried on.

    Parameters
    ----------
    candidates : Candidates
        What may be tried.
    rows : Rows
        The features of all candidates, targets and groups.
    folds : list of (train, test)
        Row numbers, the same for all trials.
    metric : str
        What is to be improved.
    random_state : int
        Seed of all trials.
    """

    candidates: Candidates
    rows: Rows
    folds: Folds
    metric: str
    random_state: int

    def run(self, study: optuna.Study, n_trials: int) -> None:
        """Make the trials that are missing, and say which ones are better than all before."""
        done = finished(study)
        best = max((self._rank(trial) for trial in done), default=-np.inf)
        for number in range(len(done), n_trials):
            self._try(study, number)
            last = finished(study)[-1]
            if self._rank(last) > best:
                best = self._rank(last)
                _log.info("trial %d of %d: %s %.3f", number + 1, n_trials, self.metric, last.value)

    def best(self, trials: Sequence[FrozenTrial]) -> int:
        """Return the number of the best trial, of equals the first."""
        ranks = [self._rank(trial) for trial in trials]
        best = int(np.argmax(ranks))
        if ranks[best] == -np.inf:
            reason = trials[0].user_attrs[REMARK]
            msg = f"all {len(trials)} trials failed, the pipeline as given too: {reason}"
            raise InputError(msg)
        return best

    def candidate(self, trial: Any, number: int) -> Candidate:
        """Return the pipeline of a trial, a finished one or one that is to suggest it."""
        seed = seeds(self.random_state, number)[1]
        given = self.candidates.pipeline.random_state
        if number == 0 and given is not None:
            seed = given
        if not isinstance(trial, optuna.trial.Trial):
            trial = FixedTrial(trial.params)
        return self.candidates.draw(trial, seed)

    def record(self, trial: FrozenTrial, number: int) -> dict[str, Any]:
        """Return a row of the table of trials."""
        return {
            "trial": number,
            "state": STATES[trial.state],
            "score": trial.value if trial.state == TrialState.COMPLETE else None,
            **self.candidate(trial, number).words,
            "remark": trial.user_attrs.get(REMARK),
        }

    def fingerprint(self) -> dict[str, str]:
        """Return what a study must have in common with this search to be its own."""
        rows, parameters = self.rows, self.candidates.pipeline.get_params()
        for name in ("cache", "n_jobs"):  # they change no number
            del parameters[name]
        columns, y = list(rows.table.columns), rows.y.tolist()
        table = rows.table.to_numpy().tobytes()
        weights = [] if rows.weights is None else [rows.weights.tobytes()]
        return {
            "corpus": _digest(table, repr((columns, y, rows.groups.tolist())), *weights),
            "pipeline": _digest(repr(sorted((key, repr(v)) for key, v in parameters.items()))),
            "search space": _digest(repr(self.candidates)),
            "metric": self.metric,
            "cv": str(len(self.folds)),
            "random_state": str(self.random_state),
        }

    def _try(self, study: optuna.Study, number: int) -> None:
        """Make one trial; whatever is raised is its result."""
        sampler_seed, _ = seeds(self.random_state, number)
        trial = ask(study, number, sampler_seed, self.candidates.start)
        candidate = self.candidate(trial, number)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                score = self._score(trial, candidate)
        except optuna.TrialPruned:
            study.tell(trial, state=TrialState.PRUNED)
        except Exception as error:
            reason = (
                str(error) if isinstance(error, MerError) else f"{type(error).__name__}: {error}"
            )
            fail(study, trial, reason[:REASON_LENGTH])
        else:
            stopped = sum(issubclass(found.category, ConvergenceWarning) for found in caught)
            if stopped:
                trial.set_user_attr(REMARK, f"{stopped} fits did not converge")
            study.tell(trial, score)

    def _score(self, trial: optuna.trial.Trial, candidate: Candidate) -> float:
        """Return the score of the pooled predictions; a trial that falls behind ends before."""
        # Labels need no probabilities: rows of one group leave nothing to learn them from, which
        # saves the folds that would.
        one_group = np.zeros_like(self.rows.groups)
        rows = replace(self.rows.only(candidate.columns), groups=one_group)
        predicted, seen = rows.y.copy(), np.zeros(len(rows.y), bool)
        score = np.nan
        answers = predict_folds(candidate.pipeline, rows, self.folds)
        for fold, ((_, test), answer) in enumerate(zip(self.folds, answers, strict=True)):
            predicted[test], seen[test] = answer, True
            weights = None if rows.weights is None else rows.weights[seen]
            found = scores(rows.task, rows.y[seen], predicted[seen], weights=weights)
            score = found[self.metric]
            trial.report(score, fold)
            if fold + 1 < len(self.folds) and trial.should_prune():
                raise optuna.TrialPruned
        return score

    def _rank(self, trial: FrozenTrial) -> float:
        """Return the score of a trial that was scored in full, more being better."""
        if trial.state != TrialState.COMPLETE:
            return -np.inf
        return float(-trial.value if self.metric in LOWER_IS_BETTER else trial.value)


def _digest(*parts: bytes | str) -> str:
    """Return a digest of bytes and texts; where an object lies in memory does not count."""
    found = hashlib.sha256()
    for part in parts:
        text = re.sub(r" at 0x[0-9a-f]+", "", part) if isinstance(part, str) else part
        found.update(text.encode() if isinstance(text, str) else text)
    return found.hexdigest()
