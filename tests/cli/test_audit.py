"""``mer audit``: what it finds, where it says so, and its exit status."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from mer_sklearn.cli import main


@pytest.fixture
def folder(wav_files, tmp_path):
    """A folder of two classes."""
    for number, path in enumerate(wav_files):
        target = tmp_path / "music" / ("happy" if number % 2 else "sad")
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / f"{number}.wav")
    return tmp_path / "music"


@pytest.fixture
def table(rng, tmp_path):
    """A table of features with a row that stands in two groups."""
    frame = pd.DataFrame(rng.normal(size=(30, 6)), columns=list("abcdef"))
    frame.loc[29] = frame.loc[0]
    frame = frame.assign(id=range(30), artist=[f"artist {n}" for n in range(30)], mood="calm")
    frame["fold"] = np.where(frame["id"] < 20, "train", "test")
    frame.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def test_clean_files_end_with_0(folder, capsys):
    assert main(["audit", str(folder), "--no-cache"]) == 0
    captured = capsys.readouterr()
    assert "0 leaks, 0 remarks" in captured.out
    assert captured.err == ""


def test_a_leak_ends_with_1_and_a_sentence(folder, capsys):
    shutil.copy(folder / "sad" / "0.wav", folder / "happy" / "copy.wav")
    assert main(["audit", str(folder)]) == 1
    captured = capsys.readouterr()
    assert "same_bytes" in captured.out
    assert "contradictory_labels" in captured.out
    assert captured.err.startswith("mer: 1 leak in ")


def test_json_is_one_document(folder, capsys):
    shutil.copy(folder / "sad" / "0.wav", folder / "happy" / "copy.wav")
    assert main(["audit", str(folder), "--json", "-j", "2"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["n_leaks"] == 1
    assert document["source"] == [str(folder)]


def test_files_need_no_classes(wav_files, folder, capsys):
    assert main(["audit", *wav_files]) == 0
    assert main(["audit", wav_files[0]]) == 0
    assert main(["audit", str(folder / "sad")]) == 0
    assert "6 rows" in capsys.readouterr().out


def test_a_corpus_brings_its_groups(capsys):
    assert main(["audit", "synthetic:", "--set", "n=20", "--set", "duration=1"]) == 0
    assert "a group on both sides" in capsys.readouterr().out


def test_columns_of_a_corpus_are_groups_and_split(folder, tmp_path, capsys):
    lines = [f"music/sad/{n}.wav,calm,{'ab'[n % 4 // 2]},{n % 4}" for n in range(0, 12, 2)]
    path = tmp_path / "songs.csv"
    path.write_text("\n".join(["file,label,part,artist", *lines]))
    assert main(["audit", str(path), "--split", "part"]) == 0
    assert main(["audit", str(path), "--groups", "label", "--split", "part"]) == 1
    assert "group_on_both_sides" in capsys.readouterr().out
    assert main(["audit", str(path), "--split", "prat"]) == 1
    assert "Did you mean 'part'" in capsys.readouterr().err


def test_a_table_of_features(table, capsys):
    assert main(["audit", str(table), "--table", "--groups", "artist"]) == 1
    assert "'artist 0', 'artist 29'" in capsys.readouterr().out
    assert main(["audit", str(table), "--table", "--split", "fold", "--leave-out", "f"]) == 1
    assert "both sides of split 0" in capsys.readouterr().out
    assert main(["audit", str(table), "--table", "--groups", "mood", "-t", "fold"]) == 0
    assert "contradictory_labels" in capsys.readouterr().out


def test_a_table_of_mer_extract(folder, tmp_path, capsys):
    out = tmp_path / "features.parquet"
    assert main(["extract", str(folder), "-f", "mfcc40-mean", "-o", str(out)]) == 0
    assert main(["audit", str(out), "--table"]) == 0
    assert "files that are copies" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["audit"], 2, "Missing argument"),
        (["audit", "nowhere"], 1, "nowhere"),
        (["audit", "emotifi:data"], 1, "Did you mean 'emotify'"),
        (["audit", "no.wav", "no.mp3"], 1, "no file can be read"),
        (["audit", "no.wav", "no.mp3", "--split", "x"], 1, "need a corpus"),
        (["audit", "no.csv", "--table"], 1, "cannot be read as a table"),
        (["audit", "a.csv", "b.csv", "--table"], 2, "takes one file"),
        (["audit", "synthetic:", "--leave-out", "x"], 2, "--table"),
        (["audit", "synthetic:", "--set", "n"], 2, "KEY=VALUE"),
        (["audit", "synthetic:", "--cache", "x", "--no-cache"], 2, "contradict"),
        (["audit", "words.csv", "--table"], 1, "no columns of numbers"),
        (["audit", "words.csv", "--table", "--groups", "wrod"], 1, "Did you mean 'word'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_one_sentence(words, status, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.csv").write_text("word\na\nb\n")
    assert main(words) == status
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
