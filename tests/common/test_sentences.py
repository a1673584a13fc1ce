"""Every public function says so, in a sentence, for its own bad inputs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

import mer_sklearn
from mer_sklearn import (
    AudioFeatures,
    Clip,
    EmotionPipeline,
    Segment,
    audit,
    audit_pipeline,
    compare,
    evaluate,
    load,
    load_dataset,
    make_emotion_clips,
    read_audio,
    tune,
)
from mer_sklearn.audio import to_clip
from mer_sklearn.datasets.reading import find_audio, read_table
from mer_sklearn.datasets.registry import dataset_info, load_source
from mer_sklearn.errors import MerError, unknown_name
from mer_sklearn.evaluation.metrics import validate
from mer_sklearn.extraction.cache import open_cache
from mer_sklearn.features import preset
from mer_sklearn.features.inputs import as_items
from mer_sklearn.features.statistics import check_statistics
from mer_sklearn.grouping import as_groups, group_folds
from mer_sklearn.models import Named, guess_task, model_spec
from mer_sklearn.steps import (
    build_balance,
    build_features,
    build_labeller,
    build_model,
    build_scale,
    resolve_task,
)
from mer_sklearn.targets import read_targets

X = np.random.default_rng(0).normal(size=(12, 3))
LABELS = ["calm", "sad"] * 6
NUMBERS = np.linspace(-1, 1, 12)
SMALL = EmotionPipeline(None, model="logistic")
CORPUS = make_emotion_clips(2, random_state=0, duration=1.0)


def classes_of(n: int) -> np.ndarray:
    return np.array(LABELS[:n])


# For each function: bad calls, and what their sentences have to hold: the value or the parameter.
# A call is given a folder with text.wav and empty.wav, which are no audio, and table.csv.
BAD_CALLS: dict[Callable[..., object], list[tuple[Callable[[Path], object], str]]] = {
    # what `mer_sklearn` itself offers
    Clip: [
        (lambda _: Clip(np.zeros((2, 5))), "(2, 5)"),
        (lambda _: Clip(np.zeros(0)), "at least 1 sample"),
        (lambda _: Clip(np.array([0.0, np.nan])), "NaN"),
        (lambda _: Clip(["a", "b"]), "<U1"),
        (lambda _: Clip(np.zeros(5), sr=0), "sr=0"),
        (lambda _: Clip(np.zeros(5), sr="fast"), "sr='fast'"),
    ],
    Segment: [
        (lambda _: Segment("a.wav", -1.0), "offset=-1.0"),
        (lambda _: Segment("a.wav", 0.0, 0.0), "duration=0.0"),
        (lambda _: Segment("a.wav", "soon"), "offset='soon'"),
    ],
    read_audio: [
        (lambda folder: read_audio(folder / "missing.wav"), "missing.wav"),
        (lambda folder: read_audio(folder / "text.wav"), "text.wav"),
        (lambda folder: read_audio(folder / "empty.wav"), "empty.wav"),
        (lambda folder: read_audio(folder), "is a folder"),
        (lambda folder: read_audio(folder / "tone.wav", offset=99.0), "99.00 s"),
        (lambda folder: read_audio(folder / "tone.wav", duration=-2), "duration=-2"),
        (lambda folder: read_audio(folder / "tone.wav", sr=-5), "sr=-5"),
        (lambda _: read_audio(""), "''"),
    ],
    load: [
        (lambda folder: load(folder / "missing.joblib"), "missing.joblib"),
        (lambda folder: load(folder / "text.wav"), "text.wav"),
        (lambda folder: load(folder / "text.joblib"), "text.joblib"),
    ],
    load_dataset: [
        (lambda folder: load_dataset("ravdes", folder), "'ravdes'"),
        (lambda folder: load_dataset("ravdess", folder / "missing"), "missing"),
        (lambda folder: load_dataset("ravdess", folder), "RAVDESS"),
        (lambda folder: load_dataset("ravdess", folder, chanel="song"), "'chanel'"),
        (lambda folder: load_dataset("ravdess", folder, channel="noise"), "'noise'"),
        (lambda folder: load_dataset("emotify", folder), "data.csv"),
        (lambda folder: load_dataset("folders", folder), "folder"),
        (lambda folder: load_dataset("table", folder / "table.csv"), "table.csv"),
        (lambda folder: load_dataset("synthetic", folder), "root="),
        (lambda _: load_dataset("ravdess"), "root"),
    ],
    make_emotion_clips: [
        (lambda _: make_emotion_clips(0), "n=0"),
        (lambda _: make_emotion_clips(2.5), "n=2.5"),
        (lambda _: make_emotion_clips(2, duration=0.0), "duration=0.0"),
        (lambda _: make_emotion_clips(2, -1), "random_state=-1"),
        (lambda _: make_emotion_clips(4, n_raters=1), "n_raters=1"),
        (lambda _: make_emotion_clips(4, n_artists=9), "n_artists=9"),
    ],
    evaluate: [
        (lambda _: evaluate(SMALL, X), "y is missing"),
        (lambda _: evaluate(SMALL, X, LABELS[:5]), "5 labels"),
        (lambda _: evaluate(SMALL, X, LABELS, groups=LABELS[:5]), "groups"),
        (lambda _: evaluate(SMALL, X, LABELS, groups=["one"] * 12), "1 group"),
        (lambda _: evaluate(SMALL, X, LABELS, cv=1), "n_splits=1"),
        (lambda _: evaluate(SMALL, X, LABELS, cv="five"), "cv='five'"),
        (lambda _: evaluate(SMALL, X, LABELS, target="va"), "target='va'"),
        (lambda _: evaluate(SMALL, CORPUS, LABELS), "target="),
        (lambda _: evaluate(SMALL, CORPUS, target="mood"), "'mood'"),
        (lambda _: evaluate(SMALL, X, LABELS, repeats=0), "repeats=0"),
        (lambda _: evaluate(SMALL, X, LABELS, cv="official"), "official"),
        (lambda _: evaluate(SMALL, X, LABELS, strata="genre"), "'genre'"),
        (lambda _: evaluate(SMALL, X, LABELS, cv="random", optimism=True), "optimism=True"),
        (lambda _: evaluate(EmotionPipeline, X, LABELS), "EmotionPipeline"),
    ],
    compare: [
        (lambda _: compare([], X, LABELS), "pipelines"),
        (lambda _: compare(["smv"], X, LABELS), "'smv'"),
        (lambda _: compare({"a": SMALL}, X), "compare(pipeline, X, y"),
        (lambda _: compare({"a": SMALL}, X, LABELS, metric="r2"), "'r2'"),
    ],
    tune: [
        (lambda _: tune(SMALL, X), "tune(pipeline, X, y"),
        (lambda _: tune("svm", X, LABELS), "'svm'"),
        (lambda _: tune(SMALL, X, LABELS, n_trials=0), "n_trials=0"),
        (lambda _: tune(SMALL, X, LABELS, random_state=-1), "random_state=-1"),
        (lambda _: tune(SMALL, X, LABELS, models=["smv"]), "'smv'"),
        (lambda _: tune(SMALL, X, LABELS, metric="r2"), "'r2'"),
        (lambda folder: tune(SMALL, X, LABELS, storage=folder / "text.wav"), "text.wav"),
        (lambda folder: tune(SMALL, X, LABELS, storage=folder / "no" / "a.db"), "a.db"),
    ],
    audit: [
        (lambda _: audit([]), "0 files"),
        (lambda _: audit(X, table=True, cv=5), "cv=5"),
        (lambda _: audit(X, table=True, groups=[1]), "groups"),
        (lambda folder: audit([folder / "missing.wav"] * 2), "missing.wav"),
    ],
    audit_pipeline: [
        (lambda _: audit_pipeline("svm", X, LABELS), "an estimator or a function"),
        (lambda _: audit_pipeline(SMALL, X, LABELS[:5]), "12 rows but y"),
        (lambda _: audit_pipeline(SMALL, X, LABELS, [1]), "12 rows but groups"),
    ],
    mer_sklearn.Dataset: [
        (lambda _: CORPUS.target("mood"), "'mood'"),
        (lambda _: CORPUS.y("mood"), "'mood'"),
    ],
    # one level down
    to_clip: [
        (lambda folder: to_clip(folder / "text.wav"), "text.wav"),
        (lambda folder: to_clip(Segment(folder / "tone.wav", 99.0)), "99.00 s"),
    ],
    as_items: [
        (lambda _: as_items("a.wav"), "'a.wav'"),
        (lambda _: as_items([]), "0 files"),
        (lambda _: as_items(["a.wav", 5]), "X[1]"),
        (lambda _: as_items(pd.DataFrame({"file": ["a.wav"]})), "'file'"),
        (lambda _: as_items(np.zeros(100)), "single signal"),
        (lambda _: as_items([np.zeros(3), np.zeros(4)]), "several lengths"),
    ],
    preset: [
        (lambda _: preset("plian"), "'plian'"),
        (lambda _: preset(""), "''"),
    ],
    check_statistics: [
        (lambda _: check_statistics("mean"), "'mean'"),
        (lambda _: check_statistics(["mean", "mode"]), "'mode'"),
        (lambda _: check_statistics(["mean", "mean"]), "twice"),
        (lambda _: check_statistics([]), "statistics=[]"),
    ],
    open_cache: [
        (lambda _: open_cache(5).__enter__(), "cache=5"),
        (lambda _: open_cache(["a"]).__enter__(), "cache=['a']"),
    ],
    AudioFeatures.transform: [
        (lambda folder: AudioFeatures().fit_transform([folder / "text.wav"]), "text.wav"),
        (lambda _: AudioFeatures(on_error="skip").fit(["a.wav"]), "on_error='skip'"),
        (lambda _: AudioFeatures(n_jobs=0).fit(["a.wav"]), "n_jobs=0"),
    ],
    dataset_info: [
        (lambda _: dataset_info("ravdes"), "'ravdes'"),
        (lambda _: dataset_info(""), "''"),
    ],
    load_source: [
        (lambda _: load_source(""), "source"),
        (lambda folder: load_source(f"{folder}/text.wav"), "text.wav"),
        (lambda folder: load_source(f"{folder}/missing"), "missing"),
        (lambda folder: load_source(f"ravdess:{folder}", {"chanel": "song"}), "'chanel'"),
        (lambda _: load_source("synthetic", {"n": "many"}), "n='many'"),
    ],
    find_audio: [
        (lambda folder: find_audio(folder / "missing"), "missing"),
        (lambda folder: find_audio(folder / "text.wav"), "text.wav"),
    ],
    read_table: [
        (lambda folder: read_table(folder / "missing.csv"), "missing.csv"),
        (lambda folder: read_table(folder / "empty.wav"), "empty.wav"),
    ],
    as_groups: [
        (lambda _: as_groups(["a", "b"], 3), "X holds 3 rows"),
        (lambda _: as_groups([["a"], ["b"]], 2), "(2, 1)"),
        (lambda _: as_groups(["a", None], 2), "groups[1]"),
    ],
    group_folds: [
        (lambda _: group_folds(classes_of(4), np.zeros(4, int), classes=True), "1 group"),
        (
            lambda _: group_folds(classes_of(4), np.arange(4), n_splits=1, classes=True),
            "n_splits=1",
        ),
    ],
    guess_task: [
        (lambda _: guess_task([]), "y must"),
        (lambda _: guess_task(["calm", 1]), "y mixes"),
        (lambda _: guess_task([["calm"], ["sad"]]), "y holds labels in several columns"),
        (lambda _: guess_task([object(), object()]), "object"),
    ],
    model_spec: [
        (lambda _: model_spec("smv"), "'smv'"),
        (lambda _: model_spec(""), "''"),
    ],
    Named.fit: [
        (lambda _: Named("svm", gama=1).fit(X, LABELS), "'gama'"),
        (lambda _: Named("svm").fit(X, NUMBERS), "'svm'"),
        (lambda _: Named("ridge").fit(X, LABELS), "'ridge'"),
        (lambda _: Named("ridge").fit(X, [None, *LABELS[1:]]), "'ridge'"),
    ],
    resolve_task: [
        (lambda _: resolve_task("classify", "svm", None, LABELS), "'classify'"),
        (lambda _: resolve_task("regression", "svm", None, LABELS), "task='regression'"),
    ],
    build_features: [
        (lambda _: build_features(5, n_jobs=None, cache=None), "features=5"),
        (lambda _: build_features(Named("svm"), n_jobs=None, cache=None), "features=Named"),
    ],
    build_labeller: [
        (lambda _: build_labeller("quadrant"), "'quadrant'"),
        (lambda _: build_labeller(5), "labeller=5"),
    ],
    build_scale: [
        (lambda _: build_scale("standrd", "svm", []), "'standrd'"),
        (lambda _: build_scale(Named("svm"), "svm", []), "scale=Named"),
        (lambda _: build_scale(AudioFeatures, "svm", []), "scale=<class"),
    ],
    build_balance: [
        (
            lambda _: build_balance("smoke", "regression", weighted=False, random_state=0),
            "'smoke'",
        ),
        (
            lambda _: build_balance(Named("svm"), "regression", weighted=False, random_state=0),
            "balance=Named",
        ),
        (
            lambda _: build_balance("smote", "classification", weighted=True, random_state=0),
            "sample_weight",
        ),
    ],
    build_model: [
        (lambda _: build_model(AudioFeatures(), "classification", 0), "model=AudioFeatures"),
        (lambda _: build_model(5, "classification", 0), "model=5"),
    ],
    read_targets: [
        (lambda _: read_targets(LABELS, 5, task="classification"), "12 labels"),
        (lambda _: read_targets(LABELS, 12, task="regression"), "'calm'"),
        (lambda _: read_targets([["a", "b"]], 1, task="classification"), "(1, 2)"),
        (lambda _: read_targets(["a", ""], 2, task="classification"), "(1)"),
        (lambda _: read_targets([0.0, np.nan], 2, task="regression"), "(1)"),
        (
            lambda _: read_targets(NUMBERS, 12, task="regression", target_names=["a", "b"]),
            "target_names=['a', 'b']",
        ),
    ],
    validate: [
        (lambda _: validate(np.zeros(3), np.zeros(4)), "(3,)"),
        (lambda _: validate(np.zeros(0), np.zeros(0)), "(0,)"),
        (lambda _: validate(np.zeros(2), np.array([0.0, np.inf])), "y_pred"),
    ],
    EmotionPipeline.fit: [
        (lambda _: SMALL.fit(X, LABELS[:5]), "5 labels"),
        (lambda _: SMALL.fit(X, ["calm"] * 12), "'calm'"),
        (lambda _: SMALL.fit(X[:, 0], LABELS), "Expected 2D array"),
        (lambda _: SMALL.fit(X, LABELS, sample_weight=-np.ones(12)), "sample_weight"),
        (lambda _: SMALL.fit(X, ["calm", 1] * 6), "y mixes"),
        (lambda _: EmotionPipeline(on_error="nan").fit(["a.wav"], LABELS), "on_error='nan'"),
    ],
    EmotionPipeline.predict: [
        (lambda _: EmotionPipeline(None, model="ridge").fit(X, NUMBERS).predict(X[:, 1:]), "2 "),
        (
            lambda _: EmotionPipeline(None, model="ridge").fit(X, NUMBERS).predict_emotion(X),
            "labeller",
        ),
    ],
    EmotionPipeline.save: [
        (
            lambda folder: (
                EmotionPipeline(None, model="ridge").fit(X, NUMBERS).save(folder / "model.pkl")
            ),
            "model.pkl",
        ),
        (
            lambda folder: (
                EmotionPipeline(None, model="ridge")
                .fit(X, NUMBERS)
                .save(folder / "missing" / "model.joblib")
            ),
            "missing",
        ),
    ],
}


@pytest.fixture
def folder(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "tone.wav", np.zeros(8000), 8000)
    (tmp_path / "text.wav").write_text("not audio")
    (tmp_path / "text.joblib").write_text("no model")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "table.csv").write_text("song,mood\n1,calm\n")
    return tmp_path


def flaws(sentence: str, word: str) -> list[str]:
    """Return what is wrong with the sentence of an error."""
    found = {
        "has fewer than five words": len(sentence.split()) < 5,
        "does not end with a full stop": not re.search(r"[.?]$", sentence),
        f"does not hold {word}": word not in sentence,
        "shows an object's address": " at 0x" in sentence,
        "holds a line break": "\n" in sentence,
    }
    return [flaw for flaw, there in found.items() if there]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        pytest.param(call, word, id=f"{function.__qualname__}-{word}")
        for function, calls in BAD_CALLS.items()
        for call, word in calls
    ],
)
def test_a_bad_call_is_answered_with_a_sentence(call, word, folder):
    with pytest.raises(MerError) as caught:
        call(folder)
    assert flaws(str(caught.value), word) == [], str(caught.value)


def test_every_function_has_bad_calls():
    public = [getattr(mer_sklearn, name) for name in mer_sklearn.__all__]
    # The parameters of estimators have a check of their own; an error is raised, not refused.
    asked = [
        member
        for member in public
        if not (inspect.isclass(member) and issubclass(member, BaseEstimator | Exception))
    ]
    assert [member.__name__ for member in asked if member not in BAD_CALLS] == []
    assert min(map(len, BAD_CALLS.values())) >= 2


@pytest.mark.parametrize(
    ("sentence", "flaw"),
    [
        ("n=0 is bad.", "has fewer than five words"),
        ("n=0 must be a number above 0", "does not end with a full stop"),
        ("It must be a number above 0.", "does not hold n=0"),
        ("n=0 and <object at 0x7f00> must be a number.", "shows an object's address"),
        ("n=0 must be\na number above 0.", "holds a line break"),
    ],
)
def test_a_poor_sentence_is_found(sentence, flaw):
    assert flaws(sentence, "n=0") == [flaw]


def test_the_nearest_name_is_a_sentence_as_well():
    assert flaws(str(unknown_name("model", "smv", ["svm", "svr"])), "'smv'") == []
