"""Evaluation: groups apart, everything fitted inside the folds, the baseline beside the score."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, log_loss, precision_score, r2_score
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from mer_sklearn import EmotionPipeline, Segment, evaluate
from mer_sklearn.errors import AudioError, InputError, MerWarning
from mer_sklearn.evaluation.metrics import macro_f1, macro_precision


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


def actors(n_actors=8, n_each=12, leak=3.0, seed=0):
    """Return rows that tell the actor far better than the class, as RAVDESS does."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"actor {k}" for k in range(n_actors)], n_each)
    y = np.tile(["calm", "sad", "angry"], len(groups) // 3)
    means = leak * rng.standard_normal((n_actors, 3, 6))  # each has a way of his own to be sad
    index = np.repeat(np.arange(n_actors), n_each), np.tile(np.arange(3), len(groups) // 3)
    return means[index] + rng.standard_normal((len(groups), 6)), y, groups


def test_a_search_chooses_inside_each_fold(table, corpus):
    search = GridSearchCV(quick(), {"model__C": [0.01, 10.0]}, cv=GroupKFold(2))
    result = evaluate(search, table, corpus.y("quadrant"), groups=corpus.groups, cv=3)
    assert result.split == "groups apart"
    assert 0 < result.scores["accuracy"] < 1
    assert not hasattr(search, "best_params_")


def test_any_estimator_is_scored_on_a_table(table, corpus):
    y = corpus.y("va")["arousal"]
    model = make_pipeline(StandardScaler(), Ridge(10.0))
    result = evaluate(model, table, y, groups=corpus.groups, cv=GroupKFold(4))
    assert result.split == "groups apart (GroupKFold)"
    folds = GroupKFold(4).split(table, y, corpus.groups)
    found = np.zeros(40)
    for train, test in folds:
        found[test] = model.fit(table.iloc[train], y.iloc[train]).predict(table.iloc[test])
    assert result.predictions["predicted_arousal"].to_numpy() == pytest.approx(found, abs=1e-6)
    assert result.scores["r2"] == pytest.approx(r2_score(y, found))


def test_optimism_is_what_the_random_split_adds():
    X, y, groups = actors()
    result = evaluate(quick(model="forest"), X, y, groups=groups, cv=4, optimism=True)
    alone = evaluate(quick(model="forest"), X, y, groups=groups, cv="random")
    found = result.optimism
    assert found["difference"]["accuracy"] > 0.3
    assert found["intervals"]["accuracy"][0] > 0
    total = result.scores["accuracy"] + found["difference"]["accuracy"]
    assert total == pytest.approx(found["scores"]["accuracy"])
    assert found["scores"]["accuracy"] == pytest.approx(alone.scores["accuracy"], abs=0.1)
    assert "optimism" in str(result)
    with pytest.raises(InputError, match="this is one"):
        evaluate(quick(), X, y, cv="random", optimism=True)


def test_scores_of_each_group_pool_to_the_whole():
    X, y, groups = actors()
    result = evaluate(quick(), X, y, groups=groups, cv="logo")
    assert list(result.by_group.index) == sorted(set(groups))
    assert result.by_group["accuracy"].mean() == pytest.approx(result.scores["accuracy"])
    assert result.n_folds == 8
    assert result.to_dict()["by_group"]["actor 3"]["accuracy"] <= 1
    assert "rest on 8 groups" in str(result)


def test_the_document_comes_back_from_json_as_it_was(rng):
    X, y = rng.standard_normal((30, 2)), np.tile(["a", "b"], 15)
    document = evaluate(quick(), X, y, cv=3).to_dict()
    assert json.loads(json.dumps(document)) == document


def test_strata_give_a_baseline_and_scores_within():
    rng = np.random.default_rng(0)
    genre = np.repeat(["rock", "pop"], 60)
    y = np.where(genre == "rock", 1.0, -1.0) + 0.1 * rng.standard_normal(120)
    X = np.column_stack([genre == "rock", rng.standard_normal((120, 2))]).astype(float)
    result = evaluate(quick(model="ridge"), X, y, groups=np.arange(120) // 4, strata=genre)
    assert result.baselines["strata mean"]["r2"] > 0.95
    assert result.baselines["mean"]["r2"] <= 0
    assert result.scores["r2"] > 0.9
    assert abs(result.within["pearson"]) < 0.3  # the columns know the genre and nothing else
    with pytest.raises(InputError, match=r"strata has shape \(5,\)"):
        evaluate(quick(model="ridge"), X, y, strata=genre[:5])


def test_probabilities_are_kept_and_scored(table, corpus):
    result = evaluate(quick(), table, corpus.y("quadrant"), groups=corpus.groups, cv="4x2")
    classes = sorted(set(corpus.y("quadrant")))
    proba = result.predictions[[f"p_{label}" for label in classes]].to_numpy()
    assert proba.sum(axis=1) == pytest.approx(1)
    true = result.predictions["quadrant"].to_numpy(str)
    want = np.mean(
        [
            log_loss(true[mine], proba[mine], labels=classes)
            for mine in (result.predictions["repeat"] == r for r in range(2))
        ]
    )
    assert result.scores["log_loss"] == pytest.approx(want)
    assert result.intervals["log_loss"][0] < want < result.intervals["log_loss"][1]
    assert result.confusion.to_numpy().sum() == 80


def test_a_model_without_probabilities_has_no_scores_of_them(table, corpus):
    result = evaluate(quick(model=LinearSVC()), table, corpus.y("quadrant"), groups=corpus.groups)
    assert "log_loss" not in result.scores


def test_each_target_is_scored_by_itself_and_the_error_on_its_scale():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    y = pd.DataFrame({"valence": 5 + X[:, 0], "arousal": rng.uniform(1, 9, 60)})
    result = evaluate(quick(model="ridge"), X, y, scale=(1, 9))
    assert result.by_target["valence"]["scores"]["r2"] > 0.8
    assert result.by_target["arousal"]["scores"]["r2"] < 0.2
    mean = np.mean([of["scores"]["r2"] for of in result.by_target.values()])
    assert result.scores["r2"] == pytest.approx(mean)
    assert result.scores["rmse_unit"] == pytest.approx(result.scores["rmse"] / 4)
    assert "valence" in str(result)


class Moaning(Ridge):
    """A model that warns at every fit."""

    def fit(self, X, y):
        warnings.warn("this is hard", UserWarning, stacklevel=2)
        return super().fit(X, y)


def test_warnings_of_the_model_are_one_line(table, corpus):
    result = evaluate(quick(model=Moaning()), table, corpus.y("va"), groups=corpus.groups, cv="5x2")
    assert "UserWarning, 10 in 10 fits: this is hard" in result.remarks


def test_rare_classes_warn_nobody(rng):
    X = rng.standard_normal((40, 4))
    y = ["calm"] * 25 + ["sad"] * 13 + ["amazed"] * 2
    result = evaluate(quick(model="svm", balance="smote"), X, y, groups=np.arange(40) // 2)
    assert sum("amazed" in remark for remark in result.remarks) == 2


def test_the_markdown_holds_the_table(table, corpus):
    text = evaluate(quick(), table, corpus.y("quadrant"), groups=corpus.groups).to_markdown()
    assert "| accuracy | 0." in text
    assert text.splitlines()[3].startswith("|---|")


def test_a_draw_is_not_the_same_in_every_fold(rng):
    X, y = rng.normal(size=(120, 3)), np.repeat(list("abc"), 40)
    found = evaluate(quick(), X, y, cv="logo").baselines["stratified"]["accuracy"]
    assert abs(found - 1 / 3) < 0.13  # three standard errors of 120 draws


def test_a_model_that_cannot_be_pickled_is_scored(rng):
    model = make_pipeline(FunctionTransformer(lambda x: x * 2), LogisticRegression())
    X = rng.normal(size=(60, 3))
    result = evaluate(model, X, np.where(X[:, 0] > 0, "a", "b"), cv=3)
    assert result.scores["accuracy"] > 0.7
    assert "accuracy" in str(result)


def test_a_name_that_no_row_has_counts_in_the_mean_over_classes():
    y_true, y_pred = np.array(["a", "a", "b"]), np.array(["a", "c", "b"])
    assert macro_f1(y_true, y_pred) == f1_score(y_true, y_pred, average="macro", zero_division=0)
    expected = precision_score(y_true, y_pred, average="macro", zero_division=0)
    assert macro_precision(y_true, y_pred) == expected


def test_a_search_without_a_pipeline_is_refused(rng):
    search = GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=GroupKFold(3))
    with pytest.raises(InputError, match="which the groups do not reach"):
        evaluate(search, rng.normal(size=(20, 2)), list("ab" * 10), cv=2)
