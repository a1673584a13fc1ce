"""``mer evaluate``, ``compare`` and ``cross``: every way of splitting, printing and comparing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from mer_sklearn.cli import main


@pytest.fixture
def ready(tmp_path, rng):
    """Write a ready table of ten artists with habits, and two targets."""
    artist = np.repeat(np.arange(10), 6)
    x = rng.standard_normal((60, 4)) + 2 * rng.standard_normal((10, 4))[artist]
    frame = pd.DataFrame(x, columns=list("abcd")).round(6)
    frame.insert(0, "artist", [f"artist {k}" for k in artist])
    frame.insert(1, "emotion", np.where(x[:, 0] > 0, "happy", "sad"))
    frame.insert(2, "energy", (5 + x[:, 1]).round(3))
    frame.to_csv(tmp_path / "songs.csv", index=False)
    return f"ready:{tmp_path / 'songs.csv'}"


def test_a_ready_table_needs_no_option(ready, capsys):
    assert main(["evaluate", ready, "-m", "logistic"]) == 0
    out = capsys.readouterr().out
    assert "artists apart: 60 rows in 10 groups, 5 folds" in out
    assert "stratified" in out
    assert main(["evaluate", ready, "-m", "logistic", "--features", "none"]) == 0


@pytest.mark.parametrize(
    ("cv", "split"),
    [
        ("4x2", "artists apart: 60 rows in 10 groups, 4 folds, 2 times"),
        ("logo", "artists apart (leave one out): 60 rows in 10 groups, 10 folds"),
        ("random", "random split: 60 rows in 10 groups, 5 folds"),
    ],
)
def test_splits_by_name(ready, cv, split, capsys):
    assert main(["evaluate", ready, "-m", "logistic", "--cv", cv]) == 0
    assert capsys.readouterr().out.startswith(split)


def test_optimism_markdown_and_predictions(ready, tmp_path, capsys):
    words = ["evaluate", ready, "-m", "ridge", "--set", "target=energy", "--optimism"]
    answers, document = tmp_path / "answers.csv", tmp_path / "result.json"
    words += ["--markdown", "--predictions", str(answers), "-o", str(document)]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "| random split | optimism |" in out
    assert len(pd.read_csv(answers)) == 60
    found = json.loads(document.read_text())
    assert found["schema"] == 2
    assert set(found["optimism"]["difference"]) == set(found["scores"])


def test_parts_are_an_option(ready, tmp_path, capsys):
    words = ["evaluate", "synthetic:", "--set", "n=40", "--set", "duration=1", "--json"]
    words += ["-t", "va", "-m", "ridge", "-f", "mfcc40-mean", "--no-cache"]
    scores = []
    for more in ([], ["--parts"]):
        assert main([*words, *more]) == 0
        scores.append(json.loads(capsys.readouterr().out)["scores"]["r2"])
    assert scores[0] != scores[1]
    assert main(["evaluate", ready, "-m", "ridge", "--set", "target=energy", "--parts"]) == 1
    assert "parts=True takes audio" in capsys.readouterr().err


def test_compare_models_on_the_same_folds(ready, capsys):
    words = ["compare", ready, "--models", "ridge,kernel,svr", "--set", "target=energy", "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["results"]) == {"ridge", "kernel", "svr"}
    assert len(found["differences"]) == 2


def test_compare_pipelines_by_features_and_model(capsys):
    words = ["compare", "synthetic:", "--set", "n=40", "--set", "duration=1", "--cv", "3"]
    words += ["--pipelines", "mfcc40-mean+ridge,plain+ridge", "--target", "va"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "plain+ridge" in out
    assert "kB" in out
    assert "winner" in out or "is better" in out


@pytest.fixture
def halves(ready, tmp_path):
    """Write the ready table as two corpora, of five artists each."""
    table = pd.read_csv(tmp_path / "songs.csv")
    table["valence"], table["arousal"] = np.tanh(table["a"] / 4), np.tanh(table["b"] / 4)
    paths = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for path, rows in zip(paths, (table[:30], table[30:]), strict=True):
        rows.to_csv(path, index=False)
    return [f"ready:{path}" for path in paths]


def test_cross_is_a_matrix(halves, tmp_path, capsys):
    document = tmp_path / "cross.json"
    words = ["cross", *halves, "-t", "va", "-m", "ridge", "--cv", "3", "--metric", "pearson"]
    assert main([*words, "--markdown", "-o", str(document)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("va, pearson: rows learned, columns tested")
    assert "| | first.csv | second.csv |" in out
    found = json.loads(document.read_text())
    assert (found["schema"], found["source"]) == (1, halves)
    scores = {(c["learned"], c["tested"]): c["scores"]["pearson"] for c in found["cells"]}
    assert len(scores) == 4
    assert min(scores.values()) > 0.9  # the targets are functions of the features


def test_cross_tells_corpora_of_one_name_apart(halves, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    twin = tmp_path / "other" / "first.csv"
    twin.write_bytes((tmp_path / "second.csv").read_bytes())
    words = ["cross", halves[0], f"ready:{twin}", "-t", "emotion", "-m", "logistic", "--cv", "2"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["constants"]) == [halves[0], f"ready:{twin}"]


def test_cross_reads_audio_with_options_for_one_source(wav_files, tmp_path, capsys):
    table = tmp_path / "songs.csv"
    rated = [f"{path},{(-1) ** k / 2},{k / 20}" for k, path in enumerate(wav_files)]
    table.write_text("\n".join(["file,happiness,energy", *rated]) + "\n")
    words = ["cross", "synthetic:", str(table), "-t", "va", "-m", "ridge", "--cv", "2", "--json"]
    words += ["-f", "mfcc40-mean", "--no-cache", "--set", "1:n=24", "--set", "1:duration=1"]
    assert main([*words, "--set", "2:target=happiness,energy"]) == 1
    assert "songs.csv has no 'va'" in capsys.readouterr().err
    table.write_text(table.read_text().replace("happiness,energy", "valence,arousal"))
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [cell["n_rows"] for cell in found["cells"]] == [24, 12, 12, 24]


def test_cross_reads_one_source_twice_with_other_options(halves, capsys):
    words = ["cross", halves[0], halves[0], "-t", "va", "-m", "ridge", "--cv", "2", "--json"]
    assert main(words) == 2
    assert "two different sources" in capsys.readouterr().err
    assert main([*words, "--set", "2:features=a,b", "--set", "1:features=a,b"]) == 2
    capsys.readouterr()
    assert main([*words, "--set", "1:features=a,b", "--set", "2:features=[ab]"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["constants"]) == [f"{halves[0]} features={x}" for x in ("a,b", "[ab]")]


def test_cross_says_every_remark_once(halves, capsys):
    words = ["cross", *halves, "-t", "va", "-m", "ridge", "--cv", "2", "--set", "features=a"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert said.out.count("first.csv: 1 columns are features; not used: energy, b, c, d.") == 1
    assert said.err == ""


@pytest.mark.parametrize("order", [1, -1])
def test_cross_refuses_a_table_beside_audio(ready, order, capsys):
    words = ["cross", *["synthetic:", ready][::order], "-t", "va"]
    # The first table has no valence and arousal; what is said first is that one of both is audio.
    assert main([*words, "--set", f"{1 if order == 1 else 2}:n=4"]) == 2
    assert "is audio" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--features", "plain"], "is a ready table; leave out --features"),
        (["--cv", "official"], "none"),
        (["--strata", "gnre"], "'gnre'"),
        (["--cv", "random", "--optimism"], "this is one"),
    ],
)
def test_what_does_not_go_with_the_table(ready, words, sentence, capsys):
    assert main(["evaluate", ready, "-m", "logistic", *words]) in (1, 2)
    assert sentence in capsys.readouterr().err


def test_audio_has_no_features_of_its_own(capsys):
    assert main(["evaluate", "synthetic:", "--set", "n=5", "--features", "none"]) == 2
    assert "needs a ready table" in capsys.readouterr().err
