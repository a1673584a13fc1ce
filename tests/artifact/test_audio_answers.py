"""What `docs/models.md` promises for audio that is short, silent, broken or at another rate."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from mer_sklearn import Clip, load, read_audio
from mer_sklearn.cli import main
from mer_sklearn.errors import AudioError


@pytest.fixture(scope="module")
def paths(fit, tmp_path_factory):
    """The same model in both forms."""
    folder = tmp_path_factory.mktemp("models")
    pipeline = fit(model="logistic")
    for kind in ("joblib", "onnx"):
        pipeline.save(folder / f"mood.{kind}")
    return {kind: folder / f"mood.{kind}" for kind in ("joblib", "onnx")}


@pytest.fixture(params=["joblib", "onnx"])
def model(request, paths):
    return load(paths[request.param])


@pytest.mark.parametrize("n_samples", [1, 2, 100, 2_048])
def test_short_audio_has_an_answer(model, n_samples, rng):
    clip = Clip(rng.normal(scale=0.1, size=n_samples).astype(np.float32))
    (found,) = model.predict_proba([clip])
    assert np.isfinite(found).all()
    assert found.sum() == pytest.approx(1.0, abs=1e-5)


def test_silence_has_an_answer(model):
    silences = [Clip(np.zeros(n, np.float32)) for n in (22_050, 30_000, 220_500)]
    found = model.predict_proba(silences)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, found[:1].repeat(3, axis=0), atol=1e-5)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_other_rates_and_stereo_are_brought_to_the_models(model, rate, rng, tmp_path):
    t = np.arange(2 * rate) / rate
    left, right = (np.sin(2 * np.pi * f * t) * 0.3 for f in (220, 330))
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], 1), rate, subtype="FLOAT")
    found = model.predict_proba([tmp_path / "stereo.wav"])
    assert (found == model.predict_proba([read_audio(tmp_path / "stereo.wav")])).all()
    soundfile.write(tmp_path / "mono.wav", (left + right) / 2, rate, subtype="FLOAT")
    np.testing.assert_allclose(found, model.predict_proba([tmp_path / "mono.wav"]), atol=1e-5)


BROKEN = {
    "nan": [0.1, np.nan, 0.1],
    "infinite": [0.1, np.inf],
    "enormous": [1e13, 0.0],
    "empty": [],
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_audio_is_refused_and_named(model, name, tmp_path):
    path = tmp_path / f"{name}.wav"
    soundfile.write(path, np.array(BROKEN[name], np.float32), 22_050, subtype="FLOAT")
    with pytest.raises(AudioError, match=f"{name}.wav"):
        model.predict([path])


@pytest.mark.parametrize("kind", ["joblib", "onnx"])
def test_the_command_line_answers_the_others(kind, paths, tmp_path, wav_files, capsys):
    bad = tmp_path / "nan.wav"
    soundfile.write(bad, np.array(BROKEN["nan"], np.float32), 22_050, subtype="FLOAT")
    words = [str(paths[kind]), str(bad), wav_files[0], "--json", "--no-cache"]
    assert main(["predict", *words]) == 1
    captured = capsys.readouterr()
    first, second = captured.out.splitlines()
    assert '"emotion": null' in first
    assert '"emotion": null' not in second
    assert captured.err.count("nan.wav") == 1
    assert captured.err.count("\n") == 1


def test_the_graph_by_itself_does_not_look(paths):
    """Outside Python: zero samples are silence, and zero clips an error of onnxruntime."""
    session = load(paths["onnx"])._session
    ask = ["probabilities"]
    nothing = session.run(ask, {"waveform": np.zeros((1, 0), np.float32)})[0]
    silence = session.run(ask, {"waveform": np.zeros((1, 22_050), np.float32)})[0]
    np.testing.assert_allclose(nothing, silence, atol=1e-5)
    with pytest.raises(Exception, match=r"RUNTIME_EXCEPTION|FAIL|INVALID_ARGUMENT"):
        session.run(ask, {"waveform": np.zeros((0, 22_050), np.float32)})
