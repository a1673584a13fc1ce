"""One target for several corpora: what one calls anger, the other angry.

Numbers are brought to [-1, 1] by the loaders already, so that valence and arousal of a scale from 1
to 9 and of one from 0 to 1 mean the same. Quadrants are named by the signs of both, where a corpus
has numbers. Emotions go by the names of `SYNONYMS`, calm counts as neutral where a corpus does not
know it, and only those remain that all corpora have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError, some, unknown_name
from ._plane import AXES
from .base import OTHER_NAMES, Dataset, Target

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["harmonize"]

UNIT = (-1.0, 1.0)
TARGETS = ("emotion", "emotion_sex", "quadrant", "va")
SYNONYMS = {
    "anger": "angry",
    "anxious": "fearful",
    "boredom": "bored",
    "calmness": "calm",
    "disgusted": "disgust",
    "fear": "fearful",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprise": "surprised",
}
CALM, NEUTRAL = "calm", "neutral"


def harmonize(datasets: Mapping[str, Dataset], target: str) -> dict[str, Dataset]:
    """Give several corpora one target, in one form.

    Parameters
    ----------
    datasets : mapping of str to Dataset
        Corpora by name, two or more.
    target : {"va", "quadrant", "emotion", "emotion_sex"}
        What they are to have in common; "valence_arousal" is another name of "va".

    Returns
    -------
    dict of str to Dataset
        The corpora with this target alone, rows of other classes left out; their remarks say how
        many, and what was renamed.

    Raises
    ------
    InputError
        If a corpus cannot have the target, or they share fewer than two classes.

    Examples
    --------
    >>> from mer_sklearn import make_emotion_clips
    >>> clips = {name: make_emotion_clips(12, i, duration=1.0) for i, name in enumerate("ab")}
    >>> harmonize(clips, "quadrant")["b"].target().columns
    ('quadrant',)
    """
    target = OTHER_NAMES.get(target, target)
    if target not in TARGETS:
        raise unknown_name("target of several corpora", target, TARGETS)
    if len(datasets) < 2:
        msg = f"datasets holds {len(datasets)} corpora; pass two or more by name."
        raise InputError(msg)
    if target == "va":
        return {name: _plane(name, dataset) for name, dataset in datasets.items()}
    labels = {name: _labels(name, dataset, target) for name, dataset in datasets.items()}
    if target != "quadrant":
        labels = _in_one_vocabulary(labels)
    shared = sorted(set.intersection(*({*found.dropna()} for found in labels.values())))
    if len(shared) < 2:
        own = "; ".join(f"{name}: {some(sorted({*of.dropna()}))}" for name, of in labels.items())
        msg = f"the corpora share {len(shared)} classes of {target} ({own}); two are the least."
        raise InputError(msg)
    return {name: _only(datasets[name], target, labels[name], shared) for name in datasets}


def _plane(name: str, dataset: Dataset) -> Dataset:
    """Return a corpus with valence and arousal alone, in [-1, 1]."""
    target = _target(name, dataset, "va")
    low, high = target.scale or UNIT
    frame = dataset.frame.copy()
    if (low, high) != UNIT:
        for column in target.columns:
            frame[column] = (2 * frame[column] - low - high) / (high - low)
    if list(target.columns) != AXES:  # a table writes them as it likes
        frame = frame.rename(columns=dict(zip(target.columns, AXES, strict=True)))
    wanted = replace(target, columns=tuple(AXES), scale=UNIT)
    return replace(dataset, frame=frame, targets={"va": wanted})


def _labels(name: str, dataset: Dataset, target: str) -> pd.Series:
    """Return the class of each row, quadrants from numbers where there are no others."""
    if target == "quadrant" and "quadrant" not in dataset.targets and "va" in dataset.targets:
        import pandas as pd

        from ..labels import EmotionLabeller

        plane = _plane(name, dataset).y("va")
        return pd.Series(EmotionLabeller("quadrants").transform(plane), dtype=object)
    column = _target(name, dataset, target).columns[0]
    return dataset.frame[column].astype(object)


def _target(name: str, dataset: Dataset, target: str) -> Target:
    """Return a target of a corpus, which must have it."""
    if target not in dataset.targets:
        msg = (
            f"{name} has no {target!r}, only {some(dataset.targets)}: it cannot be compared with "
            "the others."
        )
        raise InputError(msg)
    return dataset.target(target)


def _in_one_vocabulary(labels: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """Return emotions by common names; calm becomes neutral unless all corpora know it."""
    named = {name: found.map(_common) for name, found in labels.items()}
    knows_calm = [any(label.endswith(CALM) for label in found.unique()) for found in named.values()]
    if all(knows_calm):
        return named
    return {
        name: found.str.replace(rf"\b{CALM}$|(?<=_){CALM}$", NEUTRAL, regex=True)
        for name, found in named.items()
    }


def _common(label: str) -> str:
    """Return the common name of an emotion, which may follow a sex."""
    sex, bar, emotion = label.rpartition("_")
    plain = emotion.casefold()
    return f"{sex}{bar}{SYNONYMS.get(plain, plain)}"


def _only(dataset: Dataset, target: str, labels: pd.Series, shared: list[str]) -> Dataset:
    """Return the rows of the classes that all corpora have."""
    there = labels.isin(shared).to_numpy()
    column = dataset.frame.get(target, labels)
    renamed = (column.to_numpy() != labels.to_numpy()) & there
    frame = dataset.frame.assign(**{target: labels.to_numpy()})
    text = f"{target} as the corpora share it: {', '.join(shared)}."
    remarks = []
    if renamed.any():
        pairs = zip(column[renamed], labels[renamed], strict=True)
        names = some(sorted({f"{old} as {new}" for old, new in pairs}))
        remarks.append(f"{renamed.sum()} rows count {names}.")
    if not there.all():
        names = some(sorted({*labels[~there].dropna()}))
        remarks.append(f"{(~there).sum()} rows of other classes were left out: {names}.")
    wanted = {target: Target((target,), "classification", text)}
    harmonized = replace(dataset, frame=frame, targets=wanted, remarks=(*dataset.remarks, *remarks))
    return harmonized.take(np.flatnonzero(there))
