"""`mer export` and `mer inspect`, and `mer predict` with both kinds of model."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from mer_sklearn import EmotionPipeline
from mer_sklearn.cli import main


@pytest.fixture(scope="module")
def models(corpus, tmp_path_factory):
    """A model in both forms."""
    folder = tmp_path_factory.mktemp("models")
    pipeline = EmotionPipeline("mfcc40-mean", model="svm", random_state=0, cache=False)
    pipeline.fit(corpus.X, corpus.y("quadrant"), groups=corpus.groups)
    scores = {"scores": {"accuracy": 0.5}, "baseline": {"name": "majority", "accuracy": 0.25}}
    scores["intervals"] = {"accuracy": [0.4, 0.6]}
    info = {"scores": {**scores, "split": "artists apart"}, "training": {"name": "test"}}
    pipeline.save(folder / "mood.joblib", info=info)
    assert main(["export", str(folder / "mood.joblib")]) == 0
    return str(folder / "mood.joblib"), str(folder / "mood.onnx")


@pytest.fixture(scope="module")
def forest(corpus, tmp_path_factory):
    """A model of trees."""
    path = str(tmp_path_factory.mktemp("trees") / "mood.onnx")
    pipeline = EmotionPipeline("mfcc40-mean", model=RandomForestClassifier(5), cache=False)
    pipeline.fit(corpus.X, corpus.y("quadrant")).save(path)
    return path


def test_export_says_what_it_wrote(models, wav_files, tmp_path, capsys):
    out = str(tmp_path / "other.onnx")
    assert main(["export", models[0], wav_files[0], "-o", out]) == 0
    *table, last = capsys.readouterr().out.splitlines()
    assert last == f"wrote {out}: 0.7 MB"
    assert table[0].split() == ["compared", "on", "apart", "allowed", "beyond", "worst"]
    compared = [line.split(maxsplit=4) for line in table[1:]]
    assert {(words[0], words[1]) for words in compared} == {
        ("features:", "features"),
        *((part, answer) for part in ("tail:", "whole:") for answer in ("label", "probabilities")),
    }
    assert all("0.00%" in line for line in table[1:])
    assert main(["inspect", out, "--json"]) == 0
    gate = json.loads(capsys.readouterr().out)["gate"]
    assert {found["inputs"] for found in gate} == {"made signals", "rows", "clips"}


def test_both_kinds_are_predicted_alike(models, wav_files, capsys):
    documents, tables = [], []
    for model in models:
        assert main(["predict", model, *wav_files, "--json", "--no-cache"]) == 0
        documents.append(list(map(json.loads, capsys.readouterr().out.splitlines())))
        assert main(["predict", model, *wav_files, "--no-cache"]) == 0
        tables.append(capsys.readouterr().out)
    for expected, found in zip(*documents, strict=True):
        assert list(found) == list(expected)
        assert found == pytest.approx(expected, abs=1e-4)
    heads = [[line.split()[:2] for line in table.splitlines()] for table in tables]
    assert heads[0] == heads[1]
    assert len(heads[0]) == len(wav_files) + 1


def test_both_kinds_name_a_bad_file_alike(models, wav_files, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    said = []
    for model in models:
        assert main(["predict", model, wav_files[0], str(bad), "--no-cache"]) == 1
        said.append(capsys.readouterr())
    assert said[0] == said[1]
    assert said[0].err.count("bad.wav") == 1


def test_an_onnx_model_says_that_it_takes_no_workers(models, wav_files, capsys):
    assert main(["predict", models[1], wav_files[0], "--jobs", "2"]) == 0
    captured = capsys.readouterr()
    assert "--jobs and --cache say nothing to an ONNX model" in captured.err
    assert len(captured.out.splitlines()) == 2


def test_inspect_prints_what_a_model_says(models, capsys):
    for model, kind in zip(models, ("joblib", "onnx"), strict=True):
        assert main(["inspect", model]) == 0
        head, *card = capsys.readouterr().out.splitlines()
        assert head.startswith(f"{model}: classification, {kind}, ")
        sections = [line for line in card if line and not line.startswith(" ")]
        assert sections == ["Answers", "Features", "Model", "Scores", "Data", "Not for", "Checks"]
        lines = dict(line.split(maxsplit=1) for line in card if line.startswith("  "))
        assert lines["labels"] == "angry, calm, happy, sad"
        assert lines["accuracy"] == "0.500 [0.400, 0.600] (majority: 0.250)"
        assert lines["split"] == "artists apart"
        assert lines["name"] == "test"
        assert lines["columns"] == "40"
        assert lines["mfcc"].startswith("40 columns: deltas=0, n_mfcc=40")
        assert "svm" in lines["model"]
        assert lines["fitted"] == "groups apart"
        assert "scikit-learn 1." in lines["versions"]
        assert ("whole," in lines) == (kind == "onnx")
        assert lines["self-test"].startswith("passed" if kind == "onnx" else "not run; --check")


def test_inspect_prints_one_document(models, capsys):
    for model in models:
        assert main(["inspect", model, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["file"] == model
        assert document["size"] > 10_000
        assert len(document["features"]["names"]) == 40
        assert document["training"] == {"name": "test"}
        assert (document["check"] or {}).get("passed") == (True if model == models[1] else None)


def test_the_self_test_runs_when_it_is_asked_for(models, capsys):
    for model in models:
        assert main(["inspect", model, "--check", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["check"]["passed"] is True
        assert main(["inspect", model, "--no-check"]) == 0
        assert "self-test" in capsys.readouterr().out


def test_a_file_is_read_once(models, monkeypatch, capsys):
    from mer_sklearn.artifact import embedded

    check_seal, checked = embedded.check_seal, []

    def counted(manifest, payload, name):
        checked.append(name)
        check_seal(manifest, payload, name)

    monkeypatch.setattr(embedded, "check_seal", counted)
    assert main(["inspect", models[1]]) == 0
    assert "passed" in capsys.readouterr().out
    assert checked == [models[1]]


def test_what_is_only_reported_says_how_much_of_it_moved(forest, capsys):
    assert main(["inspect", forest]) == 0
    lines = capsys.readouterr().out.splitlines()
    (said,) = (line for line in lines if "whole, probabilities, made signals" in line)
    assert re.search(r" off \(reported only\), \d+\.\d\d% beyond$", said)


def test_a_model_without_scores_and_data_says_so(corpus, tmp_path, capsys):
    pipeline = EmotionPipeline("mfcc40-mean", model="ridge", cache=False)
    pipeline.fit(corpus.X, corpus.y("va")).save(tmp_path / "va.joblib")
    assert main(["inspect", str(tmp_path / "va.joblib")]) == 0
    said = capsys.readouterr().out
    assert "how well it does is not known" in said
    assert "Nothing was stated of the data" in said
    assert "files apart" in said


def test_a_model_that_answers_otherwise_ends_with_status_1(models, monkeypatch, capsys):
    from mer_sklearn.artifact import self_test

    monkeypatch.setattr(self_test, "chirp", lambda sr: np.ones(sr, np.float32))
    assert main(["inspect", models[1]]) == 1
    captured = capsys.readouterr()
    assert "self-test" in captured.out
    assert "FAILED: p_" in captured.out
    assert "does not answer as when it was saved" in captured.err
    assert main(["inspect", models[1], "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["check"]["passed"] is False


def test_valence_and_arousal_come_with_their_scale(corpus, tmp_path, capsys):
    pipeline = EmotionPipeline("mfcc40-mean", model="ridge", labeller="quadrants", cache=False)
    pipeline.fit(corpus.X, corpus.y("va")).save(tmp_path / "va.onnx")
    assert main(["inspect", str(tmp_path / "va.onnx")]) == 0
    said = capsys.readouterr().out
    assert "valence, arousal, each in [-1, 1]" in said
    assert "happy, angry, sad, calm" in said


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["export", "no.joblib"], 1, "no.joblib: cannot be read"),
        (["export", "mood.onnx"], 2, "is an ONNX model already"),
        (["export", "no.joblib", "-o", "mood.joblib"], 2, "must end in .onnx"),
        (["export", "no.joblib", "-o", "no/where/mood.onnx"], 1, "does not exist"),
        (["export"], 2, "Missing argument"),
        (["inspect", "no.onnx"], 1, "no.onnx: cannot be read"),
        (["inspect", "song.mp3"], 1, "ends in .joblib or .onnx"),
        (["inspect", "text.onnx"], 1, "is no ONNX model"),
        (["predict", "text.onnx", "a.wav"], 1, "is no ONNX model"),
        (["predict", "text.joblib", "a.wav"], 1, "no complete model"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_one_sentence(words, status, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("text.onnx", "text.joblib"):
        (tmp_path / name).write_text("this is no model at all")
    assert main(words) == status
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_an_export_that_cannot_be_right_leaves_nothing(corpus, tmp_path, capsys):
    from sklearn.neighbors import KNeighborsClassifier

    pipeline = EmotionPipeline("mfcc40-mean", model=KNeighborsClassifier(weights="distance"))
    pipeline.fit(corpus.X, corpus.y("quadrant")).save(tmp_path / "mood.joblib")
    assert main(["export", str(tmp_path / "mood.joblib")]) == 1
    error = capsys.readouterr().err
    assert "KNeighborsClassifier(weights='distance') has no export that is right" in error
    assert [path.name for path in tmp_path.iterdir()] == ["mood.joblib"]


def test_a_model_of_a_table_says_that_it_reads_no_files(table, corpus, wav_files, tmp_path, capsys):
    path = tmp_path / "table.joblib"
    EmotionPipeline(None, model="ridge").fit(table, corpus.y("va")).save(path)
    assert main(["predict", str(path), wav_files[0]]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"mer: {path}: was fitted on a table of features and cannot read files.")
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", ["predict", "export"])
def test_folders_without_audio_are_one_sentence(command, models, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    out = [] if command == "predict" else ["-o", str(tmp_path / "other.onnx")]
    assert main([command, models[0], str(tmp_path / "empty"), *out]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"mer: {tmp_path / 'empty'}: no audio files are in there. Give")
    assert captured.err.count("\n") == 1


def test_a_folder_without_audio_beside_files_is_a_remark(models, wav_files, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["predict", models[1], wav_files[0], str(tmp_path / "empty")]) == 0
    captured = capsys.readouterr()
    assert captured.err == f"mer: {tmp_path / 'empty'}: holds no audio files.\n"
    assert len(captured.out.splitlines()) == 2
