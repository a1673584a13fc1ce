"""Rows that count more than others, while learning and in every score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor

from mer_sklearn import EmotionPipeline, compare, evaluate, tune
from mer_sklearn.datasets import Dataset, DatasetInfo, Target
from mer_sklearn.errors import InputError
from mer_sklearn.evaluation.cross import cross_corpus
from mer_sklearn.evaluation.metrics import scores
from mer_sklearn.evaluation.rows import as_data, fit_rows, read_rows

PIPELINE = EmotionPipeline(None, scale=None, model=Ridge(), task="regression")


@pytest.fixture
def rated(rng):
    """Return a ready table of numbers and classes whose rows count once, twice or three times."""
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    values = np.tanh(X.to_numpy()[:, :2] + rng.normal(size=(60, 2)))
    frame = pd.DataFrame(values, columns=["valence", "arousal"])
    frame["emotion"] = np.where(values[:, 0] > 0, "happy", "sad")
    return Dataset(
        name="rated",
        X=X,
        frame=frame,
        targets={
            "va": Target(("valence", "arousal"), "regression", scale=(-1.0, 1.0)),
            "emotion": Target(("emotion",), "classification"),
        },
        groups=np.repeat(np.arange(10), 6).astype(object),
        info=DatasetInfo("", "", "", group="artist"),
        weights=rng.integers(1, 4, 60).astype(float),
    )


@pytest.fixture
def repeated(rated):
    """The same corpus with each row as often as it counts."""
    return replace(rated.take(np.repeat(np.arange(60), rated.weights.astype(int))), weights=None)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_weight_is_as_many_rows(task, rng):
    weights = rng.integers(1, 4, 50)
    if task == "classification":
        y, found = rng.choice(list("abc"), (2, 50))
        proba = rng.dirichlet(np.ones(3), 50)
    else:
        (y, found), proba = rng.normal(size=(2, 50, 2)), None
    rows = np.repeat(np.arange(50), weights)
    expected = scores(task, y[rows], found[rows], proba=None if proba is None else proba[rows])
    assert scores(task, y, found, proba=proba, weights=weights) == pytest.approx(expected)


@pytest.mark.parametrize("target", ["va", "emotion"])
def test_an_evaluation_learns_and_scores_by_weights(rated, repeated, target):
    model = Ridge() if target == "va" else "logistic"
    pipeline = EmotionPipeline(None, scale=None, balance=None, model=model, random_state=0)
    found, expected = (
        evaluate(pipeline, data, target=target, cv="logo", strata=np.arange(len(data)) % 1)
        for data in (rated, repeated)
    )
    for name, score in expected.scores.items():
        assert found.scores[name] == pytest.approx(score, abs=1e-4), name
        assert found.intervals[name] == pytest.approx(expected.intervals[name], abs=1e-3), name
    for baseline in ("mean", "majority"):
        if baseline in expected.baselines:
            expected_scores = expected.baselines[baseline]
            assert found.baselines[baseline] == pytest.approx(expected_scores, abs=1e-6)
    assert found.within == pytest.approx(expected.within, abs=1e-4)
    assert "Rows count by the weights of the corpus." in found.remarks
    assert found.scores != evaluate(pipeline, replace(rated, weights=None), target=target).scores


def test_a_comparison_and_a_search_score_as_an_evaluation(rated):
    alone = evaluate(PIPELINE, rated, target="va", cv=3)
    both = compare({"one": PIPELINE, "other": PIPELINE}, rated, target="va", cv=3)
    assert both.results["one"].scores == alone.scores
    start = EmotionPipeline(None, model="ridge", random_state=0)
    searched = tune(start, rated, target="va", n_trials=1, cv=3)
    expected = evaluate(start, rated, target="va", cv=3)
    assert searched.start_score == pytest.approx(expected.scores["r2"], abs=1e-9)


def test_the_model_of_all_rows_learns_by_weights(rated):
    data = as_data(rated, None, groups=None, target="va", function="train")
    fitted = fit_rows(PIPELINE, data, read_rows(PIPELINE, data))
    by_hand = Ridge().fit(rated.X.to_numpy(), rated.y("va"), sample_weight=rated.weights)
    np.testing.assert_allclose(fitted.predict(rated.X), by_hand.predict(rated.X.to_numpy()))


def test_between_corpora_only_one_may_have_weights(rated):
    found = cross_corpus(
        PIPELINE, {"rated": rated, "plain": replace(rated, weights=None)}, target="va", cv=3
    )
    by_hand = Ridge().fit(rated.X.to_numpy(), rated.y("va"), sample_weight=rated.weights)
    wrong = (by_hand.predict(rated.X.to_numpy()) - rated.y("va").to_numpy()) ** 2
    rmse = np.sqrt(wrong.mean(axis=0)).mean()
    assert found.cells["rated", "plain"].scores["rmse"] == pytest.approx(rmse)


def test_what_cannot_learn_by_weights_says_so(rated):
    pipeline = EmotionPipeline(None, model=KNeighborsRegressor(3))
    with pytest.raises(InputError, match="KNeighborsRegressor takes no sample_weight"):
        evaluate(pipeline, rated, target="va", cv=3)
    with pytest.raises(InputError, match="does not go with balance"):
        evaluate(EmotionPipeline(None, balance="smote"), rated, target="emotion", cv=3)
