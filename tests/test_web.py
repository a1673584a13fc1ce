"""The example for browsers: in Node, the same file gives the same answers as in Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mer_sklearn import EmotionPipeline, load
from mer_sklearn.artifact.runtime import read_manifest
from mer_sklearn.audio import resample

WEB = Path(__file__).resolve().parent.parent / "examples" / "web"


@pytest.fixture(scope="module")
def node():
    """Run the script in Node; return the answers, or what it says on stderr."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    if not (WEB / "node_modules" / "onnxruntime-web").is_dir():
        pytest.skip("onnxruntime-web is not installed: run `npm ci` in examples/web")

    def node(*words, fails=False):
        words = [program, str(WEB / "predict.mjs"), *map(str, words)]
        run = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        if fails:
            assert run.returncode == 1
            assert run.stdout == ""
            return run.stderr
        assert (run.returncode, run.stderr) == (0, "")
        return [json.loads(line) for line in run.stdout.splitlines()]

    return node


@pytest.fixture(scope="module")
def recordings(corpus, tmp_path_factory):
    """The same kind of audio, written in every way that the script reads."""
    folder = tmp_path_factory.mktemp("recordings")
    first, second = (clip.signal for clip in corpus.X[:2])
    stereo = np.stack([first, second], axis=1)
    short = np.full(1, 0.25, np.float32)
    written = {
        "pcm.wav": (first, "PCM_16", "WAV"),
        "float.wav": (second, "FLOAT", "WAV"),
        "stereo.wav": (stereo, "PCM_16", "WAV"),
        "stereo-float.wav": (stereo, "FLOAT", "WAV"),
        "extensible.wav": (stereo, "PCM_16", "WAVEX"),
        "one-sample.wav": (short, "FLOAT", "WAV"),
        "silence.wav": (np.zeros(22_050, np.float32), "PCM_16", "WAV"),
    }
    for name, (signal, subtype, kind) in written.items():
        soundfile.write(folder / name, signal, 22_050, subtype=subtype, format=kind)
    return [str(folder / name) for name in written]


@pytest.fixture(scope="module")
def models(corpus, tmp_path_factory):
    """Save models of every kind of answer."""
    folder = tmp_path_factory.mktemp("models")
    quadrants = np.asarray(corpus.y("quadrant"))
    wanted = {
        "words": ("mfcc40-mean", "logistic", quadrants, {}),
        "numbers": ("mfcc40-mean", "ridge", corpus.y("va"), {}),
        "emotions": (
            "mfcc40-mean",
            "ridge",
            corpus.y("va"),
            {"labeller": "quadrants", "task": "regression"},
        ),
        "whole numbers": (
            "mfcc40-mean",
            "logistic",
            np.unique(quadrants, return_inverse=True)[1],
            {},
        ),
        "bools": ("mfcc40-mean", "logistic", quadrants == "happy", {}),
        "music": ("music", "mlp", quadrants, {}),
    }
    for name, (features, model, y, parts) in wanted.items():
        pipeline = EmotionPipeline(features, model=model, random_state=0, cache=False, **parts)
        pipeline.fit(corpus.X, y, groups=corpus.groups).save(folder / f"{name}.onnx")
    return folder


@pytest.mark.parametrize(
    "name", ["words", "numbers", "emotions", "whole numbers", "bools", "music"]
)
def test_node_answers_as_python_does(name, node, models, recordings):
    model = models / f"{name}.onnx"
    expected = load(model).predict_records(recordings)
    for found, said in zip(node(model, *recordings), expected, strict=True):
        assert found.pop("seconds") > 0
        found.pop("file")
        assert found == pytest.approx(said, abs=1e-3)


@pytest.mark.parametrize(
    ("subtype", "rate", "sentence"),
    [("PCM_16", 44_100, "takes 22050 Hz, this has 44100 Hz"), ("PCM_24", 22_050, "16-bit")],
)
def test_other_audio_is_refused(subtype, rate, sentence, node, models, tmp_path):
    soundfile.write(tmp_path / "other.wav", np.zeros(1000), rate, subtype=subtype)
    said = node(models / "words.onnx", tmp_path / "other.wav", fails=True)
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("signal", [[], [0.0, np.nan]], ids=["no samples", "NaN"])
def test_what_has_no_answer_is_refused(signal, node, models, tmp_path):
    signal = np.array(signal, np.float32)
    soundfile.write(tmp_path / "bad.wav", signal, 22_050, subtype="FLOAT")
    assert "There are" in node(models / "words.onnx", tmp_path / "bad.wav", fails=True)


def test_a_model_may_take_another_rate(node, corpus, tmp_path):
    pipeline = EmotionPipeline("mfcc40-mean", model="logistic", cache=False)
    pipeline.fit(corpus.X, corpus.y("quadrant"))
    pipeline.save(tmp_path / "mood.onnx", sample_rate=48_000)
    signal = resample(corpus.X[0].signal, 22_050, 48_000)
    soundfile.write(tmp_path / "song.wav", signal, 48_000, subtype="FLOAT")
    (found,) = node(tmp_path / "mood.onnx", tmp_path / "song.wav")
    (said,) = load(tmp_path / "mood.onnx").predict_records([tmp_path / "song.wav"])
    assert {name: found[name] for name in said} == pytest.approx(said, abs=1e-3)


def test_files_that_are_neither_are_refused(node, models, recordings, tmp_path):
    (tmp_path / "text.wav").write_text("no audio at all")
    (tmp_path / "text.onnx").write_text("no model at all")
    content = (models / "words.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(content[:-100])
    graph = content[: read_manifest(models / "words.onnx")["n_bytes"]]
    (tmp_path / "other.onnx").write_bytes(graph)
    for model, audio, sentence in (
        (models / "words.onnx", tmp_path / "text.wav", "This is no WAV file."),
        (tmp_path / "text.onnx", recordings[0], "This is no ONNX file."),
        (tmp_path / "cut.onnx", recordings[0], "This is no complete ONNX file."),
        (tmp_path / "other.onnx", recordings[0], "This is no model of mer_sklearn."),
    ):
        assert node(model, audio, fails=True) == f"{sentence}\n"


def test_a_model_that_answers_otherwise_is_refused(node, models, recordings, tmp_path):
    """The manifest is not sealed for the script: its self-test finds what was changed."""
    content = (models / "words.onnx").read_bytes()
    answer = read_manifest(models / "words.onnx")["self_test"]["answer"]["p_happy"]
    moved = str(answer).replace("0.", "0.9", 1)[: len(str(answer))]
    assert content.count(str(answer).encode()) == 1
    (tmp_path / "moved.onnx").write_bytes(content.replace(str(answer).encode(), moved.encode()))
    said = node(tmp_path / "moved.onnx", recordings[0], fails=True)
    assert "does not answer as when it was saved" in said


def test_the_packages_are_pinned_and_name_no_host():
    package = json.loads((WEB / "package.json").read_text())
    lock = json.loads((WEB / "package-lock.json").read_text())
    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    assert all(version[0].isdigit() for version in package["dependencies"].values())
    others = [entry for name, entry in lock["packages"].items() if name]
    assert all("integrity" in entry and "resolved" not in entry for entry in others)
