"""Learn from one corpus, test on another."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mer_sklearn import EmotionPipeline, evaluate, make_emotion_clips
from mer_sklearn.datasets import Dataset, DatasetInfo, Target
from mer_sklearn.errors import InputError
from mer_sklearn.evaluation.cross import cross_corpus

PIPELINE = EmotionPipeline(features=None, model="ridge", task="regression", random_state=0)


def corpus(rng, n=60, slope=1.0, shift=0.0, artists=15, **info):
    """Return a ready table whose valence and arousal follow two features."""
    X = pd.DataFrame(rng.normal(size=(n, 2)), columns=["x", "y"])
    values = np.clip(0.2 * slope * X.to_numpy() + shift, -1, 1)
    names = np.array([f"Artist {k % artists}" for k in range(n)], dtype=object)
    frame = pd.DataFrame(values, columns=["valence", "arousal"]).assign(song_id=np.arange(n))
    return Dataset(
        name="made",
        X=X,
        frame=frame,
        targets={"va": Target(("valence", "arousal"), "regression", scale=(-1.0, 1.0))},
        groups=names,
        info=DatasetInfo("", "", "", group="artist", **info),
    )


def test_what_holds_in_both_is_learned_and_what_does_not_is_below_the_constant(rng):
    corpora = {"a": corpus(rng), "b": corpus(rng), "turned": corpus(rng, slope=-1.0)}
    found = cross_corpus(PIPELINE, corpora, target="va")
    assert found.matrix.loc["a", "b"] > 0.95
    assert found.matrix.loc["b", "a"] > 0.95
    assert found.matrix.loc["a", "turned"] < 0
    assert found.constants["turned"]["r2"] == pytest.approx(0, abs=1e-9)
    assert (np.diag(found.matrix) > 0.95).all()


def test_constant_is_that_of_the_tested_corpus(rng):
    corpora = {"low": corpus(rng, shift=-0.3), "high": corpus(rng, shift=0.3)}
    found = cross_corpus(PIPELINE, corpora, target="va")
    for name, data in corpora.items():
        spread = np.sqrt(np.mean(data.y("va").to_numpy().var(axis=0)))
        assert found.constants[name]["rmse"] == pytest.approx(spread, rel=0.02)
    # The mean of the other corpus, which a model knows, is worse than any constant of its own.
    assert found.cells["low", "high"].baseline["r2"] < -1


def test_diagonal_is_evaluate(rng):
    corpora = {"a": corpus(rng), "b": corpus(rng)}
    found = cross_corpus(PIPELINE, corpora, target="va", cv=3)
    alone = evaluate(PIPELINE, corpora["a"], cv=3)
    assert found.cells["a", "a"].scores == alone.scores
    assert found.cells["a", "a"].split == "artists apart"
    assert found.cells["a", "b"].split == "corpora apart"


def test_cell_is_the_score_of_a_fit_on_all_of_the_other(rng):
    corpora = {"a": corpus(rng), "b": corpus(rng, slope=0.5)}
    cell = cross_corpus(PIPELINE, corpora, target="va").cells["a", "b"]
    model = EmotionPipeline(features=None, model="ridge", task="regression", random_state=0)
    model.fit(corpora["a"].X, corpora["a"].y(), groups=corpora["a"].groups)
    predicted, true = model.predict(corpora["b"].X), corpora["b"].y().to_numpy()
    expected = 1 - ((predicted - true) ** 2).sum(axis=0) / ((true - true.mean(axis=0)) ** 2).sum(
        axis=0
    )
    assert cell.scores["r2"] == pytest.approx(expected.mean(), abs=1e-6)
    assert cell.n_rows == 60
    assert cell.n_groups == 15
    assert list(cell.by_group.index[:2]) == ["Artist 0", "Artist 1"]


def test_artists_of_both_are_not_learned_where_names_mean_the_same(rng):
    first, second = corpus(rng, named_groups=True), corpus(rng, artists=5, named_groups=True)
    found = cross_corpus(PIPELINE, {"a": first, "b": second}, target="va", cv=2)
    assert found.remarks == (
        "20 of 60 rows of a were not learned for b: b holds their song or artist.",
        "all rows of b were not learned for a: a holds their song or artist.",
    )
    assert ("b", "a") not in found.cells
    assert np.isnan(found.matrix.loc["b", "a"])
    assert len(str(found).splitlines()[3].split()) == 2  # its name, and within the corpus


def test_artists_that_are_only_numbers_say_nothing(rng):
    found = cross_corpus(PIPELINE, {"a": corpus(rng), "b": corpus(rng)}, target="va", cv=2)
    assert found.remarks == ()


def test_songs_without_an_artist_are_nobodys(rng):
    first, second = (corpus(rng, named_groups=True) for _ in range(2))
    for data, name in ((first, "Ann"), (second, "Bob")):
        # Of the first half nobody knows who plays: each is its own group, by its own number.
        data.frame["artist"] = [""] * 30 + [name] * 30
        data.groups[:30] = [f"song {k}" for k in range(30)]
        data.groups[30:] = name.casefold()
    found = cross_corpus(PIPELINE, {"a": first, "b": second}, target="va", cv=2)
    assert found.remarks == ()


def test_songs_of_both_are_not_learned(rng):
    first, second = corpus(rng, songs="MediaEval"), corpus(rng, n=20, songs="MediaEval")
    second.frame["song_id"] += 50
    found = cross_corpus(PIPELINE, {"a": first, "b": second}, target="va", cv=2)
    assert (
        "10 of 60 rows of a were not learned for b: b holds their song or artist." in found.remarks
    )


def test_tables_of_other_columns_are_refused(rng):
    other = corpus(rng)
    other = replace(other, X=other.X.rename(columns={"x": "z"}))
    with pytest.raises(InputError, match="a and b have different columns"):
        cross_corpus(PIPELINE, {"a": corpus(rng), "b": other}, target="va")


def test_classes_from_audio():
    clips = {name: make_emotion_clips(24, k, duration=1.0) for k, name in enumerate("ab")}
    found = cross_corpus(EmotionPipeline(model="logistic"), clips, target="quadrant", cv=2)
    assert found.metric == "balanced_accuracy"
    assert found.matrix.shape == (2, 2)
    counts = clips["a"].y("quadrant").value_counts(normalize=True)
    assert found.constants["a"]["accuracy"] == pytest.approx(counts.max())


def test_table_and_document(rng):
    corpora = {"one": corpus(rng), "two": corpus(rng, slope=-1.0)}
    found = cross_corpus(PIPELINE, corpora, target="va", metric="pearson")
    lines = str(found).splitlines()
    assert lines[0] == "va, pearson: rows learned, columns tested, * within the corpus"
    assert lines[1].split() == ["one", "two"]
    assert lines[2].split()[1].endswith("*")
    assert lines[-1].split() == ["best", "constant", "0.000", "0.000"]
    assert "| best constant | 0.000 | 0.000 |" in found.to_markdown()
    document = json.loads(json.dumps(found.to_dict()))
    assert [(cell["learned"], cell["tested"]) for cell in document["cells"]] == [
        ("one", "one"), ("one", "two"), ("two", "two"), ("two", "one"),
    ]  # fmt: skip
