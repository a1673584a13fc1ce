"""Evaluation: groups apart, everything fitted inside the folds, the baseline beside the score."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin

from mer_sklearn import EmotionPipeline, Segment, evaluate
from mer_sklearn.errors import AudioError, InputError, MerWarning


def quick(**parameters):
    return EmotionPipeline(
        **{
            "features": None,
            "model": "logistic",
            "random_state": 0,
            "cache": False,
            **parameters,
        }
    )


def test_groups_never_straddle(table, corpus):
    result = evaluate(quick(), table, corpus.y("quadrant"), groups=corpus.groups)
    assert result.split == "groups apart"
    assert (result.predictions.groupby("group")["fold"].nunique() == 1).all()
    assert sorted(result.predictions["row"]) == list(range(len(table)))


def test_a_corpus_brings_its_groups_and_its_ceiling(corpus):
    result = evaluate(quick(features="mfcc40-mean"), corpus, target="quadrant", cv=3)
    assert result.split == "artists apart"
    assert 0.5 < result.ceiling["accuracy"] <= 1.0
    assert "majority" in str(result)
    assert "ceiling" in str(result)


def test_the_baseline_is_the_most_frequent_class_or_the_mean(table, corpus):
    y = corpus.y("quadrant")
    result = evaluate(quick(), table, y, groups=corpus.groups)
    right = 0
    for _, tested in result.predictions.groupby("fold"):
        learned = y.drop(tested["row"])
        right += (y[tested["row"]] == learned.value_counts().idxmax()).sum()
    assert result.baseline["accuracy"] == right / len(y)
    numbers = evaluate(quick(model="ridge"), table, corpus.y("va"), groups=corpus.groups)
    assert numbers.baseline["r2"] <= 0.0
    assert numbers.baseline["pearson"] == 0.0
    assert "mean" in str(numbers)


def test_random_labels_score_like_the_baseline(table, rng):
    found = [
        evaluate(quick(), table, rng.permutation(["a", "b"] * 20)).scores["accuracy"]
        for _ in range(12)
    ]
    assert abs(np.mean(found) - 0.5) < 0.08  # three standard errors of 480 answers


def test_a_random_split_is_called_so(table, corpus):
    result = evaluate(quick(), table, corpus.y("quadrant"), groups=corpus.groups, cv="random")
    assert result.split == "random split"


def test_files_are_kept_apart_where_nobody_gives_groups(wav_files):
    X = [Segment(path, offset, 0.5) for path in wav_files[:6] for offset in (0.0, 0.5)]
    result = evaluate(quick(features="mfcc40-mean"), X, ["a", "a", "b", "b"] * 3, cv=3)
    assert result.split == "files apart"
    assert result.n_groups == 6
    assert (result.predictions.groupby("group")["fold"].nunique() == 1).all()


class Spy(TransformerMixin, BaseEstimator):
    """A scaler that remembers which rows it was fitted on."""

    fitted: list = []  # noqa: RUF012  # shared by all clones, on purpose

    def fit(self, X, y=None):
        Spy.fitted.append(np.asarray(X)[:, 0].copy())
        self.done_ = True
        return self

    def transform(self, X):
        return X


def test_nothing_is_fitted_on_test_rows(corpus):
    X = np.column_stack([np.arange(40.0), np.random.default_rng(0).standard_normal((40, 3))])
    Spy.fitted = []
    result = evaluate(quick(scale=Spy()), X, corpus.y("quadrant"), groups=corpus.groups, cv=4)
    for fold, rows in enumerate(Spy.fitted):  # noqa: B007  # the query reads it
        tested = result.predictions.query("fold == @fold")["row"]
        assert not set(tested) & set(rows.astype(int))


def test_poisoned_test_rows_change_no_other_fold(table, corpus):
    y, groups = corpus.y("quadrant"), corpus.groups
    clean = evaluate(quick(balance="smote"), table, y, groups=groups).predictions
    poisoned = table.copy()
    fold = clean["fold"].to_numpy()
    poisoned.loc[fold == 0] = 1e6
    again = evaluate(quick(balance="smote"), poisoned, y, groups=groups).predictions
    # Fold 0 learned from clean rows both times, so its model has the same classes and seed; what
    # it says of a clean row must not depend on the poisoned ones it was tested on.
    assert list(again["fold"]) == list(fold)
    refit = quick(balance="smote").fit(
        table[fold != 0].reset_index(drop=True), y[fold != 0], groups=groups[fold != 0]
    )
    same = refit.predict(table[fold == 0])
    assert list(same) == list(clean.loc[fold == 0, "predicted_quadrant"])


def test_valence_and_arousal_are_mapped_and_dropped_rows_are_counted(table, corpus):
    from mer_sklearn import EmotionLabeller

    pipeline = quick(labeller=EmotionLabeller(dead_zone=0.1))
    result = evaluate(pipeline, table, corpus.y("va"), groups=corpus.groups)
    assert result.task == "classification"
    assert result.n_rows < len(table)
    assert "no label" in result.remarks[0]


def test_files_that_cannot_be_read_are_counted(wav_files, tmp_path):
    X, y = [*wav_files, str(tmp_path / "no.wav")], ["a", "b"] * 6 + ["a"]
    with pytest.raises(AudioError, match=r"no\.wav"):
        evaluate(quick(features="mfcc40-mean"), X, y, cv=3)
    with pytest.warns(MerWarning):
        result = evaluate(quick(features="mfcc40-mean", on_error="skip"), X, y, cv=3)
    assert result.n_rows == 12
    assert "no.wav" in result.remarks[0]


def test_the_same_seed_gives_the_same_document(table, corpus):
    documents = []
    for _ in range(2):
        result = evaluate(
            quick(model="mlp"),
            table,
            corpus.y("quadrant"),
            groups=corpus.groups,
            cv="3x2",
            optimism=True,
        )
        document = result.to_dict()
        assert set(document.pop("cost")) == {"fit_s", "predict_row_s", "bytes"}
        documents.append(json.dumps(document))
    assert documents[0] == documents[1]
    assert json.loads(documents[0])["schema"] == 2


def test_the_pipeline_is_not_changed(table, corpus):
    pipeline = quick()
    before = pipeline.get_params()
    evaluate(pipeline, table, corpus.y("quadrant"), groups=corpus.groups)
    assert pipeline.get_params() == before
    assert not hasattr(pipeline, "pipeline_")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"y": None}, "y is missing"),
        ({"target": "va"}, "chooses among the targets"),
        ({"cv": "loo"}, "cv='loo'"),
        ({"cv": 1}, "cannot be split"),
        ({"cv": True}, "cv=True"),
        ({"groups": ["one"] * 40}, "1 group cannot be split"),
        ({"groups": ["one"] * 3}, "one group a row"),
        ({"y": ["a"] * 40}, "one class"),
        ({"y": ["a", "b"]}, "40 files but y holds 2"),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, dict) else None,
)
def test_what_cannot_be_evaluated_is_refused(arguments, sentence, table, corpus):
    arguments = {"y": corpus.y("quadrant"), "groups": corpus.groups, **arguments}
    with pytest.raises(InputError, match=sentence):
        evaluate(quick(), table, arguments.pop("y"), **arguments)


def test_a_corpus_brings_its_own_targets(corpus):
    with pytest.raises(InputError, match="brings y and groups"):
        evaluate(quick(features="plain"), corpus, corpus.y("va"))
    with pytest.raises(InputError, match="Did you mean 'quadrant'"):
        evaluate(quick(features="plain"), corpus, target="quadrants")


def test_a_table_may_be_a_frame_with_names(table, corpus):
    result = evaluate(quick(model="ridge"), table, corpus.y("va"), groups=corpus.groups)
    assert isinstance(result.predictions, pd.DataFrame)
    assert {"valence", "predicted_arousal"} <= set(result.predictions)
