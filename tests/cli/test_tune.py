"""``mer tune``: the start beside the best, a file of trials, a model, and sentences."""

from __future__ import annotations

import json

import pytest

from mer_sklearn import load
from mer_sklearn.cli import main
from mer_sklearn.errors import InputError

SOURCE = ["synthetic:", "--set", "n=40", "--set", "duration=1"]
QUICK = ["--target", "quadrant", "-m", "logistic", "-f", "mfcc40-mean", "--cv", "3"]
WORDS = ["tune", *SOURCE, *QUICK]


def document(capsys, *words):
    """Run the command with --json and return what it prints."""
    assert main([*WORDS, *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_start_stands_beside_the_best(capsys):
    assert main([*WORDS, "--trials", "4"]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].startswith("artists apart: 40 rows in 5 groups, 3 folds; 4 trials")
    start, best, gain = (float(line.split()[1]) for line in lines[2:5])
    assert best >= start
    assert gain == pytest.approx(best - start, abs=2e-3)
    assert any(line.startswith("model__C ") for line in lines)
    assert lines[-1].endswith("give an honest one.")
    assert f"mer: trial 1 of 4: balanced_accuracy {start:.3f}" in captured.err


def test_json_is_one_document_with_all_trials(capsys):
    found = document(capsys, "--trials", "3", "--models", " kernel,")
    assert found["source"] == "synthetic:"
    assert [trial["trial"] for trial in found["trials"]] == [0, 1, 2]
    assert found["trials"][0]["score"] == found["start"] <= found["best"]
    assert {trial["model"] for trial in found["trials"]} <= {"logistic", "kernel"}


def test_the_same_command_goes_on(tmp_path, capsys):
    storage = ["--storage", str(tmp_path / "study.db")]
    first = document(capsys, "--trials", "3", *storage)
    again = document(capsys, "--trials", "6", *storage)
    whole = document(capsys, "--trials", "6")
    assert again["trials"][:3] == first["trials"]
    assert again == whole


def test_the_best_is_saved_with_the_search(tmp_path, capsys):
    from mer_sklearn.artifact.joblib_file import read_manifest

    path = tmp_path / "best.joblib"
    found = document(capsys, "--trials", "3", "-o", str(path))
    manifest = read_manifest(path)
    study = manifest["study"]
    assert study == {key: found[key] for key in study}
    assert study["split"] == "artists apart"
    assert manifest["training"]["n_clips"] == 40
    assert load(path).classes_.tolist() == ["angry", "calm", "happy", "sad"]


def test_saving_is_said_on_stderr(tmp_path, capsys):
    path = tmp_path / "best.joblib"
    assert main([*WORDS, "--trials", "1", "-o", str(path)]) == 0
    captured = capsys.readouterr()
    assert f"mer: saved {path}: the best, fitted on 40 clips of synthetic" in captured.err
    assert "saved" not in captured.out


def test_the_storage_of_another_search_is_refused(tmp_path, capsys):
    storage = ["--storage", str(tmp_path / "study.db"), "--trials", "1"]
    document(capsys, *storage)
    assert main([*WORDS, *storage, "--seed", "1"]) == 1
    captured = capsys.readouterr()
    assert "belongs to another search" in captured.err
    assert captured.out == ""


def test_the_log_is_left_as_it_was(capsys):
    import logging

    log = logging.getLogger("mer_sklearn.tuning")
    before = (log.level, list(log.handlers))
    document(capsys, "--trials", "1")
    assert (log.level, list(log.handlers)) == before


def test_a_search_that_is_stopped_says_so(monkeypatch, capsys):
    from mer_sklearn.tuning import search

    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "predict_folds", stopped)
    assert main([*WORDS, "--trials", "1"]) == 130
    assert "mer: stopped." in capsys.readouterr().err


def test_a_search_in_which_all_fails_is_one_sentence(monkeypatch, capsys):
    from mer_sklearn.tuning import search

    def fails(*arguments):
        raise InputError("no.")

    monkeypatch.setattr(search, "predict_folds", fails)
    assert main([*WORDS, "--trials", "2"]) == 1
    assert "all 2 trials failed, the pipeline as given too: no." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ([*SOURCE, "--trials", "0"], 2, "--trials"),
        ([*SOURCE, "--cv", "1"], 2, "--cv"),
        ([*SOURCE, "--models", "svm,smv"], 2, "Did you mean 'svm'"),
        ([*SOURCE, "--metric", "acuracy"], 2, "Did you mean 'accuracy'"),
        ([*SOURCE, "-m", "smv"], 2, "Did you mean 'svm'"),
        ([*SOURCE, "-o", "best.pkl"], 2, ".joblib"),
        ([*SOURCE, "-o", "no/where/best.joblib"], 1, "does not exist"),
        ([*SOURCE, "--storage", "no/where/study.db"], 1, "does not exist"),
        ([*SOURCE, "--storage", "notes.txt"], 1, "holds no study"),
        ([*SOURCE, "--target", "va", "-m", "svm"], 1, "va"),
        ([*SOURCE, "--target", "va", "--metric", "accuracy"], 1, "metric of regression"),
        ([*SOURCE, "--target", "va", "--models", "svm"], 1, "does classification"),
        ([*SOURCE, "--target", "mood"], 1, "'mood'"),
        (["nowhere"], 1, "nowhere"),
        ([], 2, "Missing argument"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_one_sentence(words, status, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["tune", *words]) == status
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert (tmp_path / "notes.txt").read_text() == "mine"
