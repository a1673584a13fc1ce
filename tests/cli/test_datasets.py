"""`mer datasets`: the list, a look at a copy, and a table to fill in."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from mer_sklearn.cli import main
from mer_sklearn.datasets import dataset_names, load_dataset


@pytest.fixture
def mer(capsys):
    """Run `mer datasets` and return exit status, stdout and stderr."""

    def run(*words):
        status = main(["datasets", *map(str, words)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def songs(tmp_path, rng):
    """Write four songs and their table."""
    for name in ("a.wav", "deep/b.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, rng.uniform(-0.5, 0.5, 2_205), 22_050)
    path = tmp_path / "songs.csv"
    path.write_text("file,artist,emotion\na.wav,x,sad\ndeep/b.wav,y,happy\n")
    return path


def test_every_corpus_is_listed_with_what_it_needs(mer):
    status, out, err = mer()
    assert (status, err) == (0, "")
    lines = {line.split()[0]: line for line in out.splitlines()[1:]}
    assert sorted(lines) == dataset_names()
    assert "1802" in lines["deam"]
    assert "MEMD_audio/*.mp3" in lines["deam"]


def test_list_as_json_says_all(mer):
    listed = {item["name"]: item for item in json.loads(mer("--json")[1])}
    assert sorted(listed) == dataset_names()
    for item in listed.values():
        assert item["licence"]
        assert item["source"]
        assert item["needs"]
        assert item["scale"]
    assert listed["deam"]["options"]["repair"] is True


def test_a_sound_copy_has_status_0(mer, songs):
    status, out, err = mer("validate", "table", songs)
    assert (status, err) == (0, "")
    assert all(line.startswith("ok ") for line in out.splitlines())


def test_what_is_wrong_has_status_1_and_is_named(mer, songs):
    (songs.parent / "a.wav").write_bytes(b"no audio")
    status, out, err = mer("validate", "table", songs)
    assert status == 1
    wrong = [line for line in out.splitlines() if line.startswith("wrong")]
    assert len(wrong) == 1
    assert "a.wav" in wrong[0]
    assert err == "mer: 1 of 7 checks of table went wrong: decoding.\n"


def test_a_corpus_that_does_not_load_has_status_1(mer, tmp_path):
    status, out, err = mer("validate", "deam", tmp_path)
    assert status == 1
    assert out.startswith("wrong  loading  ")
    assert "1 of 1 checks of deam went wrong: loading." in err


def test_validate_as_json(mer, songs):
    status, out, _ = mer("validate", "csv", songs, "--json")
    document = json.loads(out)
    assert status == 0
    assert document["ok"] is True
    assert document["checks"][0] == {"name": "rows", "verdict": "ok", "found": "2"}


def test_labels_alone_and_options(mer, songs):
    (songs.parent / "a.wav").write_bytes(b"no audio")
    status, out, _ = mer("validate", "table", songs, "--labels", "--set", "groups=emotion")
    assert status == 0
    assert "2 emotions, the largest with 1 rows" in out


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("deem", "."), 1, "Did you mean 'deam'"),
        (("table", ".", "--set", "scale"), 2, "KEY=VALUE"),
        (("table", ".", "--set", "scael=1,9"), 1, "Did you mean 'scale'"),
        (("deam",), 2, "Missing argument"),
        (("synthetic", "."), 1, "nothing on disk"),
    ],
)
def test_wrong_commands_are_answered(mer, words, status, message):
    found, _, err = mer("validate", *words)
    assert found == status
    assert message in err


def test_template_of_a_folder_can_be_filled_in_and_loaded(mer, songs):
    path = songs.parent / "mine.csv"
    assert mer("template", songs.parent, "-o", path) == (0, "", "")
    head, first, second = path.read_text().splitlines()
    assert head == "file,emotion,start,end,group,weight"
    assert (first, second) == ("a.wav,,,,,", "deep/b.wav,,,,,")
    path.write_text("\n".join([head, "a.wav,sad,,,x,2", "deep/b.wav,calm,,,,"]) + "\n")
    dataset = load_dataset("table", path)
    assert dataset.y("emotion").tolist() == ["sad", "calm"]
    assert dataset.weights.tolist() == [2.0, 1.0]
    assert dataset.groups[0] == "x"
    assert len(dataset.paths) == 2


def test_template_of_numbers_to_stdout(mer, songs, monkeypatch):
    monkeypatch.chdir(songs.parent / "deep")
    status, out, _ = mer("template", "..", "-t", "va")
    assert status == 0
    assert out.splitlines() == [
        "file,valence,arousal,start,end,group,weight",
        "../a.wav,,,,,,",
        "b.wav,,,,,,",
    ]


def test_template_without_a_folder_is_an_example(mer):
    assert mer("template")[1] == "file,emotion,start,end,group,weight\nyour-song.mp3,,,,,\n"


def test_template_of_a_folder_without_audio_is_refused(mer, tmp_path):
    status, out, err = mer("template", tmp_path)
    assert (status, out) == (1, "")
    assert "holds no audio files" in err


def test_template_that_cannot_be_written_is_refused(mer, tmp_path):
    assert mer("template", "-o", tmp_path / "no" / "x.csv")[0] == 1
    assert mer("template", "-o", tmp_path / "x.txt")[0] == 2


def test_real_deam(mer, mer_data):
    if not (mer_data / "deam").is_dir():
        pytest.skip("no folder deam in the real data")
    status, out, _ = mer("validate", "deam", mer_data / "deam", "--labels")
    assert status == 0
    lines = out.splitlines()
    assert lines[0].startswith("note   V and A in the file, songs up to 1000")
    assert lines[0].endswith("V~V 0.575, A~A 0.570; crossed: V~A 0.956, A~V 0.949: exchanged")
    assert lines[3].startswith("ok     V and A, repaired")
    assert not any(line.startswith("wrong") for line in lines)


def test_nothing_heavy_is_imported_to_list(songs):
    import subprocess
    import sys

    code = (
        "import sys; from mer_sklearn.cli import main; main(['datasets']); "
        "print([m for m in ('sklearn', 'pandas', 'librosa', 'joblib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_silence_is_a_note(mer, songs):
    soundfile.write(songs.parent / "a.wav", np.zeros(2_000), 22_050)
    status, out, _ = mer("validate", "table", songs)
    assert status == 0
    assert "note   silence    1 silent files: a.wav" in out
