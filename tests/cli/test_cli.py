"""The command line: results, remarks, exit statuses, and no traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import soundfile

from mer_sklearn.cli import main


@pytest.fixture
def folder(wav_files, corpus, tmp_path):
    """A folder of two classes."""
    for number, (path, label) in enumerate(zip(wav_files, "abababababab", strict=True)):
        target = tmp_path / "music" / label
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / f"{number}.wav")
    return tmp_path / "music"


@pytest.fixture
def model(folder, tmp_path, capsys):
    path = tmp_path / "mood.joblib"
    words = ["train", str(folder), "-m", "logistic", "-f", "mfcc40-mean", "--cv", "2"]
    assert main([*words, "-o", str(path)]) == 0
    capsys.readouterr()
    return path


def test_train_prints_the_score_beside_the_baseline(folder, tmp_path, capsys):
    path = tmp_path / "mood.joblib"
    assert main(["train", str(folder), "-m", "forest", "--cv", "2", "-o", str(path)]) == 0
    out = capsys.readouterr().out
    assert "files apart" in out
    assert "majority" in out
    assert path.exists()


def test_the_saved_model_knows_its_score_and_its_data(model):
    from mer_sklearn.artifact.joblib_file import read_manifest

    manifest = read_manifest(model)
    assert manifest["scores"]["split"] == "files apart"
    assert manifest["training"]["n_clips"] == 12
    assert len(manifest["training"]["sha256"]) == 64


def test_predict_prints_a_table(model, folder, capsys):
    assert main(["predict", str(model), str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["file", "emotion", "p_a", "p_b"]
    assert len(lines) == 13


def test_predict_prints_one_json_line_a_file(model, wav_files, capsys):
    assert main(["predict", str(model), *wav_files, "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["file"] for record in records] == wav_files
    assert abs(sum(records[0][key] for key in ("p_a", "p_b")) - 1) < 1e-6


def test_predict_answers_the_good_files_and_names_the_bad(model, wav_files, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    assert main(["predict", str(model), wav_files[0], str(bad), "--json"]) == 1
    captured = capsys.readouterr()
    records = [json.loads(line) for line in captured.out.splitlines()]
    assert records[0]["emotion"] in "ab"
    assert records[1]["emotion"] is None
    assert captured.err.count("bad.wav") == 1


def test_evaluate_prints_a_document(folder, tmp_path, capsys):
    out = tmp_path / "result.json"
    words = ["evaluate", str(folder), "-m", "logistic", "-f", "mfcc40-mean", "--cv", "3"]
    assert main([*words, "--json", "-o", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["n_folds"] == 3
    assert set(document["baseline"]) > {"name", "accuracy"}
    assert json.loads(out.read_text()) == document


def test_evaluate_takes_the_rendered_corpus(capsys):
    words = ["evaluate", "synthetic:", "--set", "n=40", "--set", "duration=1", "-m", "ridge"]
    assert main([*words, "--target", "va", "-f", "mfcc40-mean"]) == 0
    out = capsys.readouterr().out
    assert "artists apart" in out
    assert "ceiling" in out


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_extract_writes_a_table(folder, tmp_path, suffix, capsys):
    out = tmp_path / f"features{suffix}"
    assert main(["extract", str(folder), "-f", "mfcc40-mean", "-o", str(out)]) == 0
    table = pd.read_csv(out) if suffix == ".csv" else pd.read_parquet(out)
    assert table.shape == (12, 41)
    assert table.columns[0] == "file"
    assert "12 rows" in capsys.readouterr().out


def test_extract_keeps_what_a_corpus_knows(tmp_path):
    out = tmp_path / "features.csv"
    words = ["extract", "synthetic:", "--set", "n=5", "--set", "duration=1", "-o", str(out)]
    assert main([*words, "-f", "mfcc40-mean"]) == 0
    assert {"valence", "arousal", "quadrant", "mfcc__0__mean"} <= set(pd.read_csv(out))


def test_extract_leaves_out_bad_files_only_when_told(folder, tmp_path, capsys):
    (folder / "a" / "bad.wav").write_text("no audio")
    out = tmp_path / "features.csv"
    words = ["extract", str(folder), "-f", "mfcc40-mean", "-o", str(out)]
    assert main(words) == 1
    assert "bad.wav" in capsys.readouterr().err
    assert not out.exists()
    assert main([*words, "--skip-bad"]) == 0
    assert "1 files left out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["predict", "no.joblib", "a.wav"], 1, "no.joblib"),
        (["predict", "song.mp3", "a.wav"], 1, "ends in .joblib"),
        (["predict"], 2, "Missing argument"),
        (["evaluate", "nowhere"], 1, "nowhere"),
        (["evaluate", "emotifi:data"], 1, "Did you mean 'emotify'"),
        (["evaluate", "synthetic:", "-m", "smv"], 2, "Did you mean 'svm'"),
        (["evaluate", "synthetic:", "-f", "plian"], 2, "Did you mean 'plain'"),
        (["evaluate", "synthetic:", "--scale", "x"], 2, "Unknown scale"),
        (["evaluate", "synthetic:", "--balance", "x"], 2, "Unknown balance"),
        (["evaluate", "synthetic:", "--labeller", "quadrant"], 2, "Did you mean 'quadrants'"),
        (["evaluate", "synthetic:", "--cv", "x"], 2, "number of folds"),
        (["evaluate", "synthetic:", "--cv", "1x3"], 2, "number of folds"),
        (["compare", "synthetic:"], 2, "--models or by --pipelines"),
        (["compare", "synthetic:", "--models", "svm,smv"], 2, "Did you mean 'svm'"),
        (["compare", "synthetic:", "--pipelines", "svm"], 2, "plain+svm"),
        (["cross", "synthetic:"], 2, "two different sources"),
        (["cross", "synthetic:", "synthetic:"], 2, "two different sources"),
        (["cross", "a", "b"], 2, "--target: va, quadrant"),
        (["cross", "a", "b", "-t", "va", "--set", "3:n=4"], 2, "of no source; they are 1 to 2"),
        (["cross", "a", "b", "-t", "va", "-m", "smv"], 2, "Did you mean 'svm'"),
        (["evaluate", "synthetic:", "--set", "n"], 2, "KEY=VALUE"),
        (["evaluate", "synthetic:", "--set", "n=many"], 1, "n"),
        (["evaluate", "synthetic:", "--set", "m=1"], 1, "option"),
        (["evaluate", "synthetic:", "--cache", "x", "--no-cache"], 2, "contradict"),
        (["train", "synthetic:", "-o", "mood.pkl"], 2, "must end in .joblib or .onnx"),
        (["train", "synthetic:", "-o", "folder.joblib"], 1, "is a folder"),
        (["train", "synthetic:", "--cv", "1", "-o", "mood.joblib"], 2, "1 fold leaves nothing"),
        (["train", "synthetic:", "--seed", "-5", "-o", "mood.joblib"], 2, "-5 is not in the range"),
        (["train", "synthetic:", "--jobs", "0", "-o", "mood.joblib"], 2, "0 workers do nothing"),
        (["demo", "-o", "file.txt"], 1, "no folder can be made there"),
        (["extract", "a.wav", "-o", "folder.csv"], 1, "is a folder"),
        (["train", "synthetic:", "-o", "no/where/mood.joblib"], 1, "does not exist"),
        (["extract", "a.wav", "-o", "table.xls"], 2, ".csv or .parquet"),
        (["extract", "a.wav", "-o", "table.csv"], 1, "a.wav"),
        (["dance"], 2, "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_one_sentence(words, status, sentence, tmp_path, monkeypatch, capsys):
    for name in ("folder.joblib", "folder.csv"):
        (tmp_path / name).mkdir()
    (tmp_path / "file.txt").write_text("a file")
    monkeypatch.chdir(tmp_path)
    assert main(words) == status
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_debug_shows_the_traceback():
    from mer_sklearn.errors import ArtifactError

    with pytest.raises(ArtifactError):
        main(["--debug", "predict", "no.joblib", "a.wav"])


def test_an_unexpected_error_is_one_sentence_too(monkeypatch, capsys):
    from mer_sklearn import datasets

    def broken(*arguments):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(datasets, "load_source", broken)
    assert main(["evaluate", "synthetic:"]) == 1
    assert "ZeroDivisionError: oh" in capsys.readouterr().err


def test_demo_goes_the_whole_way(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "-n", "40", "-j", "1"]) == 0
    out = capsys.readouterr().out
    for word in ("artists apart", "majority", "ceiling", "4 of 4 labels agree", "mood.onnx"):
        assert word in out
    assert {path.name for path in (tmp_path / "mer-demo").glob("mood.*")} == {
        "mood.joblib",
        "mood.onnx",
    }
    signal, rate = soundfile.read(tmp_path / "mer-demo" / "piece_0.wav")
    assert rate == 22050
    assert abs(signal).max() > 0.01


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from mer_sklearn.cli import main; main(['--help']); "
        "print([m for m in ('sklearn', 'pandas', 'librosa', 'numpy', 'scipy', 'onnx') "
        "if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
    assert "predict" in run.stdout
