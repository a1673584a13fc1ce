"""What every public estimator has to keep, one function a promise.

scikit-learn's own checks feed matrices; where X is a list of files they are borrowed as far as they
need none (`BORROWED`), and the rest is restated here. A check takes an estimator, not yet fitted,
and the `Material`; it raises AssertionError with what it saw. `checks_for` says which ones an
estimator has to pass: none of them skips.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import joblib
import numpy as np
import pandas as pd
import soundfile
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils import estimator_checks as sklearn_checks

from mer_sklearn import (
    AudioFeatures,
    Clip,
    Dataset,
    EmotionLabeller,
    EmotionPipeline,
    Segment,
    load,
    read_audio,
)
from mer_sklearn.audio import SAMPLE_RATE
from mer_sklearn.errors import AudioError, InputError, MerError
from mer_sklearn.features.family import AudioTransformer
from mer_sklearn.parts import N_PARTS

BORROWED = (
    sklearn_checks.check_estimator_cloneable,
    sklearn_checks.check_estimator_tags_renamed,
    sklearn_checks.check_valid_tag_types,
    sklearn_checks.check_estimator_repr,
    sklearn_checks.check_no_attributes_set_in_init,
    sklearn_checks.check_mixin_order,
    sklearn_checks.check_parameters_default_constructible,
    sklearn_checks.check_get_params_invariance,
    sklearn_checks.check_set_params,
    sklearn_checks.check_do_not_raise_errors_in_init_or_set_params,
)

WIDTH = 6  # columns of the table in the material
SCREEN = 400  # characters: five lines of a terminal


# ------------------------------------------------------------------------------- the material


@dataclass(frozen=True)
class Material:
    """What the estimators are fed with.

    Parameters
    ----------
    odd : dict of str to str
        Files with signals that break audio code, by what they are; alone in their folder.
    unreadable : tuple of str
        What is no audio: a file that is missing, one of text, one of no bytes.
    pieces : list of str
        Files to learn from.
    table : array of shape (n_pieces, 6)
        A table of features of the pieces.
    labels, va, groups
        What is known of the pieces.
    """

    odd: dict[str, str]
    unreadable: tuple[str, ...]
    pieces: list[str]
    table: np.ndarray
    labels: np.ndarray
    va: pd.DataFrame
    groups: np.ndarray


def make_material(folder: Path, corpus: Dataset, n_pieces: int = 20) -> Material:
    """Write the files of a material into a folder."""
    return Material(
        odd=_odd_files(folder / "odd"),
        unreadable=_unreadable_files(folder / "unreadable"),
        pieces=_pieces(folder / "pieces", corpus.X[:n_pieces]),
        table=np.random.default_rng(0).normal(size=(n_pieces, WIDTH))
        + corpus.y("va").to_numpy()[:n_pieces] @ np.ones((2, WIDTH)),
        labels=corpus.y("quadrant").to_numpy(dtype=object)[:n_pieces],
        va=corpus.y("va")[:n_pieces],
        groups=np.asarray(corpus.groups)[:n_pieces],
    )


def _odd_files(folder: Path) -> dict[str, str]:
    """Write nothing, too little, too loud, two channels, another rate."""
    noise = 0.1 * np.random.default_rng(440).standard_normal(SAMPLE_RATE // 2)
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE)
    signals = {
        "tone": (tone, SAMPLE_RATE),
        "noise": (noise, SAMPLE_RATE),
        "silence": (np.zeros_like(tone), SAMPLE_RATE),
        "dc": (np.full_like(tone, 0.3), SAMPLE_RATE),
        "clipped": (np.clip(8 * tone, -1, 1), SAMPLE_RATE),
        "one sample": (np.array([0.25]), SAMPLE_RATE),
        "shorter than a frame": (tone[:100], SAMPLE_RATE),
        "stereo": (np.stack([tone, noise], axis=1), SAMPLE_RATE),
        "telephone": (tone[::3], 8000),
    }
    folder.mkdir()
    files = {name: str(folder / f"{name}.wav") for name in signals}
    for name, (signal, sr) in signals.items():
        soundfile.write(files[name], signal, sr, subtype="FLOAT")
    return files


def _unreadable_files(folder: Path) -> tuple[str, ...]:
    folder.mkdir()
    missing, text, empty = (folder / f"{name}.wav" for name in ("missing", "text", "empty"))
    text.write_text("not audio")
    empty.write_bytes(b"")
    return str(missing), str(text), str(empty)


def _pieces(folder: Path, clips: Sequence[Clip]) -> list[str]:
    folder.mkdir()
    files = [str(folder / f"{number:02}.wav") for number in range(len(clips))]
    for file, clip in zip(files, clips, strict=True):
        soundfile.write(file, clip.signal[: clip.sr], clip.sr, subtype="FLOAT")
    return files


# ----------------------------------------------------------------- what an estimator is asked


def X_of(estimator: BaseEstimator, material: Material) -> Any:
    """Return what an estimator takes as X."""
    if isinstance(estimator, AudioTransformer):
        return list(material.odd.values())
    if isinstance(estimator, EmotionLabeller):
        unit = (material.va.to_numpy() + 1) / 2
        low, high = estimator.scale
        return low + unit * (high - low)
    if isinstance(estimator, EmotionPipeline) and estimator.features is not None:
        return list(material.pieces)
    return material.table


def y_of(estimator: BaseEstimator, material: Material) -> Any:
    """Return what an estimator takes as y; None where it takes nothing."""
    if isinstance(estimator, AudioTransformer | EmotionLabeller):
        return None
    if getattr(estimator, "labeller", None) is not None:
        return material.va
    return material.va.to_numpy() if is_regressor(estimator) else material.labels


def learn(estimator: BaseEstimator, material: Material) -> Any:
    """Fit an estimator to its material and return what `fit` returns."""
    X, y = X_of(estimator, material), y_of(estimator, material)
    groups = {"groups": material.groups} if isinstance(estimator, EmotionPipeline) else {}
    return estimator.fit(X, y, **groups)


def answers(estimator: BaseEstimator, X: Any) -> np.ndarray:
    """Return what an estimator says of X, in the finest form that it has."""
    for method in ("transform", "predict_proba", "predict"):
        if hasattr(estimator, method):
            return np.asarray(getattr(estimator, method)(X))
    msg = f"{type(estimator).__name__} answers nothing"
    raise TypeError(msg)


def same(found: Any, wanted: Any, what: str, *, rtol: float = 0.0) -> None:
    """Assert that two answers are equal, bit for bit unless `rtol` allows more."""
    if not rtol:
        np.testing.assert_array_equal(found, wanted, err_msg=what, strict=True)
    else:
        np.testing.assert_allclose(found, wanted, rtol=rtol, atol=rtol, err_msg=what)


@contextlib.contextmanager
def refused(kind: type[Exception], what: str, *words: str) -> Iterator[None]:
    """Assert that the block raises this error, with a sentence that holds one of the words."""
    try:
        yield
    except kind as error:
        sentence = str(error)
    except Exception as error:
        msg = f"{what}: should raise {kind.__name__}, but raises {error!r}"
        raise AssertionError(msg) from error
    else:
        msg = f"{what}: should raise {kind.__name__}, but is accepted"
        raise AssertionError(msg)
    assert not words or any(word in sentence for word in words), (
        f"{what}: the sentence should hold {' or '.join(words)}: {sentence}"
    )


@contextlib.contextmanager
def accepted(what: str) -> Iterator[None]:
    """Assert that the block raises no error."""
    try:
        yield
    except AssertionError:
        raise
    except Exception as error:
        msg = f"{what}: should be accepted, but raises {error!r}"
        raise AssertionError(msg) from error


def parameters(estimator: BaseEstimator) -> Any:
    """Return an estimator's parameters as plain values that can be compared later."""

    def plain(value: Any) -> Any:
        if hasattr(value, "get_params") and not isinstance(value, type):
            return type(value), plain(value.get_params(deep=False))
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value), [plain(item) for item in value]
        return copy.deepcopy(value)

    return plain(estimator)


# ------------------------------------------------------------------------------- which checks

Check = Callable[[BaseEstimator, Material], None]
Applies = Callable[[BaseEstimator], bool]
CHECKS: dict[Check, Applies] = {}


def for_all(applies: Applies) -> Callable[[Check], Check]:
    """Register a check for all estimators of a kind."""

    def register(check: Check) -> Check:
        CHECKS[check] = applies
        return check

    return register


def checks_for(estimator: BaseEstimator) -> list[Check]:
    """Return our own checks that an estimator has to pass."""
    return [check for check, applies in CHECKS.items() if applies(estimator)]


def every(_: BaseEstimator) -> bool:
    return True


def written_here(estimator: BaseEstimator) -> bool:
    """Tell the estimators whose parameters are our own."""
    return "xgboost" not in getattr(type(estimator).__init__, "__module__", "")


def takes_no_matrix(estimator: BaseEstimator) -> bool:
    """Tell the estimators that scikit-learn's checks of matrices say little or nothing about."""
    return isinstance(estimator, AudioTransformer | EmotionPipeline | EmotionLabeller)


def learns(estimator: BaseEstimator) -> bool:
    return isinstance(estimator, AudioTransformer | EmotionPipeline)


def extracts(estimator: BaseEstimator) -> bool:
    return isinstance(estimator, AudioTransformer)


def reads_audio(estimator: BaseEstimator) -> bool:
    return extracts(estimator) or (is_pipeline(estimator) and estimator.features is not None)


def is_pipeline(estimator: BaseEstimator) -> bool:
    return isinstance(estimator, EmotionPipeline)


def is_plain_classifier(estimator: BaseEstimator) -> bool:
    """Tell the pipelines that learn whatever labels they are given."""
    return is_pipeline(estimator) and is_classifier(estimator) and estimator.labeller is None


def is_classifying_pipeline(estimator: BaseEstimator) -> bool:
    return is_pipeline(estimator) and is_classifier(estimator)


def is_labeller(estimator: BaseEstimator) -> bool:
    return isinstance(estimator, EmotionLabeller)


# --------------------------------------------------------------------------- every estimator


@for_all(every)
def check_clone_is_unfitted_and_equal(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    twin = clone(estimator)
    assert parameters(twin) == parameters(estimator), f"{twin} should equal {estimator}"
    learned = [name for name in vars(twin) if name.endswith("_")]
    assert not learned, f"a clone should have learned nothing, but has {learned}"


@for_all(written_here)
def check_repr_fits_a_screen_and_evaluates(estimator: BaseEstimator, material: Material) -> None:
    from .instances import estimators

    text = repr(estimator)
    assert len(text) <= SCREEN, f"repr has {len(text)} characters: {text}"
    names = {kind.__name__: kind for kind in estimators()}
    names |= {type(part).__name__: type(part) for part in estimator.get_params().values()}
    with accepted(f"eval({text!r})"):
        twin = eval(text, {"nan": np.nan, **names, type(estimator).__name__: type(estimator)})
    assert parameters(twin) == parameters(estimator), f"{text} evaluates to {twin}"


class Nonsense:
    """What no parameter may be."""

    def __repr__(self) -> str:
        return "nonsense"


TAKES_TEXT = ("cache",)  # parameters for which any text makes sense


@for_all(written_here)
def check_parameter_errors_name_the_parameter(estimator: BaseEstimator, material: Material) -> None:
    own = estimator.get_params(deep=False)
    # scikit-learn checks these, in its own words; and what cannot be cloned is refused by clone.
    theirs = {"random_state", "select", *getattr(estimator, "overrides", {})}
    if is_pipeline(estimator) and not reads_audio(estimator):
        theirs |= {"n_jobs", "cache"}  # of which a table has no use
    X, y = X_of(estimator, material), y_of(estimator, material)
    for name in sorted(set(own) - theirs):
        texts = [] if name in TAKES_TEXT else ["nonsense"]
        for value in [Nonsense(), *texts]:
            what = f"{name}={value!r}"
            with refused(MerError, what, name, repr(value)):
                broken = type(estimator)(**{**own, name: value}).fit(X, y)
                if learns(estimator):
                    answers(broken, X)


# ----------------------------------------------------- estimators that scikit-learn passes over


@for_all(takes_no_matrix)
def check_fit_returns_self_and_keeps_params(estimator: BaseEstimator, material: Material) -> None:
    before = parameters(estimator)
    fitted = learn(estimator, material)
    assert fitted is estimator, f"fit should return the estimator, not {fitted!r}"
    after = parameters(estimator)
    assert after == before, f"fit changes the parameters from {before} to {after}"


@for_all(learns)
def check_not_fitted(estimator: BaseEstimator, material: Material) -> None:
    X = X_of(estimator, material)
    questions: dict[str, Callable[[], Any]] = {
        name: functools.partial(getattr(estimator, name), X)
        for name in ("transform", "predict", "predict_proba", "predict_emotion", "predict_table")
        if hasattr(estimator, name)
    }
    if hasattr(estimator, "get_feature_names_out"):
        questions["get_feature_names_out"] = estimator.get_feature_names_out
    if hasattr(estimator, "score"):
        questions["score"] = lambda: estimator.score(X, y_of(estimator, material))
    if hasattr(estimator, "save"):
        questions["save"] = lambda: estimator.save("never.joblib")
    for name, ask in questions.items():
        with refused(NotFittedError, f"{name} before fit"):
            ask()


@for_all(takes_no_matrix)
def check_rows_do_not_depend_on_company(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    X = X_of(estimator, material)
    # The product of a matrix and that of a vector differ in the last bits.
    rtol = 1e-5 if is_pipeline(estimator) else 0.0
    together = answers(estimator, X)
    alone = np.concatenate([answers(estimator, X[i : i + 1]) for i in range(len(X))])
    same(alone, together, "rows one by one are not the rows of the whole", rtol=rtol)
    backwards = answers(estimator, X[::-1])
    same(backwards, together[::-1], "rows backwards are not the rows turned round", rtol=rtol)


@for_all(takes_no_matrix)
def check_fit_is_idempotent(estimator: BaseEstimator, material: Material) -> None:
    X = X_of(estimator, material)
    learn(estimator, material)
    first = answers(estimator, X)
    learn(estimator, material)
    same(answers(estimator, X), first, "a second fit answers otherwise")
    twin = clone(estimator)
    learn(twin, material)
    same(answers(twin, X), first, "the fit of a clone answers otherwise")


@for_all(takes_no_matrix)
def check_pickle(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    X = X_of(estimator, material)
    with accepted("pickle"):
        twin = pickle.loads(pickle.dumps(estimator))
    same(answers(twin, X), answers(estimator, X), "a pickled copy answers otherwise")


@for_all(takes_no_matrix)
def check_answers_change_nothing(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    X = X_of(estimator, material)
    folder = Path(material.odd["tone"]).parent
    before = joblib.hash(vars(estimator)), copy.deepcopy(X), _contents(folder)
    answers(estimator, X)
    assert joblib.hash(vars(estimator)) == before[0], "an answer changes the estimator"
    np.testing.assert_array_equal(X, before[1], err_msg="an answer changes X")
    assert _contents(folder) == before[2], "an answer changes or leaves files"
    locked = _read_only(estimator, X)
    with accepted("a read-only array"):
        answers(estimator, locked)


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _read_only(estimator: BaseEstimator, X: Any) -> Any:
    """Return the arrays behind X, locked."""
    if not reads_audio(estimator):
        locked = np.array(X)
        locked.flags.writeable = False
        return locked
    clips = [read_audio(path) for path in X]
    for clip in clips:
        clip.signal.flags.writeable = False
    return clips


# ------------------------------------------------------------------------------ audio goes in


@for_all(reads_audio)
def check_containers(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    paths = X_of(estimator, material)
    wanted = answers(estimator, paths)
    containers = {
        "tuple": tuple(paths),
        "array of str": np.array(paths),
        "array of objects": np.array(paths, dtype=object),
        "Series": pd.Series(paths, index=range(7, 7 + len(paths))),
        "column of a DataFrame": pd.DataFrame({"file": paths})["file"],
        "list of Path": [Path(path) for path in paths],
        "list of Segment": [Segment(path) for path in paths],
        "list of Clip": [read_audio(path) for path in paths],
    }
    for kind, X in containers.items():
        with accepted(kind):
            same(answers(estimator, X), wanted, f"{kind} answers otherwise than list")
            learn_from(clone(estimator), X, material)


def learn_from(estimator: BaseEstimator, X: Any, material: Material) -> None:
    """Fit an estimator to another X than its own."""
    estimator.fit(X, y_of(estimator, material))


@for_all(reads_audio)
def check_a_single_path_is_no_list(estimator: BaseEstimator, material: Material) -> None:
    path = material.odd["tone"]
    singles = [path, Path(path), Segment(path), read_audio(path)]
    learned = clone(estimator)
    learn(learned, material)
    for single in singles:
        what = f"a single {type(single).__name__}"
        with refused(InputError, f"fit on {what}", "got the single"):
            learn_from(estimator, single, material)
        with refused(InputError, f"an answer on {what}", "got the single"):
            answers(learned, single)


@for_all(reads_audio)
def check_nothing_to_read(estimator: BaseEstimator, material: Material) -> None:
    learned = clone(estimator)
    learn(learned, material)
    for nothing in ([], (), np.array([]), np.array([], dtype=str), pd.Series([], dtype=object)):
        with refused(InputError, f"fit on {nothing!r}", "0 files"):
            learn_from(estimator, nothing, material)
        with refused(InputError, f"an answer on {nothing!r}", "0 files"):
            answers(learned, nothing)


@for_all(reads_audio)
def check_unreadable_file_is_named(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    for path in material.unreadable:
        with refused(AudioError, f"{Path(path).name} among good files", path):
            answers(estimator, [material.odd["tone"], path])


@for_all(extracts)
def check_one_finite_row_per_file(estimator: BaseEstimator, material: Material) -> None:
    for name, path in material.odd.items():
        with accepted(name):
            rows = answers(estimator.fit([path]), [path])
        assert rows.ndim == 2, f"{name}: {rows.shape} should be one row"
        assert len(rows) == 1, f"{name}: {len(rows)} rows"
        assert rows.dtype == np.float32, f"{name}: {rows.dtype}"
        broken = np.flatnonzero(~np.isfinite(rows[0]))
        assert not len(broken), f"{name}: {rows[0, broken]} in the columns {broken}"


@for_all(extracts)
def check_names_match_columns(estimator: BaseEstimator, material: Material) -> None:
    rows = answers(estimator.fit(X_of(estimator, material)), X_of(estimator, material))
    names = estimator.get_feature_names_out()
    assert names.dtype == object, f"names should be objects, not {names.dtype}"
    assert len(names) == rows.shape[1], f"{len(names)} names for {rows.shape[1]} columns"
    assert len(set(names)) == len(names), "two columns have the same name"
    odd = [
        name for name in names if len(name.split("__")) not in (2, 3) or not all(name.split("__"))
    ]
    assert not odd, f"names should read family__value or family__series__statistic, not {odd[:3]}"


@for_all(extracts)
def check_pandas_output(estimator: BaseEstimator, material: Material) -> None:
    X = pd.Series(list(material.odd.values()), index=list(material.odd))
    with accepted("set_output"):
        frame = estimator.set_output(transform="pandas").fit(X).transform(X)
    assert isinstance(frame, pd.DataFrame), f"should give a DataFrame, not {type(frame).__name__}"
    assert list(frame.columns) == list(estimator.get_feature_names_out()), "columns are not named"
    assert list(frame.index) == list(X.index), "the index of X should come through"


@for_all(extracts)
def check_path_equals_clip_equals_matrix_row(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    for name, path in material.odd.items():
        wanted = answers(estimator, [path])
        clip = read_audio(path)
        forms = {
            "clip": [clip],
            "clip at its own rate": [read_audio(path, sr=None)],
            "clip of float64": [Clip(clip.signal.astype(np.float64), clip.sr)],
            "row of a matrix": clip.signal[None],
            "row of a matrix of float64": clip.signal[None].astype(np.float64),
        }
        for form, X in forms.items():
            same(answers(estimator, X), wanted, f"{name}: the {form} is not the file")
        integers = (clip.signal * 32_767).astype(np.int16)
        wanted = _answers_of_file(estimator, integers)
        for form, X in {
            "matrix": integers[None],
            "list": [integers],
            "clip": [Clip(integers)],
        }.items():
            what = f"{name}: the {form} of integers is not the file of 16 bits"
            same(answers(estimator, X), wanted, what)


def _answers_of_file(estimator: BaseEstimator, integers: np.ndarray) -> np.ndarray:
    """Return what an estimator says of a file that holds these integers of 16 bits."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "integers.wav"
        soundfile.write(path, integers, SAMPLE_RATE, subtype="PCM_16")
        return answers(estimator, [str(path)])


@for_all(extracts)
def check_n_jobs_one_is_two(estimator: BaseEstimator, material: Material) -> None:
    X = X_of(estimator, material)
    alone = answers(_in_parallel(estimator, 1).fit(X), X)
    same(answers(_in_parallel(estimator, 2).fit(X), X), alone, "two workers answer otherwise")


def _in_parallel(estimator: BaseEstimator, n_jobs: int) -> BaseEstimator:
    """Return an estimator, or a family within AudioFeatures, with that many workers."""
    if "n_jobs" in estimator.get_params():
        return clone(estimator).set_params(n_jobs=n_jobs)
    return AudioFeatures([clone(estimator)], n_jobs=n_jobs)


@for_all(extracts)
def check_cached_is_uncached(estimator: BaseEstimator, material: Material) -> None:
    """Three ways of it through one cache, so that a key that says too little is found."""
    X = X_of(estimator, material)
    if "cache" not in estimator.get_params():
        estimator = AudioFeatures([estimator])
    names = [name for name in estimator.get_params() if name.endswith("__statistics")]
    other = clone(estimator).set_params(**dict.fromkeys(names, ("min",)))
    with tempfile.TemporaryDirectory() as folder:
        for turn, asked in enumerate((estimator, other, estimator)):
            fresh = answers(clone(asked).fit(X), X)
            cached = answers(clone(asked).set_params(cache=folder).fit(X), X)
            same(cached, fresh, f"turn {turn}: the cache answers otherwise")
        assert any(Path(folder).iterdir()), "nothing was cached"


# --------------------------------------------------------------------------- whole pipelines


@for_all(is_pipeline)
def check_answers_have_the_shape_of_y(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    X, y = X_of(estimator, material), y_of(estimator, material)
    wanted = (len(y),) if is_classifier(estimator) else np.shape(y)
    predicted = estimator.predict(X)
    assert predicted.shape == wanted, f"predict gives {predicted.shape} for y of {wanted}"
    table = estimator.predict_table(X)
    assert len(table) == len(y), f"predict_table gives {len(table)} rows for {len(y)}"
    n_targets = 1 if predicted.ndim == 1 else predicted.shape[1]
    names = estimator.target_names_
    assert len(names) == n_targets, f"target_names_ {names} for {n_targets} columns"
    assert isinstance(estimator.score(X, y), float), "score should be a float"


@for_all(is_classifying_pipeline)
def check_probabilities_follow_the_classes(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    X, y = X_of(estimator, material), material.labels
    classes = list(estimator.classes_)
    assert classes == sorted(set(y)), f"classes_ is {classes}, of {sorted(set(y))}"
    proba = estimator.predict_proba(X)
    assert proba.shape == (len(y), len(classes)), f"shape {proba.shape}"
    assert (proba >= 0).all(), f"a probability is {proba.min()}"
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6, err_msg="rows should sum to 1")
    # What was learned by heart is likelier for its own rows than for the others, class by class.
    for column, label in enumerate(classes):
        own, others = proba[y == label, column].mean(), proba[y != label, column].mean()
        assert own > others, f"column {column} is not that of {label!r}: {own:.2f} < {others:.2f}"


@for_all(is_plain_classifier)
def check_labels_of_every_type(estimator: BaseEstimator, material: Material) -> None:
    X, names = X_of(estimator, material), material.labels
    numbers = np.unique(names, return_inverse=True)[1]
    kinds = {
        "list of str": list(names),
        "array of str": names.astype(str),
        "Series": pd.Series(names, index=range(5, 5 + len(names))),
        "category": pd.Series(names).astype("category"),
        "integers": numbers + 3,
        "list of int": (numbers + 3).tolist(),
        "bools": numbers > 1,
    }
    for kind, y in kinds.items():
        with accepted(kind):
            predicted = clone(estimator).fit(X, y).predict(X)
        strangers = set(predicted.tolist()) - set(np.asarray(y).tolist())
        assert not strangers, f"{kind}: predicts {strangers}, which y does not hold"
        alike = type(predicted.tolist()[0]) is type(np.asarray(y).tolist()[0])
        assert alike, f"{kind}: predicts {predicted[0]!r}"


@for_all(is_pipeline)
def check_what_does_not_match_X_is_counted(estimator: BaseEstimator, material: Material) -> None:
    X, y = X_of(estimator, material), y_of(estimator, material)
    n = str(len(X))
    with refused(InputError, "one label too few", n):
        clone(estimator).fit(X, y[:-1])
    with refused(InputError, "one group too few", n):
        clone(estimator).fit(X, y, groups=material.groups[:-1])
    with refused(InputError, "one weight too few", n):
        clone(estimator).fit(X, y, sample_weight=np.ones(len(X) - 1))
    learn(estimator, material)
    with refused(InputError, "one label too few in score", n):
        estimator.score(X, y[:-1])


@for_all(is_pipeline)
def check_saved_and_loaded_answers_the_same(estimator: BaseEstimator, material: Material) -> None:
    learn(estimator, material)
    X = X_of(estimator, material)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.joblib"
        estimator.save(path)
        assert [file.name for file in Path(folder).iterdir()] == [path.name], "files are left"
        loaded = load(path)
    assert parameters(loaded) == parameters(estimator), "other parameters come back"
    same(answers(loaded, X), answers(estimator, X), "what was saved answers otherwise")
    same(loaded.predict(X), estimator.predict(X), "what was saved predicts otherwise")


@for_all(is_plain_classifier)
def check_one_class_is_refused(estimator: BaseEstimator, material: Material) -> None:
    X = X_of(estimator, material)
    with refused(InputError, "a single class", "single class 'calm'", "one class"):
        estimator.fit(X, ["calm"] * len(X))


@for_all(lambda estimator: is_pipeline(estimator) and is_regressor(estimator))
def check_a_constant_target_is_learned(estimator: BaseEstimator, material: Material) -> None:
    X = X_of(estimator, material)
    va = np.tile([0.25, -0.5], (len(X), 1))
    with accepted("constant valence and arousal"):
        predicted = estimator.fit(X, va).predict(X)
    np.testing.assert_allclose(predicted, va, atol=0.15, err_msg="a constant should be learned")


@for_all(is_plain_classifier)
def check_a_class_of_one_row(estimator: BaseEstimator, material: Material) -> None:
    X, y = X_of(estimator, material), material.labels.copy()
    y[0] = "rare"
    with accepted("a class of one row"):
        estimator.fit(X, y, groups=material.groups)
    assert "rare" in estimator.classes_, f"classes_ is {estimator.classes_}"
    assert np.isfinite(estimator.predict_proba(X)).all(), "probabilities should be finite"


@for_all(is_pipeline)
def check_groups_reach_the_splitter(estimator: BaseEstimator, material: Material) -> None:
    seen: list[Any] = []

    def spy(splitter: Any, X: Any, y: Any = None, groups: Any = None) -> Any:
        seen.append(groups)
        return split(splitter, X, y, groups)

    split = StratifiedGroupKFold.split
    with mock.patch.object(StratifiedGroupKFold, "split", spy):
        learn(estimator, material)
    assert estimator.groups_kind_ == "groups", f"keeps {estimator.groups_kind_} apart, not groups"
    wanted = _partition(np.repeat(material.groups, N_PARTS if estimator.parts else 1))
    for groups in seen:
        assert _partition(groups) == wanted, f"the splitter is given {groups}"
    model = estimator.pipeline_["model"]
    assert seen or not hasattr(model, "calibrate"), "no splitter was asked for the probabilities"


def _partition(groups: Any) -> list[int]:
    """Return the first row of each row's group: what stays when groups are renamed."""
    values = list(groups)
    return [values.index(value) for value in values]


# -------------------------------------------------------------------------------- the labeller


@for_all(is_labeller)
def check_label_to_point_and_back(estimator: BaseEstimator, material: Material) -> None:
    points = estimator.inverse_transform(estimator.labels)
    low, high = estimator.scale
    assert ((points > low) & (points < high)).all(), f"typical points off the scale: {points}"
    back = list(estimator.transform(points))
    assert back == list(estimator.labels), f"{estimator.labels} come back as {back}"
    found = [label for label in estimator.transform(X_of(estimator, material)) if label]
    assert set(found) <= set(estimator.labels), f"{set(found)} are not all of {estimator.labels}"


@for_all(is_labeller)
def check_columns_are_read_by_name(estimator: BaseEstimator, material: Material) -> None:
    va = X_of(estimator, material)
    wanted = list(estimator.transform(va))
    frame = pd.DataFrame({"song": "x", "arousal": va[:, 1], "valence": va[:, 0]})
    found = list(estimator.transform(frame))
    assert found == wanted, f"columns in another order give {found}, not {wanted}"
    with refused(InputError, "a frame without arousal", "arousal"):
        estimator.transform(frame[["valence"]])


@for_all(is_labeller)
def check_what_is_off_the_scale_is_named(estimator: BaseEstimator, material: Material) -> None:
    va = X_of(estimator, material)
    for value, words in ((77.5, "arousal=77.5 in row 3"), (np.nan, "arousal is missing in row 3")):
        broken = va.copy()
        broken[3, 1] = value
        with refused(InputError, f"arousal {value}", words):
            estimator.transform(broken)
    with refused(InputError, "a label of no scheme", "'blissful'"):
        estimator.inverse_transform(["blissful"])
