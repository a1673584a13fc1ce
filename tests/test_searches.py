"""scikit-learn's searches over an EmotionPipeline, on files, with groups routed."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from scipy.stats import loguniform
from sklearn.model_selection import GridSearchCV, GroupKFold, RandomizedSearchCV

from mer_sklearn import EmotionPipeline, audio

LABELS = ["a", "b"] * 6
ARTISTS = list("aabbccddeeff")
FOLDS = GroupKFold(3)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def decoded(monkeypatch):
    """The paths that were read, in their order."""
    read, original = [], audio.stream_audio
    monkeypatch.setattr(
        audio, "stream_audio", lambda path, **rest: read.append(path) or original(path, **rest)
    )
    return read


def routed(cache, **parameters):
    """A pipeline that asks for the groups."""
    pipeline = EmotionPipeline(
        "mfcc40-mean", **{"model": "svm", "random_state": 0, "cache": cache, **parameters}
    )
    return pipeline.set_fit_request(groups=True)


def searches(pipeline, **settings):
    """A grid and a random search around the same pipeline."""
    settings = {"cv": FOLDS, "error_score": "raise", **settings}
    grid = {"model__C": [0.3, 3.0], "balance": ["auto", None]}
    spread = {"model__C": loguniform(0.1, 100), "model__gamma": loguniform(0.02, 2)}
    yield GridSearchCV(pipeline, grid, **settings)
    yield RandomizedSearchCV(pipeline, spread, n_iter=4, random_state=0, **settings)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("kind", [0, 1], ids=["grid", "random"])
def test_a_search_reads_files_once_and_keeps_groups_apart(kind, wav_files, tmp_path, decoded):
    seen = []

    class Watched(GroupKFold):
        def split(self, X, y=None, groups=None):
            for train, test in super().split(X, y, groups):
                seen.append((set(groups[train]), set(groups[test])))
                yield train, test

    search = list(searches(routed(tmp_path), cv=Watched(3)))[kind]
    search.fit(wav_files, LABELS, groups=np.array(ARTISTS))
    assert len(search.cv_results_["params"]) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(seen) >= 3
    assert not any(train & test for train, test in seen)
    assert sorted(decoded) == sorted(wav_files)
    assert search.best_estimator_.groups_kind_ == "groups"
    assert set(search.predict(wav_files)) <= set(LABELS)
    assert search.best_estimator_.get_params()["model__C"] == search.best_params_["model__C"]


@pytest.mark.usefixtures("routing")
def test_a_random_search_draws_the_same_with_the_same_seed(wav_files, tmp_path):
    scores = []
    for _ in range(2):
        search = list(searches(routed(tmp_path)))[1].fit(wav_files, LABELS, groups=ARTISTS)
        scores.append((search.best_params_, search.cv_results_["mean_test_score"].tolist()))
    assert scores[0] == scores[1]


@pytest.mark.usefixtures("routing")
def test_a_random_search_meets_every_part(wav_files, tmp_path):
    search = RandomizedSearchCV(
        routed(tmp_path, model="logistic"),
        {
            "features__mfcc__n_mfcc": [3, 5],
            "features__mfcc__statistics": [("mean",), ("mean", "std")],
            "scale": ["auto", "standard", None],
            "model": ["logistic", "kernel"],
        },
        n_iter=8,
        cv=FOLDS,
        scoring="balanced_accuracy",
        random_state=1,
        error_score="raise",
    )
    search.fit(wav_files, LABELS, groups=ARTISTS)
    tried = search.cv_results_["params"]
    for name in tried[0]:
        assert len({str(parameters[name]) for parameters in tried}) > 1
    best, chosen = search.best_estimator_, search.best_params_
    n_statistics = len(chosen["features__mfcc__statistics"])
    assert best.n_features_ == n_statistics * chosen["features__mfcc__n_mfcc"]


@pytest.mark.usefixtures("routing")
def test_a_search_predicts_numbers_of_several_targets(wav_files, tmp_path, corpus):
    search = RandomizedSearchCV(
        routed(tmp_path, model="ridge"),
        {"model__alpha": loguniform(0.01, 100)},
        n_iter=3,
        cv=FOLDS,
        random_state=0,
        error_score="raise",
    )
    search.fit(wav_files, corpus.y("va")[:12].to_numpy(), groups=ARTISTS)
    assert search.predict(wav_files).shape == (12, 2)


@pytest.mark.usefixtures("routing")
def test_without_the_request_groups_are_refused_not_dropped(wav_files, tmp_path):
    pipeline = EmotionPipeline("mfcc40-mean", model="svm", cache=tmp_path)
    for search in searches(pipeline):
        with pytest.raises(ValueError, match="groups"):
            search.fit(wav_files, LABELS, groups=ARTISTS)


def test_without_routing_groups_still_reach_the_splitter(wav_files, tmp_path):
    pipeline = EmotionPipeline("mfcc40-mean", model="svm", random_state=0, cache=tmp_path)
    for search in searches(pipeline):
        search.fit(wav_files, LABELS, groups=ARTISTS)
        assert search.best_estimator_.groups_kind_ == "files"


@pytest.mark.usefixtures("routing")
def test_workers_find_the_same(wav_files, tmp_path):
    alone, shared = (
        RandomizedSearchCV(
            routed(tmp_path),
            {"model__C": loguniform(0.1, 100)},
            n_iter=3,
            cv=FOLDS,
            random_state=0,
            n_jobs=n_jobs,
            error_score="raise",
        )
        for n_jobs in (None, 2)
    )
    scores = [
        search.fit(wav_files, LABELS, groups=ARTISTS).cv_results_["mean_test_score"]
        for search in (alone, shared)
    ]
    np.testing.assert_array_equal(*scores)
