"""Whether a copy of a corpus is complete and sound."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile

from mer_sklearn.datasets import dataset_names, validate_dataset
from mer_sklearn.errors import InputError


@pytest.fixture
def songs(tmp_path, rng):
    """Write a table of four songs by two artists, and their audio."""

    def write(*lines):
        for k in range(4):
            soundfile.write(tmp_path / f"{k}.wav", rng.uniform(-0.5, 0.5, 2_205), 22_050)
        path = tmp_path / "songs.csv"
        default = [f"{k}.wav,{'ab'[k // 2]},{('sad', 'happy')[k % 2]}" for k in range(4)]
        path.write_text("\n".join(["file,artist,emotion", *(lines or default)]) + "\n")
        return path

    return write


def look(name, root, **options):
    return {check.name: check for check in validate_dataset(name, root, **options)}


def test_all_is_well(songs):
    found = look("table", songs())
    assert {check.verdict for check in found.values()} == {"ok"}
    assert found["rows"].found == "4"
    assert found["emotion"].found == "sad 2, happy 2"
    assert found["groups"].found == "2 artists, the largest with 2 rows"
    assert found["audio"].found == "4 of 4 files"
    assert found["decoding"].found == "4 of 4 files"
    assert found["durations"].found == "0.10 to 0.10 s, half of them up to 0.10 s"


def test_files_that_do_not_decode_are_named(songs):
    path = songs()
    (path.parent / "2.wav").write_bytes(b"no audio")
    found = look("table", path)["decoding"]
    assert found.verdict == "wrong"
    assert found.found.startswith("3 of 4 files; not ")
    assert "2.wav: " in found.found


def test_silence_is_noted(songs):
    path = songs()
    soundfile.write(path.parent / "1.wav", np.zeros(2_000), 22_050)
    found = look("table", path)["silence"]
    assert (found.verdict, found.found) == ("note", "1 silent files: 1.wav")


@pytest.mark.parametrize(("copy", "verdict"), [("1.wav", "note"), ("3.wav", "wrong")])
def test_copies_are_wrong_across_groups(songs, copy, verdict):
    path = songs()
    shutil.copy(path.parent / "0.wav", path.parent / copy)
    found = look("table", path)["copies"]
    assert found.verdict == verdict
    assert f"0.wav/{copy}" in found.found


def test_what_does_not_load_is_wrong(songs):
    path = songs("0.wav,a,sad", "0.wav,a,sad")
    [found] = validate_dataset("table", path)
    assert (found.name, found.verdict) == ("loading", "wrong")
    assert "line 3 names audio that an earlier line has" in found.found


def test_one_class_is_wrong_and_no_groups_a_note(songs):
    path = songs()
    path.write_text("file,emotion\n0.wav,sad\n1.wav,sad\n")
    found = look("table", path)
    assert found["emotion"].verdict == "wrong"
    assert found["groups"].verdict == "note"


def test_missing_audio_is_counted_and_named(deam):
    found = look("deam", deam)
    assert found["audio"].verdict == "wrong"
    assert (
        found["audio"].found
        == "3 of 63 files; missing 3.mp3, 4.mp3, 5.mp3, 6.mp3, 7.mp3 and 55 more"
    )
    assert found["decoding"].verdict == "ok"
    assert found["rows"].found == "63 of 1802"
    assert "loader" not in found  # what is missing is said once


def test_labels_alone(deam):
    found = look("deam", deam, audio=False)
    assert "audio" not in found
    assert found["labels"].found == "static, as published (songs 2001 to 2058: not compared)"


def test_warnings_of_the_loader_are_checks(deam_tree):
    found = look("deam", deam_tree(), audio=False)  # a warning would be an error here
    assert found["V and A in the file, songs up to 1000"].verdict == "note"


def test_windows_are_no_incomplete_copy(deam):
    found = look("deam", deam, audio=False, annotation="dynamic")
    assert found["rows"].verdict == "ok"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cremad", {"labels": "heard"}),
        ("deam", {"annotation": "dynamic"}),
        ("deam", {"benchmark": "2014"}),
    ],
)
def test_rows_are_compared_with_the_whole_only_without_options(request, name, options):
    root = request.getfixturevalue(name)
    assert look(name, root, audio=False)["rows"].verdict == "wrong"
    found = look(name, root, audio=False, **options)["rows"]
    assert found.verdict == "ok"
    assert found.found.isdecimal()


def test_defaults_are_no_options(deam):
    found = look("deam", deam, audio=False, annotation="static", missing="drop")
    assert found["rows"].verdict == "wrong"


def test_ratings_that_are_asked_for_are_looked_at(deam_tree):
    root = deam_tree(raters=True)
    path = next(root.rglob("static_annotations_songs_1_2000.csv"))
    lines = path.read_text().splitlines()
    turned = [f"{w},{s},{a},{v}" for w, s, v, a in (line.split(",") for line in lines[1:])]
    path.write_text("\n".join([lines[0], *turned]) + "\n")
    name = "V and A in the file, songs up to 1000"
    assert look("deam", root, audio=False)[name].found.endswith("exchanged")
    assert look("deam", root, audio=False, annotation="raters")[name].found.endswith("right")


@pytest.mark.parametrize(("columns", "verdict"), [(("v", "a"), "ok"), (("a", "v"), "note")])
def test_level_follows_arousal(tmp_path, rng, columns, verdict):
    lines = ["file,valence,arousal"]
    for k in range(20):
        drawn = {"v": rng.uniform(-1, 1), "a": k / 20}
        tone = rng.uniform(-1, 1, 2_205) * 10 ** (drawn["a"] - 1.5)
        soundfile.write(tmp_path / f"{k}.wav", tone, 22_050)
        lines.append(",".join([f"{k}.wav", *(f"{drawn[name]:.3f}" for name in columns)]))
    (tmp_path / "songs.csv").write_text("\n".join(lines) + "\n")
    found = look("table", tmp_path / "songs.csv")["level"]
    assert found.verdict == verdict
    r = found.found.split()[3 if verdict == "note" else 6].rstrip(",")
    assert float(r) == pytest.approx(1.0, abs=0.01)
    assert "20 files" in found.found


def test_synthetic_has_nothing_on_disk():
    with pytest.raises(InputError, match="nothing on disk"):
        validate_dataset("synthetic", "somewhere")


@pytest.mark.parametrize("name", [n for n in dataset_names() if n != "synthetic"])
def test_every_corpus_can_be_looked_at(request, name, tmp_path):
    if name == "table":
        root = request.getfixturevalue("table")(
            "file,artist,emotion", "a.wav,x,sad", "b.wav,y,calm"
        )
    elif name == "ready":
        write = request.getfixturevalue("table")
        root = write("artist,emotion,tempo", "x,sad,60.5", "y,happy,128.0")
    else:
        root = request.getfixturevalue({"folders": "classes"}.get(name, name))
    found = validate_dataset(name, root)
    assert "loading" not in {check.name for check in found}
    assert {"rows", "groups"} <= {check.name for check in found}
    assert all(check.found and not check.found.endswith(".") for check in found)


def test_real_deam_shows_the_swap_and_passes_repaired(mer_data):
    if not (mer_data / "deam").is_dir():
        pytest.skip("no folder deam in the real data")
    found = look("deam", mer_data / "deam", audio=False)
    raw = found["V and A in the file, songs up to 1000"]
    assert raw.verdict == "note"
    assert raw.found.endswith("crossed: V~A 0.956, A~V 0.949: exchanged")
    assert found["V and A, repaired"].verdict == "ok"
    assert all(check.verdict != "wrong" for check in found.values())


def test_real_emotify_is_whole(mer_data):
    found = look("emotify", mer_data / "emotify", audio=False)
    assert found["answers"].found.startswith("8407 answers, 11 to 59 a song; 140 equal others")
    assert "9 choose more than 3 emotions and 103 none" in found["answers"].found
    assert all(check.verdict != "wrong" for check in found.values())
