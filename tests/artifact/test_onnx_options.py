"""ONNX files that take another rate, give the features, start fast, and need little."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import soundfile

from mer_sklearn import Clip, load
from mer_sklearn.artifact import onnx_file
from mer_sklearn.artifact.runtime import open_session, read_manifest
from mer_sklearn.cli import main
from mer_sklearn.errors import ArtifactError, InputError
from mer_sklearn.features.resampling import to_working_rate


@pytest.fixture(scope="module")
def pipeline(fit):
    return fit(model="logistic")


@pytest.fixture(scope="module", params=[44_100, 48_000])
def fast(request, pipeline, tmp_path_factory):
    """A file that takes another rate, and gives the features."""
    path = tmp_path_factory.mktemp("model") / "mood.onnx"
    pipeline.save(path, sample_rate=request.param, features=True)
    return load(path, check=True)


@pytest.fixture(scope="module")
def songs(tmp_path_factory, corpus):
    """Pieces at 44 100 Hz, as songs come."""
    folder = tmp_path_factory.mktemp("songs")
    paths = [str(folder / f"{number}.wav") for number in range(8)]
    rng = np.random.default_rng(0)
    for path, clip in zip(paths, corpus.X, strict=False):
        spectrum = np.fft.rfft(clip.signal)
        signal = np.fft.irfft(spectrum, 2 * len(clip.signal)) * 2
        bright = signal + 1e-3 * rng.normal(size=len(signal))
        soundfile.write(path, bright.astype(np.float32), 44_100, subtype="FLOAT")
    return paths


# ------------------------------------------------------------------------------- other rates


def test_the_rate_is_in_the_manifest(fast):
    rate = fast.manifest["sample_rate"]
    assert rate in (44_100, 48_000)
    assert fast.manifest["outputs"] == ["label", "probabilities", "features"]


def test_files_are_answered_as_the_pipeline_does(fast, pipeline, songs):
    """Up to the slope of two filters near 11 kHz."""
    np.testing.assert_allclose(
        fast.predict_proba(songs), pipeline.predict_proba(songs), rtol=0, atol=5e-3
    )
    assert fast.predict(songs).tolist() == pipeline.predict(songs).tolist()


def test_the_twin_in_numpy_answers_alike(fast, pipeline, rng):
    rate = fast.manifest["sample_rate"]
    for n_samples in (1, 1_000, 100_001):
        waveform = rng.normal(scale=0.1, size=(1, n_samples)).astype(np.float32)
        ours = pipeline.predict_proba([Clip(to_working_rate(waveform, rate)[0])])
        found = fast.predict_proba([Clip(waveform[0], rate)])
        np.testing.assert_allclose(found, ours, atol=1e-4)


def test_the_gate_sees_a_filter_that_is_off(pipeline, tmp_path, monkeypatch):
    from mer_sklearn.artifact import gate

    def louder(signal, rate):
        return to_working_rate(signal, rate) * np.float32(1.01)

    monkeypatch.setattr(gate, "to_working_rate", louder)
    with pytest.raises(ArtifactError, match="family 'mfcc' gives other numbers than numpy"):
        pipeline.save(tmp_path / "mood.onnx", sample_rate=48_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [16_000, 48_000.0, np.float64(44_100), "48000", True, None])
def test_other_rates_are_refused_before_any_work(rate, pipeline, refused, monkeypatch):
    monkeypatch.setattr(onnx_file, "trace", lambda *_, **__: pytest.fail("it was traced"))
    sentence = rf"sample_rate={re.escape(repr(rate))} must be one of 22050, 44100, 48000 Hz\.$"
    refused(pipeline, sentence, sample_rate=rate)


def test_a_rate_of_numpy_is_a_rate(pipeline, tmp_path):
    pipeline.save(tmp_path / "mood.onnx", sample_rate=np.int64(48_000))
    assert read_manifest(tmp_path / "mood.onnx")["sample_rate"] == 48_000


@pytest.mark.parametrize("options", [{"sample_rate": 48_000}, {"features": True}])
def test_a_joblib_file_has_no_such_options(pipeline, options, tmp_path):
    with pytest.raises(ArtifactError, match="are options of ONNX files"):
        pipeline.save(tmp_path / "mood.joblib", **options)
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------------- features


def test_features_are_those_of_the_extractor(pipeline, corpus, tmp_path):
    pipeline.save(tmp_path / "mood.onnx", features=True)
    model = load(tmp_path / "mood.onnx")
    expected = pipeline.pipeline_["features"].transform(corpus.X[:3])
    np.testing.assert_allclose(model.features(corpus.X[:3]), np.asarray(expected), rtol=1e-3)
    assert len(model.manifest["features"]["names"]) == expected.shape[1]


def test_features_of_parts_are_those_of_the_whole_clip(fit, corpus, tmp_path):
    pipeline = fit(model="logistic", parts=True)
    pipeline.save(tmp_path / "mood.onnx", features=True)
    expected = pipeline.pipeline_["features"].transform(corpus.X[:3])
    found = load(tmp_path / "mood.onnx").features(corpus.X[:3])
    np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-3)


def test_a_file_without_features_says_so(pipeline, corpus, tmp_path):
    pipeline.save(tmp_path / "mood.onnx")
    with pytest.raises(InputError, match=r"gives no features\. Save the pipeline"):
        load(tmp_path / "mood.onnx").features(corpus.X[:1])


def test_the_command_line_has_both_options(pipeline, songs, tmp_path, capsys):
    pipeline.save(tmp_path / "mood.joblib")
    words = ["export", str(tmp_path / "mood.joblib"), "--sample-rate", "48000", "--features"]
    assert main(words) == 0
    said = read_manifest(tmp_path / "mood.onnx")
    assert said["sample_rate"] == 48_000
    assert "features" in said["outputs"]
    assert main(["predict", str(tmp_path / "mood.onnx"), songs[0]]) == 0
    assert "p_angry" in capsys.readouterr().out


# ------------------------------------------------------------------------ the default preset


@pytest.mark.parametrize(
    "code",
    [
        "from mer_sklearn import load; load({path!r}).predict([{wav!r}])",
        "from mer_sklearn.cli import main; main(['predict', {path!r}, {wav!r}])",
    ],
    ids=["load", "mer predict"],
)
def test_a_prediction_loads_nothing_heavy(code, music, wav_files, cold):
    assert cold(code.format(path=str(music), wav=wav_files[0]))[1] == []


def test_the_default_preset_is_small(music):
    assert music.stat().st_size < 4e6
    model = onnx.load(music)
    onnx.checker.check_model(model, full_check=True)
    assert len(model.graph.node) < 1_600
    assert not any(node.op_type in ("Constant", "Identity") for node in model.graph.node[:-3])


def test_any_level_of_optimization_answers_alike(music, corpus):
    """Ours opens without; whoever else opens the file has onnxruntime's defaults."""
    content = music.read_bytes()
    sessions = open_session(content, "mood.onnx"), onnxruntime.InferenceSession(content)
    for clip in corpus.X[:2]:
        feed = {"waveform": clip.signal[None]}
        ours, theirs = (session.run(["probabilities"], feed)[0] for session in sessions)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


PEAK = """
import numpy as np
from mer_sklearn import load

def kib(name):
    lines = dict(line.split(":") for line in open("/proc/self/status"))
    return int(lines[name].split()[0])

session = load({path!r})._session
session.run(None, {{"waveform": np.zeros((1, 1_000), np.float32)}})
signal = np.random.default_rng(0).standard_normal((1, 600 * 22_050), np.float32)
before = kib("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak from here on
session.run(None, {{"waveform": signal}})
print((kib("VmHWM") - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peaks of memory are read from /proc")
def test_ten_minutes_take_at_most_200_mib(music):
    """Beyond the session and the signal that is handed over."""
    code = PEAK.format(path=str(music))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 50.0 < float(run.stdout) < 200.0
