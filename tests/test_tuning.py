"""tune: one extraction, groups apart, trials that can be repeated, and the best fitted on all."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import optuna
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import RobustScaler

from mer_sklearn import AudioFeatures, EmotionLabeller, EmotionPipeline, audio, evaluate, load, tune
from mer_sklearn.errors import InputError, MerWarning
from mer_sklearn.evaluation.rows import predict_folds
from mer_sklearn.features import MFCC, Chroma
from mer_sklearn.models import MODELS
from mer_sklearn.tuning import search
from mer_sklearn.tuning.candidates import Candidates
from mer_sklearn.tuning.study import NAME, open_study, seeds

LABELS = ["a", "b"] * 6
ARTISTS = list("aabbccddeeff")


def quick(features="plain", **parameters):
    """A pipeline that learns fast, and neither reads nor writes the cache."""
    return EmotionPipeline(
        features, **{"model": "logistic", "random_state": 0, "cache": False, **parameters}
    )


@pytest.fixture
def shapes(table):
    """The columns of two families: a table that a trial scales in a moment."""
    return table.filter(regex="^(chroma|spectral)__")


def learn(shapes, corpus, **settings):
    """Tune labels on the table."""
    settings = {"cv": 3, **settings}
    return tune(quick(None), shapes, corpus.y("quadrant"), groups=corpus.groups, **settings)


def outcome(tuning):
    """What has to be the same where two searches are the same, to the last bit."""
    keys = ("trials", "best_params", "best_score", "start_score")
    return [repr(getattr(tuning, key)) for key in keys]


# ------------------------------------------------------------------------------- extraction


@pytest.mark.parametrize("cached", [True, False], ids=["cache", "no cache"])
def test_each_file_is_read_once_whatever_features_the_trials_choose(
    cached, wav_files, tmp_path, monkeypatch
):
    read, original = [], audio.stream_audio
    monkeypatch.setattr(
        audio, "stream_audio", lambda path, **rest: read.append(path) or original(path, **rest)
    )
    start = quick(cache=tmp_path if cached else False)
    tuning = tune(start, wav_files, LABELS, groups=ARTISTS, n_trials=6, cv=3, models=["kernel"])
    chosen = {(trial["features"], trial["statistics"]) for trial in tuning.trials}
    assert len(chosen) > 2
    assert sorted(read) == sorted(wav_files)


def test_the_best_is_what_a_fit_of_it_on_the_audio_gives(corpus):
    start = quick(labeller=EmotionLabeller("quadrants", dead_zone=0.05), model="svm")
    X, y = corpus.X, corpus.y("va")
    best = tune(start, X, y, groups=corpus.groups, n_trials=5, cv=3).best_pipeline
    again = clone(best).fit(X, y, groups=corpus.groups)
    np.testing.assert_array_equal(best.predict_proba(X), again.predict_proba(X))
    np.testing.assert_array_equal(best.gate_, again.gate_)
    assert best.n_dropped_ > 0
    facts = ("task_", "target_names_", "groups_kind_", "n_dropped_", "n_skipped_", "n_features_")
    for name in (*facts, "feature_names_"):
        assert getattr(best, name) == getattr(again, name)


def test_bad_files_and_rows_without_a_label_are_left_out_and_counted(wav_files, tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    va = np.array([[0.8, 0.8], [-0.8, -0.8]] * 6 + [[0.8, -0.8]])
    va[2:5] = 0.0
    labeller = EmotionLabeller("quadrants", dead_zone=0.2)
    start = quick("mfcc40-mean", labeller=labeller, on_error="skip")
    with pytest.warns(MerWarning, match=r"bad\.wav"):
        tuning = tune(start, [*wav_files, str(bad)], va, n_trials=2, cv=3)
    best = tuning.best_pipeline
    assert (best.n_dropped_, best.n_skipped_, best.groups_kind_) == (3, 1, "files")
    assert best.report_["file"].to_dict() == {12: str(bad)}
    assert tuning.n_rows == 9
    assert tuning.split == "files apart"
    assert len(best.predict(wav_files[:3])) == 3


# ------------------------------------------------------------------------- folds and scores


def test_no_group_stands_on_both_sides_and_all_trials_share_the_folds(corpus, shapes, monkeypatch):
    used = []

    def spy(pipeline, rows, folds):
        used.append(folds)
        yield from predict_folds(pipeline, rows, folds)

    monkeypatch.setattr(search, "predict_folds", spy)
    tuning = learn(shapes, corpus, n_trials=4)
    groups = np.asarray(corpus.groups)
    assert len(used) == 4
    assert tuning.n_folds == 3
    for folds in used:
        tested = np.concatenate([test for _, test in folds])
        assert sorted(tested) == list(range(len(groups)))
        assert not any(set(groups[train]) & set(groups[test]) for train, test in folds)
        assert all(
            np.array_equal(test, first)
            for (_, test), (_, first) in zip(folds, used[0], strict=True)
        )


@pytest.mark.parametrize("model", ["logistic", "svm", "kernel"])
def test_the_first_trial_is_the_pipeline_as_given(model, shapes, corpus):
    start, y = quick(None, model=model, balance=None), corpus.y("quadrant")
    tuning = tune(start, shapes, y, groups=corpus.groups, n_trials=1, cv=3)
    scored = evaluate(start, shapes, y, groups=corpus.groups, cv=3)
    assert tuning.start_score == tuning.best_score == scored.scores["balanced_accuracy"]
    changed = {
        name
        for name, value in clone(start).set_params(**tuning.best_params).get_params().items()
        if repr(value) != repr(start.get_params().get(name, value))
    }
    assert changed <= {"model"}  # the same model, as an object that holds its values


def test_the_best_is_never_below_the_start_and_the_table_shows_both(shapes, corpus):
    tuning = learn(shapes, corpus, n_trials=8)
    done = [trial["score"] for trial in tuning.trials if trial["state"] == "done"]
    assert tuning.best_score == max(done) >= tuning.start_score == tuning.trials[0]["score"]
    lines = str(tuning).splitlines()
    assert lines[0].startswith("groups apart: 40 rows in 5 groups, 3 folds; 8 trials")
    shown = {line.split()[0]: line.split()[1] for line in lines[2:5]}
    assert shown == {
        "start": f"{tuning.start_score:.3f}",
        "best": f"{tuning.best_score:.3f}",
        "gain": f"{tuning.gain:.3f}",
    }
    assert "optimistic" in lines[-1]


def test_errors_are_made_smaller(shapes, corpus, tmp_path):
    start, y, storage = quick(None, model="ridge"), corpus.y("va"), tmp_path / "study.db"
    given = {"groups": corpus.groups, "metric": "rmse", "storage": storage}
    tuning = tune(start, shapes, y, n_trials=6, cv=3, **given)
    done = [trial["score"] for trial in tuning.trials if trial["state"] == "done"]
    assert tuning.best_score == min(done) <= tuning.start_score
    assert tuning.gain >= 0
    study = optuna.load_study(study_name=NAME, storage=f"sqlite:///{storage}")
    assert study.direction.name == "MINIMIZE"


def test_a_trial_that_falls_behind_is_stopped(shapes, corpus):
    tuning = learn(shapes, corpus, n_trials=25, cv=4)
    stopped = [trial for trial in tuning.trials if trial["state"] == "stopped early"]
    assert len(stopped) == tuning.summary["n_stopped_early"] > 0
    assert all(trial["score"] is None for trial in stopped)
    assert f"{len(stopped)} stopped early" in str(tuning)


# ------------------------------------------------------------------------------ repeatable


def test_trials_have_seeds_of_their_own():
    drawn = [seeds(random_state, number) for random_state in range(3) for number in range(50)]
    assert len(set(drawn)) == 150


def test_the_same_seed_gives_the_same_search(shapes, corpus):
    first, second, other = (
        learn(shapes, corpus, n_trials=5, models=["kernel"], random_state=seed)
        for seed in (3, 3, 4)
    )
    assert outcome(first) == outcome(second) != outcome(other)
    seeds_of = [first.best_params["random_state"], second.best_params["random_state"]]
    assert seeds_of[0] == seeds_of[1]


def test_a_search_in_two_goes_is_the_search_in_one(shapes, corpus, tmp_path):
    settings = {"models": ["kernel", "svm"], "random_state": 1}
    whole = learn(shapes, corpus, n_trials=14, **settings)
    storage = tmp_path / "study.db"
    half = learn(shapes, corpus, n_trials=7, storage=storage, **settings)
    resumed = learn(shapes, corpus, n_trials=14, storage=storage, **settings)
    assert half.trials == whole.trials[:7]
    assert outcome(resumed) == outcome(whole)
    more = learn(shapes, corpus, n_trials=5, storage=storage, **settings)  # all made before
    assert outcome(more) == outcome(whole)


def test_an_interrupted_trial_is_made_again(shapes, corpus, tmp_path, monkeypatch):
    whole = learn(shapes, corpus, n_trials=14)
    calls = []

    def interrupted(pipeline, rows, folds):
        calls.append(pipeline)
        if len(calls) in (1, 13):
            raise KeyboardInterrupt
        return predict_folds(pipeline, rows, folds)

    monkeypatch.setattr(search, "predict_folds", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            learn(shapes, corpus, n_trials=14, storage=tmp_path / "study.db")
    resumed = learn(shapes, corpus, n_trials=14, storage=tmp_path / "study.db")
    assert outcome(resumed) == outcome(whole)


KILLED = """
import sys, pandas as pd
from mer_sklearn import EmotionPipeline, tune
frame = pd.read_pickle(sys.argv[1])
start = EmotionPipeline(None, model="logistic", random_state=0)
X, y, groups = frame.drop(columns=["y", "group"]), frame["y"], frame["group"]
tune(start, X, y, groups=groups, cv=3, n_trials=500, storage=sys.argv[2])
"""


def test_a_killed_search_goes_on_where_it_stopped(shapes, corpus, tmp_path):
    data, storage = tmp_path / "data.pkl", tmp_path / "study.db"
    y = corpus.y("quadrant")
    shapes.assign(y=np.asarray(y), group=np.asarray(corpus.groups)).to_pickle(data)
    process = subprocess.Popen([sys.executable, "-c", KILLED, data, storage])
    try:
        deadline = time.monotonic() + 60
        while finished_trials(storage) < 11 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    before = finished_trials(storage)
    assert before >= 11
    n_trials = before + 4
    resumed = learn(shapes, corpus, n_trials=n_trials, storage=storage)
    whole = learn(shapes, corpus, n_trials=n_trials)
    assert finished_trials(storage) == n_trials
    assert outcome(resumed) == outcome(whole)
    np.testing.assert_array_equal(
        resumed.best_pipeline.predict_proba(shapes), whole.best_pipeline.predict_proba(shapes)
    )


def finished_trials(storage):
    """Count the trials of a study that came to an end."""
    if not storage.exists():
        return 0
    query = "SELECT COUNT(*) FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
    try:
        with contextlib.closing(sqlite3.connect(storage)) as connection:
            return connection.execute(query).fetchone()[0]
    except sqlite3.OperationalError:  # while its tables are made
        return 0


# ------------------------------------------------------------------------------- the result


def test_the_best_is_saved_with_the_search_that_chose_it(wav_files, tmp_path):
    from mer_sklearn.artifact.joblib_file import read_manifest

    tuning = tune(quick(), wav_files, LABELS, groups=ARTISTS, n_trials=4, cv=3)
    path = tmp_path / "best.joblib"
    tuning.save(path, training={"name": "pieces"})
    manifest = read_manifest(path)
    assert manifest["training"] == {"name": "pieces"}
    assert manifest["study"] == json.loads(json.dumps(tuning.summary))
    assert manifest["study"]["best"] == tuning.best_score
    loaded = load(path)
    expected = tuning.best_pipeline.predict_proba(wav_files)
    np.testing.assert_array_equal(loaded.predict_proba(wav_files), expected)


def test_the_parameters_make_the_best_of_the_start(corpus, wav_files):
    start = quick()
    before = repr(start.get_params())
    X, y = corpus.X[:24], corpus.y("quadrant")[:24]
    tuning = tune(start, X, y, n_trials=6, cv=3, models=["svm", "forest"], random_state=2)
    made = clone(start).set_params(**tuning.best_params)
    assert repr(made.get_params()) == repr(tuning.best_pipeline.get_params())
    assert repr(start.get_params()) == before
    assert not hasattr(start, "pipeline_")
    assert {trial["model"] for trial in tuning.trials} > {"logistic"}


def test_the_summary_and_the_trials_are_json(shapes, corpus):
    tuning = learn(shapes, corpus, n_trials=3)
    document = json.loads(json.dumps(tuning.to_dict()))
    assert document["n_trials"] == len(document["trials"]) == 3
    assert document["start"] == tuning.start_score
    assert document["gain"] == document["best"] - document["start"]


# ---------------------------------------------------------------------- what can be searched


@pytest.mark.parametrize(
    ("name", "task"), [(spec.name, task) for spec in MODELS.values() for task in sorted(spec.tasks)]
)
def test_every_model_has_a_space_and_tunes(name, task, shapes, corpus):
    y = corpus.y("quadrant") if task == "classification" else corpus.y("va")
    start = quick(None, model=name, task=task)
    space = Candidates(start, task, list(shapes.columns)).of_model[name]
    assert any(dimension.name.startswith(f"{name}__") for dimension in space)
    X = shapes.iloc[:, ::8]
    tuning = tune(start, X, y, groups=corpus.groups, n_trials=2, cv=2)
    assert [trial["remark"] for trial in tuning.trials] == [None, None]
    assert len(tuning.best_pipeline.predict(X)) == 40
    varied = [key for key in tuning.trials[0] if key.startswith("model__")]
    assert any(tuning.trials[0][key] != tuning.trials[1][key] for key in varied)


def test_a_corpus_brings_targets_and_groups(corpus):
    tuning = tune(quick("mfcc40-mean", model="ridge"), corpus, target="va", n_trials=3, cv=3)
    assert tuning.split == "artists apart"
    assert tuning.metric == "r2"
    assert tuning.best_pipeline.target_names_ == ("valence", "arousal")
    assert tuning.best_pipeline.predict(corpus.X[:2]).shape == (2, 2)


def test_with_a_labeller_labels_are_learned_from_valence_and_arousal(corpus, shapes):
    start, va = quick(None, labeller="quadrants"), corpus.y("va")
    tuning = tune(start, shapes, va, groups=corpus.groups, n_trials=2, cv=3)
    assert tuning.metric == "balanced_accuracy"
    assert set(tuning.best_pipeline.predict(shapes)) <= {"happy", "angry", "sad", "calm"}
    as_numbers = start.set_params(model="ridge")
    tuning = tune(as_numbers, shapes, va, groups=corpus.groups, n_trials=2, cv=3)
    assert tuning.metric == "r2"
    assert tuning.best_pipeline.predict_emotion(shapes).shape == (40,)


def test_a_ready_table_has_no_features_to_search(shapes, corpus):
    for X in (shapes, shapes.to_numpy(), shapes.set_axis(range(125), axis=1)):
        tuning = learn(X, corpus, n_trials=2)
        assert not {"features", "statistics"} & set(tuning.trials[0])
        assert tuning.best_pipeline.predict(X).shape == (40,)
        assert tuning.best_pipeline.n_features_ == 125
    assert tuning.best_pipeline.features is None


def test_objects_stay_as_they_are(wav_files):
    features = AudioFeatures([MFCC(n_mfcc=5), Chroma(statistics=("max",))])
    forest = RandomForestClassifier(7)
    start = quick(features, model=forest, scale=RobustScaler(), balance=SMOTE(k_neighbors=1))
    tuning = tune(start, wav_files, LABELS, n_trials=4, cv=3)
    best = tuning.best_pipeline
    assert isinstance(best.scale, RobustScaler)
    assert isinstance(best.balance, SMOTE)
    assert best.model.n_estimators == 7
    assert tuning.trials[0]["statistics"] == "as given"
    assert set(tuning.trials[0]) == {
        *("trial", "state", "score", "features", "statistics", "model", "remark")
    }


def test_what_was_set_of_a_model_is_where_the_search_starts(shapes, corpus):
    start = quick(None, model="svm").set_params(model__C=1000.0, model__gamma="scale")
    tuning = tune(start, shapes, corpus.y("quadrant"), groups=corpus.groups, n_trials=3, cv=3)
    assert tuning.trials[0]["model__C"] == 1000.0  # beyond the space that the name has
    assert "model__gamma" not in tuning.trials[0]  # no number: kept
    assert tuning.best_pipeline.get_params()["model__gamma"] == "scale"


def test_numbers_are_not_balanced(shapes, corpus):
    start = quick(None, model="ridge")
    tuning = tune(start, shapes, corpus.y("va"), groups=corpus.groups, n_trials=2, cv=3)
    assert "balance" not in tuning.trials[0]


# ----------------------------------------------------------------------------- what fails


def test_trials_that_fail_do_not_end_the_search(wav_files):
    # Where a trial takes the one statistic or the one family, too few columns are left.
    features = AudioFeatures([MFCC(n_mfcc=2, deltas=0), Chroma()])
    start = quick(features, select=PCA(7))
    tuning = tune(start, wav_files, LABELS, groups=ARTISTS, n_trials=12, cv=3)
    failed = [trial for trial in tuning.trials if trial["state"] == "failed"]
    assert 0 < len(failed) == tuning.summary["n_failed"] < 12
    assert all("n_components=7" in trial["remark"] for trial in failed)
    assert f"{len(failed)} failed" in str(tuning)
    assert tuning.best_score is not None


def test_a_start_that_fails_is_said_so(wav_files, monkeypatch):
    def fails_first(pipeline, rows, folds):
        if pipeline.random_state == 0:
            raise InputError("not this one.")
        return predict_folds(pipeline, rows, folds)

    monkeypatch.setattr(search, "predict_folds", fails_first)
    tuning = tune(quick("mfcc40-mean"), wav_files, LABELS, groups=ARTISTS, n_trials=2, cv=3)
    assert tuning.start_score is tuning.gain is None
    assert "The start failed: not this one." in str(tuning)


def test_where_all_fail_the_sentence_says_why(shapes, corpus):
    start = quick(None, balance=SMOTE(k_neighbors=39))
    with pytest.raises(InputError, match=r"all 2 trials failed.*n_neighbors"):
        tune(start, shapes, corpus.y("quadrant"), groups=corpus.groups, n_trials=2, cv=3)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_trials": 0}, "n_trials=0"),
        ({"n_trials": 2.5}, r"n_trials=2\.5"),
        ({"n_trials": True}, "n_trials=True"),
        ({"random_state": None}, "random_state=None"),
        ({"models": ["smv"]}, "Did you mean 'svm'"),
        ({"models": ["ridge"]}, "'ridge', which does regression"),
        ({"models": [RandomForestClassifier()]}, "give names"),
        ({"metric": "acuracy"}, "Did you mean 'accuracy'"),
        ({"metric": "rmse"}, "metric of classification 'rmse'"),
        ({"groups": ["one"] * 5}, "one group a row"),
        ({"groups": ["one"] * 40}, "1 group"),
        ({"target": "va"}, "target='va'"),
        ({"cv": 1}, "n_splits=1"),
        ({"cv": "random"}, "cv='random'"),
        ({"storage": 5}, "storage=5"),
        ({"storage": "no/where/study.db"}, "folder does not exist"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_refused_in_a_sentence(settings, sentence, shapes, corpus):
    given = {"groups": corpus.groups, **settings}
    with pytest.raises(InputError, match=sentence):
        tune(quick(None), shapes, corpus.y("quadrant"), **given)


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ("svm", "'svm' is no EmotionPipeline"),
        (EmotionPipeline(None, model="smv"), "Did you mean 'svm'"),
        (EmotionPipeline(None, scale="blok"), "Did you mean 'block'"),
        (EmotionPipeline(None, balance="smoot"), "Unknown balance"),
        (EmotionPipeline(None, labeller="quadrant"), "Did you mean 'quadrants'"),
        (EmotionPipeline(None, model=RandomForestClassifier(), balance=SMOTE()), "nothing to"),
    ],
    ids=["no pipeline", "model", "scale", "balance", "labeller", "objects only"],
)
def test_wrong_pipelines_are_refused_in_a_sentence(start, sentence, table, corpus):
    X = table.filter(like="chroma__")
    with pytest.raises(InputError, match=sentence):
        tune(start, X, corpus.y("quadrant"), groups=corpus.groups)


def test_a_mistake_is_found_before_the_files_are_read(tmp_path):
    for settings in ({"metric": "r3"}, {"models": ["smv"]}, {"storage": tmp_path}):
        with pytest.raises(InputError):
            tune(quick(), ["no.wav"] * 12, LABELS, **settings)


# ----------------------------------------------------------------------------- the storage


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"random_state": 1}, "its random_state is not the same"),
        ({"metric": "accuracy"}, "its metric is"),
        ({"cv": 2}, "its cv is"),
        ({"models": ["svm"]}, "its search space is"),
    ],
    ids=["seed", "metric", "folds", "space"],
)
def test_the_storage_of_another_search_is_refused(change, sentence, shapes, corpus, tmp_path):
    storage = tmp_path / "study.db"
    learn(shapes, corpus, n_trials=1, storage=storage)
    with pytest.raises(InputError, match=rf"study\.db.*another search: {sentence}"):
        learn(shapes, corpus, n_trials=2, storage=storage, **change)


def test_the_storage_of_other_data_or_another_pipeline_is_refused(shapes, corpus, tmp_path):
    storage = tmp_path / "study.db"
    y, selects = corpus.y("quadrant"), quick(None, select=PCA(5))
    learn(shapes, corpus, n_trials=1, storage=storage)
    with pytest.raises(InputError, match="its corpus is not"):
        learn(shapes * 2, corpus, n_trials=2, storage=storage)
    with pytest.raises(InputError, match="its corpus is not"):
        tune(quick(None), shapes, y, cv=3, n_trials=2, storage=storage)
    with pytest.raises(InputError, match="its pipeline is not"):
        tune(selects, shapes, y, groups=corpus.groups, cv=3, n_trials=2, storage=storage)


def test_workers_and_cache_do_not_make_another_search(wav_files, tmp_path):
    storage = tmp_path / "study.db"
    given = {"groups": ARTISTS, "cv": 3, "n_trials": 2, "storage": storage}
    first = tune(quick("mfcc40-mean"), wav_files, LABELS, **given)
    other = quick("mfcc40-mean", cache=tmp_path, n_jobs=1)
    assert tune(other, wav_files, LABELS, **given).trials == first.trials


def test_only_the_file_of_a_study_is_written_to(shapes, corpus, tmp_path):
    text, database = tmp_path / "notes.txt", tmp_path / "songs.db"
    text.write_text("mine")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    before = database.read_bytes()
    for path in (text, database, tmp_path):
        with pytest.raises(InputError, match="holds no study"):
            learn(shapes, corpus, n_trials=1, storage=path)
    assert text.read_text() == "mine"
    assert database.read_bytes() == before


def test_frames_keep_the_names_of_their_columns(shapes, corpus):
    y = pd.DataFrame(corpus.y("va")).rename(columns={"valence": "v", "arousal": "a"})
    tuning = tune(quick(None, model="ridge"), shapes, y, n_trials=1, cv=3)
    assert tuning.best_pipeline.target_names_ == ("v", "a")


# ------------------------------------------------------------------------- one file, one search


def test_a_file_in_use_is_left_to_the_search_that_uses_it(corpus, table, tmp_path):
    storage = tmp_path / "study.db"
    given = {"groups": corpus.groups, "n_trials": 1, "storage": storage}
    start, y = quick(None, model="ridge"), corpus.y("va")
    in_use = pytest.raises(InputError, match=r"study\.db' is in use by another search")
    with open_study(storage, maximize=True, fingerprint={}), in_use:
        tune(start, table, y, **given)
    storage.unlink()
    tune(start, table, y, **given)
    assert [path.name for path in tmp_path.iterdir()] == ["study.db"]


def test_files_that_hold_no_study_of_ours_are_refused(corpus, table, tmp_path):
    damaged, foreign = tmp_path / "damaged.db", tmp_path / "foreign.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"junk" * 100)
    optuna.create_study(study_name="theirs", storage=f"sqlite:///{foreign}")
    for storage in (damaged, foreign):
        with pytest.raises(InputError, match=f"{storage.name}' holds no study") as caught:
            tune(quick(None, model="ridge"), table, corpus.y("va"), n_trials=1, storage=storage)
        assert "\n" not in str(caught.value)
