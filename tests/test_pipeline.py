"""EmotionPipeline: what it builds, what it learns, what it refuses."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, StackingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler, StandardScaler
from sklearn.svm import SVR

from mer_sklearn import AudioFeatures, Clip, EmotionLabeller, EmotionPipeline, Segment
from mer_sklearn.calibration import ScoreClassifier
from mer_sklearn.errors import AudioError, InputError, MerWarning
from mer_sklearn.features import MFCC, Chroma
from mer_sklearn.kernel import FamilyKernelClassifier, FamilyKernelRidge

CLASSIFIERS = ("mlp", "xgboost", "svm", "kernel", "forest", "logistic")
REGRESSORS = ("mlp", "xgboost", "svr", "kernel", "forest", "ridge")


def quick(features="mfcc40-mean", **parameters):
    """A pipeline that neither reads nor writes the cache."""
    return EmotionPipeline(features, **{"random_state": 0, "cache": False, **parameters})


@pytest.fixture(scope="module")
def means(corpus):
    return AudioFeatures("mfcc40-mean").fit_transform(corpus.X)


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_every_classifier_learns_labels_and_gives_probabilities(model, corpus, means):
    y = corpus.y("quadrant")
    pipeline = quick(None, model=model).fit(means, y, groups=corpus.groups)
    proba = pipeline.predict_proba(means)
    assert list(pipeline.classes_) == sorted(set(y))
    assert proba.shape == (len(y), len(pipeline.classes_))
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-5)
    assert pipeline.score(means, y) > 0.6
    assert set(pipeline.predict(means)) <= set(y)


@pytest.mark.parametrize("model", REGRESSORS)
@pytest.mark.parametrize("n_targets", [1, 2, 3])
def test_every_regressor_learns_any_number_of_targets(model, n_targets, corpus, means, rng):
    va = corpus.y("va").to_numpy()
    y = np.column_stack([va, va.mean(axis=1)])[:, :n_targets]
    y = y[:, 0] if n_targets == 1 else y
    pipeline = quick(None, model=model).fit(means, y, groups=corpus.groups)
    assert pipeline.task_ == "regression"
    assert pipeline.predict(means).shape == y.shape
    assert pipeline.score(means, y) > 0.1


def test_the_fitted_steps_are_a_pipeline_in_the_fixed_order(corpus):
    pipeline = quick("plain", model="svm", select=SelectKBest(k=50))
    pipeline.fit(corpus.X[:24], corpus.y("quadrant")[:24], groups=corpus.groups[:24])
    assert isinstance(pipeline.pipeline_, Pipeline)
    assert [name for name, _ in pipeline.pipeline_.steps] == [
        "features",
        "scale",
        "select",
        "balance",
        "model",
    ]
    same = pipeline.pipeline_.predict(corpus.X[:5])
    np.testing.assert_array_equal(same, pipeline.predict(corpus.X[:5]))
    assert pipeline.pipeline_["scale"].blocks == [300, 60, 65]


def test_trees_are_not_scaled(corpus, means):
    pipeline = quick(None, model="forest").fit(means, corpus.y("quadrant"))
    assert "scale" not in pipeline.pipeline_.named_steps


# ---- the kernel, which goes by families


def families(pipeline):
    model = pipeline.pipeline_["model"].model_
    return [len(columns) for columns in getattr(model, "estimator_", model).families_]


@pytest.mark.parametrize(("target", "task"), [("va", "regression"), ("quadrant", "classification")])
def test_the_kernel_is_told_the_families_and_scales_by_itself(corpus, target, task):
    pipeline = quick("plain", model="kernel", task=task).fit(corpus.X, corpus.y(target))
    assert "scale" not in pipeline.pipeline_.named_steps
    assert families(pipeline) == [300, 60, 65]
    assert pipeline.get_params()["model"] == "kernel"


def test_the_kernel_on_a_table_takes_its_families_from_the_names(corpus, table, means):
    y = corpus.y("va")
    assert families(quick(None, model="kernel").fit(table, y)) == [300, 60, 65]
    assert families(quick(None, model="kernel").fit(means, y)) == [40]
    named = quick(None, model="kernel").set_params(model__blocks=[10, 30])
    assert families(named.fit(means, y)) == [10, 30]


def test_a_kernel_given_as_an_object_is_told_the_families_too(corpus, table):
    y = corpus.y("va")
    pipeline = quick(None, model=FamilyKernelRidge()).fit(table, y)
    np.testing.assert_array_equal(
        pipeline.predict(table), quick(None, model="kernel").fit(table, y).predict(table)
    )
    search = GridSearchCV(FamilyKernelRidge(), {"gamma": [0.5, 1.0]}, cv=2)
    best = quick(None, model=search).fit(table, y).pipeline_["model"].best_estimator_
    assert len(best.families_) == 3
    inner = FamilyKernelClassifier(blocks=[425])
    scores = quick(None, model=ScoreClassifier(inner)).fit(table, corpus.y("quadrant"))
    assert len(scores.pipeline_["model"].estimator_.families_) == 1  # what the user said
    assert "scale" not in scores.pipeline_.named_steps


def test_after_a_selection_families_are_what_is_left_of_them(corpus, table):
    y = corpus.y("quadrant")
    pipeline = quick(None, model="kernel", select=SelectKBest(k=50))
    pipeline.fit(table, y, groups=corpus.groups)
    kept = table.columns[pipeline.pipeline_["select"].get_support()]
    prefixes = [name.split("__")[0] for name in kept]
    assert families(pipeline) == [prefixes.count(name) for name in dict.fromkeys(prefixes)]
    assert pipeline.calibrated_  # in folds that may select others
    reduced = quick(None, model="kernel", select=PCA(5), scale="standard").fit(table, y)
    assert families(reduced) == [5]


def test_numbers_are_not_balanced(corpus, means):
    pipeline = quick(None, model="ridge").fit(means, corpus.y("va"))
    assert "balance" not in pipeline.pipeline_.named_steps


def test_parts_may_be_any_scikit_learn_object(corpus):
    pipeline = quick(
        AudioFeatures([MFCC(n_mfcc=5), Chroma()]),
        scale=RobustScaler(),
        balance=RandomOverSampler(),
        model=ExtraTreesClassifier(10),
    ).fit(corpus.X[:20], corpus.y("quadrant")[:20])
    assert isinstance(pipeline.pipeline_["scale"], RobustScaler)
    assert pipeline.pipeline_["model"].random_state == 0
    assert pipeline.pipeline_["balance"].random_state == 0


def test_nested_parameters_reach_through_names(corpus):
    pipeline = quick("plain", model="svm")
    pipeline.set_params(model__C=7.0, features__mfcc__n_mfcc=5)
    copy = clone(pipeline)
    assert copy.get_params()["model__C"] == 7.0
    copy.fit(corpus.X[:20], corpus.y("quadrant")[:20])
    assert copy.n_features_ == 5 * 3 * 5 + 60 + 65
    assert copy.pipeline_["model"].model_.estimator_.C == 7.0


def test_a_name_that_leads_nowhere_names_the_nearest(corpus, means):
    y = corpus.y("quadrant")
    with pytest.raises(InputError, match="Did you mean 'svm'"):
        quick(None, model="smv").fit(means, y)
    with pytest.raises(InputError, match="Did you mean 'plain'"):
        quick("plian").fit(corpus.X, y)
    with pytest.raises(InputError, match="Did you mean 'standard'"):
        quick(None, scale="standrd").fit(means, y)
    with pytest.raises(InputError, match="Did you mean 'smote'"):
        quick(None, balance="smoke").fit(means, y)
    with pytest.raises(InputError, match="Did you mean 'regression'"):
        quick(None, task="regresion").fit(means, y)
    with pytest.raises(InputError, match="Did you mean 'quadrants'"):
        quick(None, labeller="quadrant").fit(means, corpus.y("va"))


@pytest.mark.parametrize(
    ("y", "model", "task"),
    [
        (["a", "b"] * 5, "mlp", "classification"),
        ([True, False] * 5, "mlp", "classification"),
        ([0, 1] * 5, "mlp", "classification"),
        (np.linspace(0, 1, 10), "mlp", "regression"),
        (np.zeros((10, 2)) + np.arange(10)[:, None], "mlp", "regression"),
        ([0, 1] * 5, "ridge", "regression"),
        ([0, 1] * 5, "svm", "classification"),
    ],
    ids=["strings", "bools", "ints", "floats", "columns", "ridge decides", "svm decides"],
)
def test_the_task_follows_from_the_targets_and_the_model(y, model, task, means):
    assert quick(None, model=model).fit(means[:10], y).task_ == task


def test_before_the_fit_auto_is_a_classifier_unless_the_model_is_none():
    assert is_classifier(quick(model="mlp"))
    assert is_regressor(quick(model="ridge"))
    assert is_regressor(quick(model="mlp", task="regression"))


def test_a_model_that_contradicts_the_targets_is_refused(corpus, means):
    with pytest.raises(InputError, match=r"predicts numbers.*svm"):
        quick(None, model="svr").fit(means, corpus.y("quadrant"))
    with pytest.raises(InputError, match="does not go with"):
        quick(None, model="svr", task="classification").fit(means, corpus.y("quadrant"))


# ------------------------------------------------------------------------------ labeller


def test_a_classifier_learns_the_labels_of_the_labeller_and_counts_what_it_drops(corpus, means):
    va = corpus.y("va")
    pipeline = quick(None, labeller=EmotionLabeller(dead_zone=0.1)).fit(means, va)
    labels = EmotionLabeller(dead_zone=0.1).transform(va)
    dropped = sum(label is None for label in labels)
    assert dropped > 0
    assert pipeline.n_dropped_ == dropped
    assert set(pipeline.classes_) == {label for label in labels if label is not None}
    assert 0.0 <= pipeline.score(means, va) <= 1.0


def test_a_regressor_maps_its_answers_through_the_labeller(corpus, means):
    va = corpus.y("va")
    pipeline = quick(None, model="ridge", labeller="quadrants").fit(means, va)
    assert pipeline.target_names_ == ("valence", "arousal")
    emotions = pipeline.predict_emotion(means)
    predicted = np.clip(pipeline.predict(means), -1, 1)
    assert list(emotions) == list(EmotionLabeller().transform(predicted))


def test_valence_comes_first_whatever_the_order_of_the_columns(corpus, means):
    va = corpus.y("va")
    straight = quick(None, model="ridge", labeller="quadrants").fit(means, va)
    turned = quick(None, model="ridge", labeller="quadrants").fit(means, va[["arousal", "valence"]])
    np.testing.assert_array_equal(straight.predict(means), turned.predict(means))


def test_emotions_of_numbers_need_a_labeller(corpus, means):
    pipeline = quick(None, model="ridge").fit(means, corpus.y("va"))
    with pytest.raises(InputError, match="no labeller"):
        pipeline.predict_emotion(means)


def test_predict_table_names_everything(corpus, means):
    regressor = quick(None, model="ridge", labeller="quadrants").fit(means, corpus.y("va"))
    assert list(regressor.predict_table(means)) == ["valence", "arousal", "emotion"]
    classifier = quick(None, model="logistic").fit(means, corpus.y("quadrant"))
    names = [f"p_{label}" for label in classifier.classes_]
    assert list(classifier.predict_table(means)) == ["emotion", *names]


def test_target_names_come_from_the_frame_or_the_call(corpus, means):
    va = corpus.y("va")
    assert quick(None, model="ridge").fit(means, va).target_names_ == ("valence", "arousal")
    named = quick(None, model="ridge").fit(means, va.to_numpy(), target_names=["v", "a"])
    assert named.target_names_ == ("v", "a")
    with pytest.raises(InputError, match="names 1 columns but y holds 2"):
        quick(None, model="ridge").fit(means, va.to_numpy(), target_names=["v"])


# ------------------------------------------------------------------- files that fail, inputs


def test_a_bad_file_stops_the_fit_and_is_named(wav_files, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    with pytest.raises(AudioError, match=r"bad\.wav"):
        quick().fit([*wav_files, str(bad)], ["a", "b"] * 6 + ["a"])


def test_a_skipped_file_leaves_with_its_label_and_group(wav_files, tmp_path):
    bad = str(tmp_path / "missing.wav")
    y = ["a", "b"] * 6
    groups = list("aabbccddeeff")
    good = quick(model="logistic").fit(wav_files, y, groups=groups)
    pipeline = quick(model="logistic", on_error="skip")
    with pytest.warns(MerWarning, match=r"1 of 13.*missing\.wav"):
        pipeline.fit([bad, *wav_files], ["zzz", *y], groups=["q", *groups])
    assert pipeline.n_skipped_ == 1
    assert pipeline.report_.to_dict("index") == {
        0: {"file": bad, "reason": "does not exist", "remedy": "Give the path of an audio file."}
    }
    assert good.report_.empty
    assert bad.encode() not in pickle.dumps(pipeline)
    assert list(pipeline.classes_) == ["a", "b"]
    with pytest.warns(MerWarning):
        answers = pipeline.predict([wav_files[0], bad])
    assert answers[0] == good.predict(wav_files[:1])[0]
    assert answers[1] is None
    with pytest.warns(MerWarning):
        proba = pipeline.predict_proba([bad])
    assert proba.shape == (1, 2)
    assert np.isnan(proba).all()
    with pytest.warns(MerWarning):
        table = pipeline.predict_table([bad, wav_files[0]])
    assert "missing.wav" in table["error"][0]
    assert table["error"][1] is None


def test_a_skipped_file_has_no_number(wav_files, tmp_path):
    y = np.column_stack([np.linspace(-1, 1, 12)] * 2)
    pipeline = quick(model="ridge", on_error="skip", labeller="quadrants").fit(wav_files, y)
    with pytest.warns(MerWarning):
        answers = pipeline.predict([str(tmp_path / "no.wav"), wav_files[0]])
    assert np.isnan(answers[0]).all()
    assert np.isfinite(answers[1]).all()
    with pytest.warns(MerWarning):
        assert pipeline.predict([str(tmp_path / "no.wav")]).shape == (1, 2)
    with pytest.warns(MerWarning):
        assert pipeline.predict_emotion([str(tmp_path / "no.wav")])[0] is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"y": ["a", "b"] * 5}, "X holds 12 files but y holds 10"),
        ({"y": ["a"] * 12}, "single class 'a'"),
        ({"y": ["a", None] * 6}, "no label for 6 rows"),
        ({"y": [0.5, np.nan] * 6}, "missing or infinite in 6 rows"),
        ({"groups": [1, 2]}, "one group a row"),
        ({"groups": [None] * 12}, "is missing"),
        ({"X": "song.wav"}, r"pass \['song.wav'\]"),
        ({"X": []}, "0 files"),
        ({"X": np.zeros(100)}, "wrap|Clip"),
        ({"sample_weight": [1.0]}, "12 numbers"),
        ({"sample_weight": [-1.0] * 12}, "0 or more"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_wrong_arguments_are_refused_in_a_sentence(change, sentence, wav_files):
    arguments = {"X": wav_files, "y": ["a", "b"] * 6, **change}
    with pytest.raises(InputError, match=sentence):
        quick().fit(arguments.pop("X"), arguments.pop("y"), **arguments)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"on_error": "ignore"}, "on_error='ignore'"),
        ({"features": 3}, "features=3"),
        ({"cache": 3}, "cache=3"),
        ({"labeller": "moods"}, "moods"),
    ],
    ids=["on_error", "features", "cache", "labeller"],
)
def test_wrong_parameters_are_refused_in_a_sentence(parameters, sentence, wav_files):
    pipeline = EmotionPipeline(**{"random_state": 0, **parameters})
    with pytest.raises(InputError, match=sentence):
        pipeline.fit(wav_files, np.zeros((12, 2)) + np.linspace(-1, 1, 12)[:, None])


def test_before_the_fit_it_says_so(wav_files):
    for method in ("predict", "predict_proba", "predict_emotion", "predict_table"):
        with pytest.raises(NotFittedError):
            getattr(quick(), method)(wav_files)
    with pytest.raises(NotFittedError):
        quick().save("x.joblib")


def test_a_table_needs_the_columns_of_the_fit(table, corpus):
    pipeline = quick(None, model="ridge").fit(table, corpus.y("va"))
    with pytest.raises(InputError, match="has 424 features"):
        pipeline.predict(table.iloc[:, 1:])
    with pytest.raises(InputError, match="another order"):
        pipeline.predict(table[list(table)[::-1]])


def test_all_kinds_of_audio_answer_alike(wav_files, corpus):
    clips = corpus.X[:12]
    pipeline = quick(model="logistic").fit(clips, ["a", "b"] * 6)
    from_files = pipeline.predict_proba(wav_files)
    np.testing.assert_array_equal(from_files, pipeline.predict_proba(clips))
    segments = [Segment(path) for path in wav_files]
    np.testing.assert_array_equal(from_files, pipeline.predict_proba(segments))
    matrix = np.stack([clip.signal for clip in clips])
    np.testing.assert_array_equal(from_files, pipeline.predict_proba(matrix))
    series = pd.Series(wav_files, index=list("abcdefghijkl"))
    assert list(pipeline.predict_table(series).index) == list("abcdefghijkl")


# -------------------------------------------------------------- groups, weights, determinism


def test_probabilities_are_learned_with_groups_apart(corpus, means, monkeypatch):
    from mer_sklearn import pipeline as module

    seen = []
    original = module.group_folds

    def spy(y, groups, **options):
        folds = original(y, groups, **options)
        seen.extend((groups[train], groups[test]) for train, test in folds)
        return folds

    monkeypatch.setattr(module, "group_folds", spy)
    quick(None, model="svm").fit(means, corpus.y("quadrant"), groups=corpus.groups)
    assert seen
    assert all(not set(train) & set(test) for train, test in seen)


def test_the_segments_of_a_file_stay_together_without_groups(wav_files, monkeypatch):
    from mer_sklearn import pipeline as module

    seen = []
    original = module.group_folds
    monkeypatch.setattr(
        module, "group_folds", lambda y, g, **o: seen.append(list(g)) or original(y, g, **o)
    )
    X = [Segment(path, offset, 0.5) for path in wav_files[:6] for offset in (0.0, 0.5)]
    pipeline = quick(model="svm").fit(X, ["a", "a", "b", "b"] * 3)
    assert pipeline.groups_kind_ == "files"
    assert seen[0][0::2] == seen[0][1::2]


def test_weights_move_the_fit_and_step_aside_for_none_but_auto(corpus, means):
    y = corpus.y("quadrant")
    weights = np.where(y == "calm", 10.0, 0.1)
    plain = quick(None, model="logistic", balance=None).fit(means, y)
    weighted = quick(None, model="logistic").fit(means, y, sample_weight=weights)
    assert "balance" not in weighted.pipeline_.named_steps
    share = [(p.predict(means) == "calm").mean() for p in (plain, weighted)]
    assert share[1] > share[0]
    with pytest.raises(InputError, match="sample_weight does not go with balance"):
        quick(None, balance="smote").fit(means, y, sample_weight=weights)


def test_a_class_of_one_row_is_balanced_too(corpus, means):
    y = ["rare", *corpus.y("quadrant")[1:]]
    pipeline = quick(None, model="logistic").fit(means, y, groups=corpus.groups)
    assert "rare" in pipeline.classes_


@pytest.mark.parametrize("model", ["mlp", "xgboost", "svm", "forest"])
def test_the_same_seed_gives_the_same_answers(model, corpus, means):
    answers = [
        quick(None, model=model).fit(means, corpus.y("quadrant")).predict_proba(means)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*answers)


def test_fitting_twice_forgets_the_first_time(corpus, means):
    pipeline = quick(None).fit(means, corpus.y("quadrant"))
    pipeline.fit(means, corpus.y("va"))
    assert pipeline.task_ == "regression"
    assert not hasattr(pipeline, "predict_proba")


# --------------------------------------------------------------------- scikit-learn's tools


def test_cross_val_score_takes_lists_of_paths_and_groups(wav_files):
    y = ["a", "b"] * 6
    groups = list("aabbccddeeff")
    scores = cross_val_score(quick(model="logistic"), wav_files, y, groups=groups, cv=GroupKFold(3))
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()


def test_grid_search_takes_lists_of_paths_and_groups(wav_files):
    search = GridSearchCV(
        quick("plain", model="svm"),
        {"model__C": [1.0, 3.0], "features__mfcc__n_mfcc": [5]},
        cv=GroupKFold(3),
        error_score="raise",
    )
    search.fit(wav_files, ["a", "b"] * 6, groups=list("aabbccddeeff"))
    assert search.best_estimator_.n_features_ == 5 * 3 * 5 + 60 + 65
    assert search.predict(wav_files[:2]).shape == (2,)


def test_groups_are_routed_into_the_fit(wav_files):
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = quick(model="logistic").set_fit_request(groups=True)
        search = GridSearchCV(pipeline, {"model__C": [1.0]}, cv=GroupKFold(3), error_score="raise")
        search.fit(wav_files, ["a", "b"] * 6, groups=list("aabbccddeeff"))
    assert search.best_estimator_.groups_kind_ == "groups"


def test_cached_extraction_is_shared_between_folds(wav_files, tmp_path, monkeypatch):
    from mer_sklearn.extraction import workers

    read = []
    original = workers.open_audio
    monkeypatch.setattr(workers, "open_audio", lambda item: read.append(item) or original(item))
    pipeline = quick(model="logistic", cache=tmp_path)
    cross_val_score(pipeline, wav_files, ["a", "b"] * 6, cv=3)
    assert sorted(read) == sorted(wav_files)


def test_repr_fits_a_screen():
    assert len(repr(quick("plain", model="svm"))) < 200


def test_clips_at_other_rates_are_resampled(corpus):
    pipeline = quick(model="logistic").fit(corpus.X[:12], ["a", "b"] * 6)
    assert pipeline.predict([Clip(np.zeros(8000), 8000)]).shape == (1,)


# ---- Settings that once went wrong ----


@pytest.mark.parametrize(
    ("model", "scale"),
    [*itertools.product(["mlp", "svm", "logistic"], ["auto", "block"]), ("kernel", "block")],
)
def test_setting_a_parameter_of_the_scaler_to_its_default_changes_nothing(
    means, corpus, model, scale
):
    named = EmotionPipeline(None, scale=scale, model=model, random_state=0)
    opened = clone(named).set_params(scale__clip=4.0)
    y = corpus.y("quadrant")
    answers = [p.fit(means, y).predict_proba(means) for p in (named, opened)]
    np.testing.assert_array_equal(*answers)


def test_weights_reach_the_model_with_metadata_routing_on(means, corpus):
    y, weights = corpus.y("quadrant"), np.linspace(0.1, 2.0, len(means))
    pipeline = EmotionPipeline(None, model="logistic", random_state=0)
    plain = clone(pipeline).fit(means, y, sample_weight=weights).predict_proba(means)
    unweighted = clone(pipeline).set_params(balance=None).fit(means, y).predict_proba(means)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = clone(pipeline).fit(means, y, sample_weight=weights).predict_proba(means)
    np.testing.assert_array_equal(routed, plain)
    assert np.abs(routed - unweighted).max() > 1e-3


@pytest.mark.parametrize(
    ("parameters", "y", "sentence"),
    [
        ({"scale": "blok"}, ["a", "b"], "'blok'"),
        ({"balance": "smoke"}, ["a", "b"], "'smoke'"),
        ({"select": "kbest"}, ["a", "b"], "select='kbest' cannot stand there"),
        ({"model": "smv"}, ["a", "b"], "'smv'"),
        ({}, ["a", "a"], "single class 'a'"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_what_makes_no_sense_is_refused_before_a_file_is_opened(parameters, y, sentence):
    pipeline = EmotionPipeline("mfcc40-mean", **{"model": "logistic", **parameters})
    with pytest.raises(InputError, match=sentence):
        pipeline.fit(["missing.wav", "gone.wav"], y)


@pytest.mark.parametrize(
    ("model", "n_groups", "calibrated"),
    [("svm", 10, True), ("kernel", 10, True), ("svm", 1, False), ("logistic", 10, None)],
)
def test_a_pipeline_says_whether_its_probabilities_were_learned(
    means, corpus, model, n_groups, calibrated
):
    groups = np.arange(len(means)) % n_groups
    pipeline = quick(None, model=model).fit(means, corpus.y("quadrant"), groups=groups)
    assert pipeline.calibrated_ is calibrated


def test_a_table_given_as_audio_is_warned_of(rng):
    with pytest.warns(MerWarning, match=r"40 columns.*features=None"):
        quick(model="ridge").fit(rng.normal(size=(6, 40)), np.linspace(0, 1, 6))


def test_numbers_are_no_classes(means, rng):
    with pytest.raises(InputError, match=r"y holds 0\.[0-9]+, which is no class"):
        quick(None, model="svm").fit(means, rng.random(len(means)))


@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(),
        GaussianNB(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        StackingClassifier([("bayes", GaussianNB()), ("near", KNeighborsClassifier())], cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_any_classifier_is_a_model_without_a_seed(model, means, corpus):
    pipeline = EmotionPipeline(None, model=model, cache=False)
    assert len(pipeline.fit(means, corpus.y("quadrant")).predict(means)) == len(means)


@pytest.mark.parametrize("model", [SVR(), LinearRegression(), KNeighborsRegressor()])
def test_any_regressor_is_a_model_without_a_seed(model, means, corpus):
    pipeline = EmotionPipeline(None, model=model, cache=False)
    assert pipeline.fit(means, corpus.y("va")["arousal"]).predict(means).shape == (len(means),)


@pytest.mark.parametrize("model", ["mlp", "svm", "forest", "xgboost"])
def test_answers_have_one_type_whatever_the_model(model, means, corpus):
    named = quick(None, model=model).fit(means, list(corpus.y("quadrant")))
    assert named.predict(means).dtype == object
    if model != "svm":
        numbers = quick(None, model=model, task="regression").fit(means, corpus.y("va"))
        assert numbers.predict(means).dtype == np.float64
