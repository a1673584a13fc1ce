"""Clips in parts: what the halves are, what is learned from them, how answers are averaged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV

from mer_sklearn import (
    AudioFeatures,
    Clip,
    EmotionLabeller,
    EmotionPipeline,
    Segment,
    compare,
    evaluate,
    load,
    tune,
)
from mer_sklearn.errors import AudioError, InputError, MerWarning
from mer_sklearn.evaluation.rows import as_data, fit_rows, read_rows
from mer_sklearn.extraction import workers
from mer_sklearn.features.ops import NumpyOps
from mer_sklearn.grouping import group_folds
from mer_sklearn.parts import N_PARTS, halves, part_names, rows_of_parts, whole_names


def quick(features="mfcc40-mean", **parameters):
    """A pipeline on clips in parts that neither reads nor writes the cache."""
    defaults = {"model": "ridge", "parts": True, "random_state": 0, "cache": False}
    return EmotionPipeline(features, **{**defaults, **parameters})


def cut(clips):
    """The parts of each clip, by hand."""
    for clip in clips:
        half = max(1, len(clip.signal) // 2)
        yield from (clip, Clip(clip.signal[:half]), Clip(clip.signal[-half:]))


@pytest.fixture(scope="module")
def rows(corpus):
    """The features of the parts of all clips, one after the other."""
    return AudioFeatures("mfcc40-mean").fit_transform(list(cut(corpus.X)))


# ---- what the parts are


@pytest.mark.parametrize(
    ("signal", "first", "second"),
    [
        ([1, 2, 3, 4], [1, 2], [3, 4]),
        ([1, 2, 3, 4, 5], [1, 2], [4, 5]),
        ([1, 2], [1], [2]),
        ([7], [7], [7]),
    ],
    ids=["even", "odd: the middle is left out", "two samples", "one sample"],
)
def test_halves_have_half_of_the_samples_from_either_end(signal, first, second):
    found = halves(NumpyOps(), np.array([signal, signal], np.float32))
    assert found.tolist() == [first, first, second, second]


def test_columns_say_which_part_they_are_of():
    names = part_names(["a__b", "a__c"])
    assert len(set(names)) == N_PARTS * 2
    assert whole_names(names) == ["a__b", "a__c"]
    assert whole_names(names[::-1]) is None
    assert whole_names([0, 1, 2]) is None
    assert whole_names([]) is None


def test_a_part_is_extracted_as_a_clip_of_its_own(corpus, rows):
    pipeline = quick().fit(corpus.X, corpus.y("va"))
    assert pipeline.n_features_ == 40
    assert pipeline.gate_.shape == (N_PARTS * 40, 40)
    np.testing.assert_allclose(pipeline.gate_, rows, rtol=1e-5, atol=1e-5)


def test_a_clip_of_one_sample_has_parts(corpus):
    pipeline = quick().fit(corpus.X, corpus.y("va"))
    click = Clip(np.array([0.5]))
    alone = pipeline.pipeline_.predict([click])
    np.testing.assert_allclose(pipeline.predict([click]), alone)


# ---- what is learned


def test_every_part_is_a_row_with_the_target_and_the_weight_of_its_clip(corpus, rows):
    y, weights = corpus.y("va"), np.linspace(0.1, 2.0, len(corpus.X))
    pipeline = quick().fit(corpus.X, y, sample_weight=weights)
    by_hand = quick(None, parts=False)
    by_hand.fit(rows, np.repeat(y, 3, axis=0), sample_weight=np.repeat(weights, 3))
    expected = by_hand.predict(rows).reshape(-1, 3, 2).mean(axis=1)
    np.testing.assert_allclose(pipeline.predict(corpus.X), expected, rtol=1e-4, atol=1e-5)
    unweighted = quick().fit(corpus.X, y).predict(corpus.X)
    assert np.abs(unweighted - expected).max() > 1e-3


@pytest.mark.parametrize("grouped", [True, False])
def test_the_parts_of_a_clip_stay_together_where_the_fit_splits(grouped, corpus, monkeypatch):
    seen = []

    def spy(y, groups, **settings):
        seen.append(groups)
        return group_folds(y, groups, **settings)

    monkeypatch.setattr("mer_sklearn.pipeline.group_folds", spy)
    groups = corpus.groups if grouped else None
    quick(model="kernel").fit(corpus.X, corpus.y("quadrant"), groups=groups)
    (numbers,) = seen
    assert len(numbers) == N_PARTS * 40
    assert (numbers.reshape(-1, N_PARTS) == numbers[::N_PARTS, None]).all()
    assert len(set(numbers)) == (len(set(corpus.groups)) if grouped else 40)


def test_rows_the_labeller_has_no_label_for_drop_their_parts(corpus):
    y = corpus.y("va").copy()
    y.iloc[:5] = 0.0
    labeller = EmotionLabeller("quadrants", dead_zone=0.01)
    pipeline = quick(model="logistic", labeller=labeller).fit(corpus.X, y)
    assert pipeline.n_dropped_ == 5
    assert pipeline.gate_.shape == (N_PARTS * 35, 40)


# ---- what is answered


def test_numbers_are_averaged(corpus, rows):
    pipeline = quick("mfcc40-mean").fit(corpus.X, corpus.y("va"))
    each = pipeline.pipeline_[1:].predict(rows)
    expected = each.reshape(-1, 3, 2).mean(axis=1)
    np.testing.assert_allclose(pipeline.predict(corpus.X), expected, rtol=1e-5, atol=1e-6)
    assert np.abs(each[::3] - expected).max() > 1e-2
    one = quick("mfcc40-mean").fit(corpus.X, corpus.y("va")["valence"])
    assert one.predict(corpus.X[:3]).shape == (3,)


@pytest.mark.parametrize("model", ["mlp", "forest", "logistic"])
def test_probabilities_are_averaged_and_the_highest_is_the_label(model, corpus, rows):
    pipeline = quick(model=model).fit(corpus.X, corpus.y("quadrant"))
    expected = pipeline.pipeline_[1:].predict_proba(rows).reshape(-1, 3, 4).mean(axis=1)
    np.testing.assert_allclose(pipeline.predict_proba(corpus.X), expected, rtol=1e-4, atol=1e-5)
    labels = pipeline.classes_[expected.argmax(axis=1)]
    assert pipeline.predict(corpus.X).tolist() == labels.tolist()
    table = pipeline.predict_table(corpus.X)
    assert table["emotion"].tolist() == labels.tolist()
    assert pipeline.score(corpus.X, labels) == 1.0


@pytest.mark.parametrize("model", ["svm", "kernel"])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_scores_are_averaged_where_they_decide(model, n_classes, corpus, rows):
    y = np.asarray(corpus.y("quadrant"))
    y = y if n_classes == 4 else np.where(np.isin(y, ["sad", "calm"]), "quiet", "loud")
    pipeline = quick(model=model).fit(corpus.X, y, groups=corpus.groups)
    inner = pipeline.pipeline_["model"].model_
    scores = pipeline.pipeline_[1:].decision_function(rows)
    scores = np.stack([-scores, scores], axis=1) if n_classes == 2 else scores
    scores = scores.reshape(-1, 3, n_classes).mean(axis=1)
    labels = pipeline.classes_[scores.argmax(axis=1)]
    assert pipeline.predict(corpus.X).tolist() == labels.tolist()
    expected = inner.probabilities(scores)
    np.testing.assert_allclose(pipeline.predict_proba(corpus.X), expected, rtol=1e-4, atol=1e-5)


def test_probabilities_are_learned_from_the_averaged_scores(corpus, monkeypatch):
    from mer_sklearn.models import Named

    seen = []
    monkeypatch.setattr(Named, "calibrate", lambda self, scores, y: seen.append((scores, y)))
    y = corpus.y("quadrant")
    quick(model="kernel").fit(corpus.X, y, groups=corpus.groups)
    ((scores, labels),) = seen
    assert scores.shape == (40, 4)
    assert labels.tolist() == list(y)


def test_a_classifier_of_scores_alone_is_averaged_by_them(corpus):
    pipeline = quick(model=RidgeClassifier()).fit(corpus.X, corpus.y("quadrant"))
    assert pipeline.score(corpus.X, corpus.y("quadrant")) > 0.6


def test_a_classifier_of_labels_alone_is_refused(corpus):
    votes = VotingClassifier([("one", LogisticRegression())])
    with pytest.raises(InputError, match="VotingClassifier gives labels alone"):
        quick(model=votes).fit(corpus.X, corpus.y("quadrant"))


# ---- files


def test_a_file_is_decoded_once_and_cached_part_by_part(wav_files, tmp_path, monkeypatch):
    calls = []

    def spy(item, decode=workers.open_audio):
        calls.append(item)
        return decode(item)

    monkeypatch.setattr(workers, "open_audio", spy)
    y = np.linspace(-1, 1, 12)
    in_parts = quick(cache=str(tmp_path)).fit(wav_files, y)
    assert calls == wav_files
    again = clone(in_parts).fit(wav_files, y)
    clone(in_parts).set_params(parts=False).fit(wav_files, y)
    assert calls == wav_files  # the rows of the clips themselves were there, too
    np.testing.assert_array_equal(again.predict(wav_files), in_parts.predict(wav_files))


def test_halves_of_a_segment_are_its_own(wav_files, corpus):
    pipeline = quick().fit(wav_files, np.linspace(-1, 1, 12))
    segment = pipeline.predict([Segment(wav_files[0], 0.5, 1.0)])
    clip = Clip(corpus.X[0].signal[11_025:33_075])
    np.testing.assert_allclose(pipeline.predict([clip]), segment, rtol=1e-5)


def test_a_file_that_cannot_be_read_drops_its_parts(wav_files):
    files, y = [*wav_files, "missing.wav"], [*np.linspace(-1, 1, 12), 0.5]
    with pytest.raises(AudioError, match=r"missing\.wav"):
        quick().fit(files, y)
    with pytest.warns(MerWarning, match=r"missing\.wav"):
        pipeline = quick(on_error="skip").fit(files, y)
    assert pipeline.n_skipped_ == 1
    assert pipeline.gate_.shape == (N_PARTS * 12, 40)
    with pytest.warns(MerWarning, match=r"missing\.wav"):
        answers = pipeline.predict(files)
    np.testing.assert_allclose(answers[:-1], pipeline.predict(wav_files), rtol=1e-5)
    assert np.isnan(answers[-1])


# ---- what is refused, and what is kept


def test_a_table_has_no_halves(corpus, rows):
    y = corpus.y("va")
    named = pd.DataFrame(rows[::3]).add_prefix("mfcc__")
    for table in (rows[::3], named):
        with pytest.raises(InputError, match="parts=True takes audio"):
            quick(None).fit(table, y)
        with pytest.raises(InputError, match="parts=True takes audio"):
            evaluate(quick(None), table, y)


@pytest.mark.parametrize("value", ["yes", 3, None])
def test_parts_is_yes_or_no(value, corpus):
    with pytest.raises(InputError, match=f"parts={value!r} must be True or False"):
        quick(parts=value).fit(corpus.X, corpus.y("va"))


def test_clones_and_saved_files_keep_the_parts(corpus, tmp_path):
    pipeline = quick().fit(corpus.X, corpus.y("va"))
    assert clone(pipeline).get_params()["parts"] is True
    pipeline.save(tmp_path / "mood.joblib")
    found = load(tmp_path / "mood.joblib").predict(corpus.X)
    np.testing.assert_array_equal(found, pipeline.predict(corpus.X))


# ---- evaluation and tuning: extracted once, in parts


def test_evaluate_scores_what_a_fit_on_the_audio_of_each_fold_answers(corpus):
    folds = [(np.arange(20), np.arange(20, 40)), (np.arange(20, 40), np.arange(20))]
    pipeline = quick(model="kernel", task="regression")
    result = evaluate(pipeline, corpus.X, corpus.y("va"), groups=corpus.groups, cv=folds)
    answers = np.zeros((40, 2))
    for train, test in folds:
        model = clone(pipeline).fit(
            [corpus.X[i] for i in train], corpus.y("va").iloc[train], groups=corpus.groups[train]
        )
        answers[test] = model.predict([corpus.X[i] for i in test])
    found = result.predictions[["predicted_valence", "predicted_arousal"]]
    np.testing.assert_allclose(found, answers, rtol=1e-4, atol=1e-5)


def test_a_search_inside_the_folds_takes_parts(corpus):
    search = GridSearchCV(quick(), {"model__alpha": [0.1, 10.0]}, cv=2)
    result = evaluate(search, corpus.X, corpus.y("va"), groups=corpus.groups, cv=3)
    assert result.n_rows == 40


def test_rows_that_were_read_are_fitted_as_the_audio_is(corpus):
    pipeline = quick("plain", model="kernel")
    data = as_data(corpus, None, groups=None, target="quadrant", function="test")
    rows = read_rows(pipeline, data)
    assert rows.table.shape == (40, N_PARTS * 425)
    assert len(rows.columns) == 425
    fitted = fit_rows(pipeline, data, rows)
    whole = clone(pipeline).fit(corpus.X, corpus.y("quadrant"), groups=corpus.groups)
    expected = whole.predict_proba(corpus.X)
    np.testing.assert_allclose(fitted.predict_proba(corpus.X), expected, rtol=1e-6)
    assert len(fitted.pipeline_["model"].model_.estimator_.families_) == 3


def test_rows_of_parts_keep_all_parts_of_some_columns(corpus):
    data = as_data(corpus, None, groups=None, target="va", function="test")
    rows = read_rows(quick(), data)
    some = rows.only(rows.columns[:2])
    assert list(some.table) == part_names(rows.columns[:2])
    assert rows_of_parts(some.table.to_numpy()).shape == (N_PARTS * 40, 2)


def test_tune_searches_in_parts(corpus):
    start = quick("plain", model="ridge")
    tuning = tune(start, corpus, target="va", n_trials=4, cv=3)
    assert {trial["state"] for trial in tuning.trials} <= {"done", "stopped early"}
    best = tuning.best_pipeline
    assert best.parts is True
    expected = clone(best).fit(corpus.X, corpus.y("va"), groups=corpus.groups).predict(corpus.X)
    np.testing.assert_allclose(best.predict(corpus.X), expected, rtol=1e-4, atol=1e-5)


def test_compare_tells_pipelines_with_parts_from_those_without(corpus):
    named = {"whole": quick(parts=False), "parts": quick()}
    found = compare(named, corpus, target="va", cv=3)
    scores = [found.results[name].scores["r2"] for name in named]
    assert scores[0] != scores[1]
    alone = evaluate(quick(), corpus, target="va", cv=3)
    assert scores[1] == pytest.approx(alone.scores["r2"])
