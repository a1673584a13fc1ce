"""Every odd file gives finite features or one sentence; an hour needs little memory."""

from __future__ import annotations

import csv
import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mer_sklearn import AudioFeatures, make_emotion_clips, read_audio
from mer_sklearn.audio import open_audio
from mer_sklearn.errors import AudioError
from mer_sklearn.features import ops, preset
from mer_sklearn.features.rows import FamilyRows

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"
ODD = Path(os.environ.get("MER_DATA", ROOT.parent / "shared" / "data")) / "robustness_audio"
NO_DATA = pytest.mark.skipif(not ODD.is_dir(), reason="no real data: set MER_DATA")


@pytest.fixture
def robustness(monkeypatch):
    """The benchmark that prints the table, as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("robustness")


# ---- The folder of odd files ----


def clip_or_sentence(path):
    """Read a file; any error that is not ours goes through."""
    try:
        return read_audio(path), ""
    except AudioError as error:
        return None, str(error)


def made_files():
    """Yield each made file with what is expected of it."""
    manifest = ODD / "made" / "manifest.csv"
    if not manifest.exists():
        yield pytest.param("", "", marks=pytest.mark.skip(reason="no real data: set MER_DATA"))
        return
    with manifest.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield pytest.param(row["file"], row["expect"], id=row["file"].strip())


@pytest.mark.parametrize(("name", "expected"), list(made_files()))
def test_a_made_file_does_what_its_list_says(name, expected):
    path = ODD / "made" / name
    clip, sentence = clip_or_sentence(path)
    if clip is None:
        assert sentence.startswith(f"{path}: ")
        assert expected in ("reject", "either"), sentence
    else:
        assert expected != "reject"
        assert np.isfinite(clip.signal).all()


@NO_DATA
@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("mp3_vbr_noxing.mp3", 3.05),
        ("mp3_two_files_joined.mp3", 6.1),
        ("wav_data_size_0.wav", 0.5),
        ("wav_data_size_ffffffff.wav", 0.5),
        ("aac.m4a", 3.0),
        ("alac.m4a", 3.0),
        ("opus.webm", 3.0),
        ("wma2.wma", 3.0),
        ("ac3.ac3", 3.0),
        ("aac_adts.aac", 3.05),
    ],
)
def test_all_of_it_is_read(name, seconds):
    assert read_audio(ODD / "made" / name).duration == pytest.approx(seconds, abs=0.06)


@NO_DATA
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("made/mp3_truncated.mp3", "ends after 1.46 of the 3.00 s"),
        ("made/wav_truncated.wav", "ends after 0.33 of the 1.00 s"),
        ("made/flac_truncated.flac", "cut after 1.28 of 3.00 s"),
        ("made/ogg_truncated.ogg", "was cut"),
        ("made/mp3_rate_change.mp3", "goes on at 16000 Hz after 3.0"),
        ("made/video_only.mp4", "holds no sound"),
        ("made/mp3_hole.mp3", "is damaged or cut after 0.97"),
        ("made/lfs_pointer.wav", "it is a Git LFS pointer, not the file.. Run: git lfs pull"),
        ("made/html_error_page.mp3", "it is a web page"),
        ("made/nul_bytes.mp3", "it holds only zeros"),
        ("made/text_named.mp3", "it is text"),
        ("made/mp3_id3_lies.mp3", "it ends before its ID3 tag does"),
        ("real/mutagen_bad-xing.mp3", "ends after 0.10 of the 0.41 s"),
        ("real/mutagen_vbri.mp3", "ends after 0.41 of the 222.20 s"),
        ("real/soundfile_mono.raw", "it holds bare samples"),
    ],
)
def test_what_is_missing_is_said(name, reason):
    with pytest.raises(AudioError, match=reason):
        read_audio(ODD / name)


@NO_DATA
def test_no_sentence_is_in_the_words_of_a_library(robustness):
    words = ("Error", "Internal", "internal", "recognised", "sync", "SF_INFO", "Errno", "must be")
    sentences = [clip_or_sentence(path)[1] for path in robustness.odd_files(ODD)]
    assert [line for line in sentences if any(word in line for word in words)] == []


@NO_DATA
def test_every_file_gives_finite_features_or_a_sentence(robustness):
    rows = robustness.both_presets()
    files = robustness.odd_files(ODD)
    found = {path.name: robustness.outcome(path, rows) for path in files}
    assert len(found) > 130
    assert [line for line in found.items() if "FAULT" in line[1]] == []
    # A sentence ends with a full stop, what was read with its columns.
    assert [line for line in found.items() if not line[1].endswith((".", " columns"))] == []
    assert sum(line.endswith(" columns") for line in found.values()) > 80


def test_the_table_says_where_the_data_should_be(tmp_path):
    command = [sys.executable, str(BENCHMARKS / "robustness.py"), "--small"]
    environment = {**os.environ, "MER_DATA": str(tmp_path)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "set MER_DATA" in run.stdout


# ---- Memory ----


@pytest.fixture(scope="module")
def song():
    """Twenty seconds of rendered music, in a file."""
    return make_emotion_clips(1, random_state=0, duration=20.0).X[0]


@pytest.mark.parametrize("name", ["plain", "music"])
def test_a_stream_gives_the_row_of_the_whole(name, song, tmp_path):
    import soundfile

    path = tmp_path / "song.flac"
    soundfile.write(path, song.signal, song.sr)
    rows = FamilyRows(preset(name))
    every = range(len(rows.parts))
    for streamed, whole in zip(
        rows(open_audio(path), every), rows(read_audio(path), every), strict=True
    ):
        np.testing.assert_array_equal(streamed, whole)


@pytest.mark.parametrize("name", ["plain", "music", "speech"])
def test_a_long_clip_computed_in_blocks_gives_the_same_row(name, song, monkeypatch):
    """What is long is a constant; here it is made small, and the blocks smaller."""
    families = AudioFeatures(name)
    expected = families.fit_transform([song])
    monkeypatch.setattr(ops, "LONG", 300)
    monkeypatch.setattr(ops, "PIECE", 128)
    monkeypatch.setattr(ops, "ROWS", 3)
    np.testing.assert_allclose(families.fit_transform([song]), expected, rtol=1e-3, atol=1e-4)


def test_a_full_disk_costs_the_long_clip_and_not_the_run(song, monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ops, "LONG", 300)
    monkeypatch.setattr(ops.tempfile, "TemporaryFile", full)
    with pytest.raises(AudioError, match=r"does not fit into memory. Cut it into segments\."):
        AudioFeatures("plain").fit_transform([song])


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
def test_half_an_hour_needs_less_than_its_signal():
    words = ["--minutes", "25", "--format", "FLAC", "--preset", "music"]
    command = [sys.executable, str(BENCHMARKS / "memory.py"), *words]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    peak = float(run.stdout.splitlines()[-1].split("|")[3])
    assert 5.0 < peak < 110.0  # MiB; 89 measured, and the signal alone would be 126
