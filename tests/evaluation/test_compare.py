"""Comparison: the same folds for all, paired differences, and no winner by chance."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from mer_sklearn import EmotionPipeline, compare, evaluate
from mer_sklearn.errors import InputError
from mer_sklearn.evaluation import rows as rows_module


def quick(**parameters):
    return EmotionPipeline(
        **{"features": None, "model": "logistic", "random_state": 0, "cache": False, **parameters}
    )


@pytest.fixture
def easy(rng):
    """Rows of 30 artists in which a line explains y, and one column does not."""
    X = rng.standard_normal((240, 4))
    return X, X[:, 0] + 0.3 * rng.standard_normal(240), np.repeat(np.arange(30), 8)


def test_the_better_one_wins(easy):
    X, y, groups = easy
    found = compare(["forest", "ridge"], X, y, groups=groups, pipeline=quick(model="ridge"))
    assert list(found.results) == ["ridge", "forest"]
    assert found.winner == "ridge"
    ahead = found.results["ridge"].scores["r2"] - found.results["forest"].scores["r2"]
    assert found.differences["forest"]["difference"] == pytest.approx(ahead)
    low, high = found.differences["forest"]["interval"]
    assert 0 < low < ahead < high
    assert "ridge is better than the others." in str(found)


def test_equals_have_no_winner(rng):
    X, y = rng.standard_normal((120, 4)), rng.choice(["a", "b"], 120)
    found = compare(["logistic", "svm"], X, y, groups=np.arange(120) // 4, pipeline=quick())
    assert found.winner is None
    assert "No winner" in str(found)
    low, high = next(iter(found.differences.values()))["interval"]
    assert low <= 0 <= high


def test_noise_seldom_wins(rng):
    winners = 0
    for _ in range(15):
        X, y = rng.standard_normal((60, 3)), rng.standard_normal(60)
        pipelines = {
            "ridge": quick(model="ridge"),
            "svr": quick(model="svr"),
            "kernel": quick(model="kernel", task="regression"),
        }
        found = compare(pipelines, X, y, groups=np.arange(60) // 3)
        winners += found.winner is not None
    assert winners <= 4


def test_scores_are_those_of_evaluate(table, corpus):
    y, groups = corpus.y("quadrant"), corpus.groups
    found = compare({"a": quick(), "b": quick(model="svm")}, table, y, groups=groups, cv="3x2")
    alone = evaluate(quick(model="svm"), table, y, groups=groups, cv="3x2")
    assert found.results["b"].scores == alone.scores
    assert found.results["b"].intervals == alone.intervals
    same = ["row", "repeat", "fold"]
    assert found.results["a"].predictions[same].equals(alone.predictions[same])


def test_the_table_holds_baselines_strata_and_optimism(easy):
    X, y, groups = easy
    found = compare(
        ["ridge", "svr"],
        X,
        y,
        groups=groups,
        pipeline=quick(model="ridge"),
        strata=groups % 2,
        optimism=True,
    )
    alone = evaluate(quick(model="svr"), X, y, groups=groups, strata=groups % 2, optimism=True)
    assert found.results["svr"].optimism == alone.optimism
    lines = found.to_markdown().splitlines()
    assert "r2 within strata" in lines[2]
    assert "optimism 95%" in lines[2]
    assert [line.split(" | ")[0] for line in lines[6:8]] == ["| mean", "| strata mean"]


def test_lower_is_better_where_it_is(easy):
    X, y, groups = easy
    found = compare(
        ["forest", "ridge"], X, y, groups=groups, pipeline=quick(model="ridge"), metric="rmse"
    )
    assert found.winner == "ridge"
    assert found.differences["forest"]["difference"] > 0


def test_features_are_extracted_once(corpus, monkeypatch):
    calls = []
    extract = rows_module.extract
    monkeypatch.setattr(rows_module, "extract", lambda *a, **k: calls.append(1) or extract(*a, **k))
    base = quick(features="mfcc40-mean", model="ridge")
    compare(["ridge", "svr"], corpus, pipeline=base, cv=2)
    assert len(calls) == 1
    compare({"a": base, "b": quick(features="plain", model="ridge")}, corpus, cv=2)
    assert len(calls) == 3


def test_the_document_is_json_and_says_who_won(easy):
    X, y, groups = easy
    found = compare(["ridge"], X, y, groups=groups, pipeline=quick(model="ridge"))
    document = json.loads(json.dumps(found.to_dict()))
    assert document["winner"] is None  # there is nobody to win against
    assert document["results"]["ridge"]["schema"] == 2
    assert "| ridge |" in found.to_markdown()
    assert "| mean |" in found.to_markdown()


@pytest.mark.parametrize(
    ("pipelines", "options", "sentence"),
    [
        ([], {}, "empty"),
        ("svm", {}, "'svm'"),
        ([quick()], {}, "in a list"),
        (["smv"], {}, "Did you mean 'svm'"),
        ({"a": LinearSVC}, {}, "no estimator"),
        ({"a": quick(), "b": quick(model="ridge")}, {}, "different things"),
        ({"a": quick()}, {"metric": "r2"}, "'r2'"),
        ({"a": quick(model=LinearSVC())}, {"metric": "log_loss"}, "no probabilities"),
    ],
)
def test_what_cannot_be_compared_is_refused(pipelines, options, sentence, rng):
    X = rng.standard_normal((24, 3))
    y = np.arange(24) % 2
    with pytest.raises(InputError, match=sentence):
        compare(pipelines, X, y, **options)


def test_two_groups_name_no_winner(table, corpus):
    numbers = np.unique(np.asarray(corpus.groups), return_inverse=True)[1] % 2
    around = {"pipeline": EmotionPipeline(None, random_state=0)}
    found = compare(["ridge", "kernel"], table, corpus.y("va"), groups=numbers, cv=2, **around)
    assert found.winner is None


def test_a_model_named_twice_is_refused(table, corpus):
    with pytest.raises(InputError, match="names a model twice"):
        compare(["svm", "svm"], table, corpus.y("quadrant"))
