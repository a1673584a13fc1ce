"""Score a pipeline on rows it has not learned from, with groups apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import InputError, unknown_name
from .answers import Answers, ask_folds, guess_folds
from .intervals import draw_scores, interval, mean_scores
from .metrics import Scale, Sums, confusion_matrix, of_sums
from .result import Evaluation, Scores
from .rows import Data, Rows, as_data, read_rows
from .splits import Split, check_tested, make_split, random_split, split_remarks

__all__ = [
    "Strata",
    "ask_at_random",
    "evaluate",
    "read_strata",
    "score_answers",
]

ENOUGH_GROUPS = 20  # of fewer, what other training rows would change is more than a detail
FLAT = ("pearson", "ccc", "spread_ratio")  # of a constant answer: 0


@dataclass(frozen=True)
class Strata:
    """What divides the rows within which scores are also given, such as genres.

    Parameters
    ----------
    name : str
        What they are called.
    values : array of shape (n_rows,)
        The stratum of each row.
    """

    name: str
    values: npt.NDArray[Any]


def evaluate(
    pipeline: Any,
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    target: str | None = None,
    cv: Any = 5,
    repeats: int = 1,
    strata: Any = None,
    scale: Scale | None = None,
    optimism: bool = False,
    random_state: int | None = 0,
) -> Evaluation:
    """Score a pipeline by cross-validation that keeps groups apart.

    Features are extracted once; everything else (scaling, selection, balancing, the model) is
    fitted anew on the training rows of each fold.

    Parameters
    ----------
    pipeline : EmotionPipeline, or a search or estimator
        What to score; it is not changed. A search that holds an EmotionPipeline (`GridSearchCV`)
        searches inside each fold, which makes the evaluation nested; the parameters it searches are
        those after the features. Any other estimator learns from the table as it is.
    X : Dataset, list of audio items, or array
        The audio, or a table where the pipeline has ``features=None``; or a corpus, which brings
        its targets and groups, and weights if it has any: then models learn by them and rows count
        by them in all scores.
    y : array-like, default=None
        Labels or numbers; valence and arousal where the pipeline has a labeller.
    groups : array-like of shape (n_rows,), default=None
        What must not stand on both sides: songs, artists, actors. Without them each file is a
        group, and the result says "files apart".
    target : str, default=None
        The target of the corpus; None is its first.
    cv : int, str, splitter or list of (train, test), default=5
        A number of folds with groups apart; "5x3" is 5 folds drawn 3 times; "logo" leaves out one
        group at a time; "official" takes the parts of the corpus; "random" is 5 folds that ignore
        groups, and called so; a splitter of scikit-learn is given the groups; pairs are row
        numbers. Of folds that we did not draw, the result says what they keep apart.
    repeats : int, default=1
        How often the folds are drawn.
    strata : str or array-like of shape (n_rows,), default=None
        What divides the rows: a column of the corpus, or values. The mean within each becomes a
        baseline, and scores within them are given too. None is the corpus' genre, if it has one.
    scale : (float, float), default=None
        The ends of the scale of numbers, for the error on a scale from -1 to 1; None is what the
        corpus says.
    optimism : bool, default=False
        Also score a random split of as many folds, to show what ignoring groups would promise.
    random_state : int, default=0
        Seed of the split and the bootstrap.

    Returns
    -------
    Evaluation
        The scores with their intervals, beside those of trivial answers.

    Raises
    ------
    InputError
        If X, y and groups do not fit each other or cannot be split.
    AudioError
        If a file cannot be read and the pipeline has ``on_error="raise"``.

    Examples
    --------
    >>> from mer_sklearn import EmotionPipeline, evaluate, make_emotion_clips
    >>> clips = make_emotion_clips(24, random_state=0, duration=2.0)
    >>> result = evaluate(EmotionPipeline(model="ridge"), clips, cv=3)
    >>> result.split
    'artists apart'
    """
    data = as_data(X, y, groups=groups, target=target, scale=scale, function="evaluate")
    return evaluate_rows(
        pipeline,
        data,
        read_rows(pipeline, data),
        cv=cv,
        repeats=repeats,
        strata=strata,
        optimism=optimism,
        random_state=random_state,
    )


def evaluate_rows(
    pipeline: Any,
    data: Data,
    rows: Rows,
    *,
    cv: Any = 5,
    repeats: int = 1,
    strata: Any = None,
    optimism: bool = False,
    random_state: int | None = 0,
) -> Evaluation:
    """Score a pipeline on rows that were read before; see `evaluate`."""
    split = make_split(rows, data, cv, repeats=repeats, random_state=random_state)
    check_tested(rows, split)
    return score_answers(
        ask_folds(pipeline, rows, split),
        data,
        rows,
        split,
        strata=read_strata(data, rows, strata),
        random=ask_at_random(pipeline, rows, split, random_state) if optimism else None,
        random_state=random_state,
    )


def read_strata(data: Data, rows: Rows, strata: Any) -> Strata | None:
    """Return what divides the rows, for those that are left."""
    frame = data.frame
    if strata is None:
        if frame is None or "genre" not in frame:
            return None
        strata = "genre"
    if not isinstance(strata, str):
        values = np.asarray(strata, dtype=object)
        if values.shape != (len(data.y),):
            msg = f"strata has shape {values.shape}, but X holds {len(data.y)} rows; give one each."
            raise InputError(msg)
        return Strata("strata", values[rows.kept].astype(str))
    if frame is None or strata not in frame:
        raise unknown_name("column for strata", strata, [] if frame is None else map(str, frame))
    return Strata(strata, frame[strata].to_numpy()[rows.kept].astype(str))


def ask_at_random(pipeline: Any, rows: Rows, split: Split, random_state: int | None) -> Answers:
    """Return the answers to a random split that learns from as many rows."""
    if split.name == "random split":
        msg = "optimism=True compares with a random split, and this is one; leave cv to the groups."
        raise InputError(msg)
    tested = np.mean([len(test) for folds in split.repeats for _, test in folds])
    shuffled = random_split(
        rows,
        n_splits=max(2, round(len(rows.y) / tested)),
        repeats=len(split.repeats),
        random_state=random_state,
    )
    return ask_folds(pipeline, rows, shuffled)


def score_answers(
    answers: Answers,
    data: Data,
    rows: Rows,
    split: Split,
    *,
    strata: Strata | None = None,
    random: Answers | None = None,
    random_state: int | None = 0,
) -> Evaluation:
    """Score the answers of a pipeline, beside those of trivial guesses.

    Parameters
    ----------
    answers : Answers
        To the rows that each fold tests.
    data, rows, split : Data, Rows, Split
        What was given, what is left of it, and the folds.
    strata : Strata, default=None
        What divides the rows.
    random : Answers, default=None
        Those to a random split, which show its optimism.
    random_state : int, default=0
        Seed of the bootstrap and of guesses that are drawn.

    Returns
    -------
    Evaluation
        The scores.
    """
    scale = data.scale if rows.task == "regression" else None
    sums = answers.sums(rows, rows.groups)
    n_groups = _n_groups(sums)
    scores = mean_scores(sums, scale)
    draws = draw_scores(sums, scale, random_state=_seed(random_state))
    optimism = {}
    if random is not None:
        random_sums = random.among(answers.tested).sums(rows, rows.groups)
        optimism = _optimism(scores, draws, random_sums, scale, random_state)
    return Evaluation(
        task=rows.task,
        split=split.name,
        n_rows=len(np.unique(answers.tested)),
        n_groups=n_groups,
        n_folds=split.n_folds,
        n_repeats=len(split.repeats),
        scores=_floats(scores),
        intervals={
            name: (float(low), float(high))
            for name, drawn in _over_targets(draws).items()
            for low, high in [interval(scores[name].mean(), drawn, n_groups, metric=name)]
        },
        baselines=_baselines(rows, split, strata, scale, random_state),
        # A labeller scores another thing than the target whose ceiling the corpus knows.
        ceiling={name: best for name, best in data.ceiling.items() if name in scores},
        by_target=_by_target(rows, scores, draws, n_groups),
        within={} if strata is None else _within(answers, rows, strata, scale),
        by_group=_by_group(answers, rows, data, scale),
        confusion=_confusion(answers, rows),
        optimism=optimism,
        cost=answers.cost,
        folds=answers.fold_scores(rows, scale),
        predictions=_predictions(answers, rows),
        strata="" if strata is None else strata.name,
        remarks=(
            *([f"Labels: {data.labels}."] if data.labels else []),
            *rows.remarks,
            *split_remarks(rows, split),
            *_few(n_groups),
            *answers.remarks,
        ),
    )


def _n_groups(sums: Sequence[Sums]) -> int:
    """Return how many groups were tested."""
    return len(next(iter(sums[0].values())))


def _few(n_groups: int) -> list[str]:
    """Say so where the intervals rest on few groups."""
    few = n_groups < ENOUGH_GROUPS
    return [f"The intervals rest on {n_groups} groups and may be too narrow."] if few else []


def _over_targets(draws: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, Any]:
    """Return draws averaged over the targets."""
    return {name: v.reshape(len(v), -1).mean(axis=1) for name, v in draws.items()}


def _floats(scores: Mapping[str, npt.NDArray[np.float64]]) -> Scores:
    """Return scores averaged over the targets."""
    return {name: float(np.mean(value)) for name, value in scores.items()}


def _seed(random_state: int | None) -> int:
    return 0 if random_state is None else random_state


def _baselines(
    rows: Rows, split: Split, strata: Strata | None, scale: Scale | None, seed: int | None
) -> dict[str, Scores]:
    """Return the scores of answers that do not listen."""
    classes = rows.task == "classification"
    name, strategy = ("majority", "prior") if classes else ("mean", "mean")
    guesses = {name: guess_folds(rows, split, strategy)}
    if classes:
        guesses["stratified"] = guess_folds(rows, split, "stratified", random_state=_seed(seed))
    if strata is not None:
        guesses[f"{strata.name} {name}"] = guess_folds(rows, split, strategy, strata=strata.values)
    found = {
        name: _floats(mean_scores(guess.sums(rows, rows.groups), scale))
        for name, guess in guesses.items()
    }
    if not classes:
        # The mean differs from fold to fold, and is higher where the test rows are lower, so the
        # pooled answers would show a correlation below 0; a constant is correlated with nothing.
        found["mean"] |= dict.fromkeys(FLAT, 0.0)
    return found


def _by_target(
    rows: Rows, scores: Mapping[str, Any], draws: Mapping[str, Any], n_groups: int
) -> dict[str, dict[str, Any]]:
    """Return scores and intervals of each target, where there are several."""
    if len(rows.names) < 2 or rows.task == "classification":
        return {}
    ends = {
        name: interval(scores[name], drawn, n_groups, metric=name) for name, drawn in draws.items()
    }
    return {
        target: {
            "scores": {name: float(value[k]) for name, value in scores.items()},
            "intervals": {name: ends[name][:, k].tolist() for name in scores},
        }
        for k, target in enumerate(rows.names)
    }


def _within(answers: Answers, rows: Rows, strata: Strata, scale: Scale | None) -> Scores:
    """Return the mean of the scores within each stratum, weighted by its rows."""
    codes = np.unique(strata.values, return_inverse=True)[1]
    counted = None if rows.weights is None else rows.weights[answers.tested]
    weights = np.bincount(codes[answers.tested], counted)
    weights = weights[weights > 0] / weights.sum()
    found = [_of_groups(sums, scale) for sums in answers.sums(rows, codes)]
    return {name: float(np.mean([weights @ scores[name] for scores in found])) for name in found[0]}


def _by_group(answers: Answers, rows: Rows, data: Data, scale: Scale | None) -> pd.DataFrame:
    """Return the scores of each group, averaged over the repeats."""
    codes, first = np.unique(rows.groups[answers.tested], return_index=True)
    found = [_of_groups(sums, scale) for sums in answers.sums(rows, rows.groups)]
    names = codes.astype(str)
    if data.groups is not None:
        names = np.asarray(data.groups, object)[rows.kept[answers.tested[first]]].astype(str)
    columns = {name: np.mean([scores[name] for scores in found], axis=0) for name in found[0]}
    return pd.DataFrame(columns, index=pd.Index(names, name="group"))


def _of_groups(sums: Any, scale: Scale | None) -> dict[str, npt.NDArray[np.float64]]:
    """Return the scores of each group, averaged over the targets."""
    return _over_targets(of_sums(sums, scale))


def _confusion(answers: Answers, rows: Rows) -> pd.DataFrame | None:
    """Return how often each class was taken for each."""
    if rows.task != "classification":
        return None
    labels = np.unique(rows.y)
    counts = confusion_matrix(rows.y[answers.tested], answers.predicted, labels).astype(int)
    names = [str(label) for label in labels]
    return pd.DataFrame(counts, index=names, columns=names)


def _optimism(
    scores: Mapping[str, Any],
    draws: Mapping[str, Any],
    sums: Sequence[Sums],
    scale: Scale | None,
    random_state: int | None,
) -> dict[str, Any]:
    """Return the scores of a random split, and by how much they are higher, with intervals."""
    found, apart = _floats(mean_scores(sums, scale)), _floats(scores)
    drawn = _over_targets(draw_scores(sums, scale, random_state=_seed(random_state)))
    of_draws, n_groups = _over_targets(draws), _n_groups(sums)
    more = {name: found[name] - apart[name] for name in apart}
    return {
        "split": "random split",
        "scores": found,
        "difference": more,
        "intervals": {
            name: interval(more[name], drawn[name] - of_draws[name], n_groups).tolist()
            for name in apart
        },
    }


def _predictions(answers: Answers, rows: Rows) -> pd.DataFrame:
    """Return what is true and what was predicted, a line for each answer."""
    tested = answers.tested
    frame = pd.DataFrame(
        {
            "row": rows.kept[tested],
            "repeat": answers.repeat,
            "fold": answers.fold,
            "group": rows.groups[tested],
        }
    )
    true, found = (v.reshape(len(tested), -1) for v in (rows.y[tested], answers.predicted))
    for column, name in enumerate(rows.names):
        frame[name] = true[:, column]
        frame[f"predicted_{name}"] = found[:, column]
    if answers.proba is not None:
        frame[[f"p_{label}" for label in np.unique(rows.y)]] = answers.proba
    return frame.sort_values(["repeat", "row", "fold"], ignore_index=True)
