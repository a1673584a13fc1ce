"""What an ONNX file takes, what it needs to run, what it refuses, and how it breaks."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest
import soundfile
from sklearn.compose import TransformedTargetRegressor
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import SVC
from xgboost import XGBClassifier, XGBRegressor

from mer_sklearn import Clip, EmotionPipeline, load, read_audio
from mer_sklearn.artifact.runtime import read_manifest
from mer_sklearn.artifact.signals import made_signals
from mer_sklearn.errors import ArtifactError, AudioError, InputError


@pytest.fixture(scope="module")
def pipeline(fit):
    return fit(model="logistic", features="plain")


@pytest.fixture(scope="module")
def path(pipeline, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mood.onnx"
    pipeline.save(path, info={"scores": {"accuracy": 0.5}, "training": {"name": "test"}})
    return path


@pytest.fixture
def copy(path, tmp_path):
    copied = tmp_path / "copy.onnx"
    copied.write_bytes(path.read_bytes())
    return copied


@pytest.fixture(scope="module")
def session(path):
    return onnxruntime.InferenceSession(path.read_bytes())


# ------------------------------------------------------------------------------- what goes in


@pytest.mark.parametrize("n_samples", [1, 511, 512, 2_048, 22_050, 70_001])
def test_a_clip_has_any_length(n_samples, session, pipeline, rng):
    waveform = rng.normal(scale=0.1, size=(1, n_samples)).astype(np.float32)
    label, probabilities = session.run(None, {"waveform": waveform})
    assert label.tolist() == pipeline.predict(waveform).tolist()
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(waveform), atol=1e-3)


def test_clips_of_one_length_may_go_together(session, rng):
    batch = rng.normal(scale=0.1, size=(3, 30_000)).astype(np.float32)
    together = session.run(None, {"waveform": batch})
    apart = [session.run(None, {"waveform": row[None]}) for row in batch]
    assert together[0].tolist() == [label.tolist()[0] for label, _ in apart]
    np.testing.assert_allclose(together[1], np.concatenate([p for _, p in apart]), atol=1e-4)


@pytest.mark.parametrize("name", made_signals())
def test_made_signals_are_answered_alike(name, session, pipeline):
    waveform = made_signals()[name][None]
    label, probabilities = session.run(None, {"waveform": waveform})
    assert label.tolist() == pipeline.predict(waveform).tolist()
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(waveform), atol=1e-3)


def test_files_segments_clips_and_other_rates_are_read(path, pipeline, corpus, wav_files, tmp_path):
    slow = str(tmp_path / "slow.wav")
    soundfile.write(slow, corpus.X[0].signal[::3], 8_000)
    items = [slow, wav_files[0], corpus.X[1], Clip(corpus.X[2].signal, 44_100)]
    np.testing.assert_allclose(
        load(path).predict_proba(items), pipeline.predict_proba(items), atol=1e-3
    )


def test_what_goes_in_and_comes_out_is_declared(path, session):
    (waveform,), outputs = session.get_inputs(), session.get_outputs()
    assert (waveform.name, waveform.type) == ("waveform", "tensor(float)")
    assert waveform.shape == ["n_clips", "n_samples"]
    assert [(o.name, o.type, o.shape) for o in outputs] == [
        ("label", "tensor(string)", ["n_clips"]),
        ("probabilities", "tensor(float)", ["n_clips", 4]),
    ]
    assert "waveform tensor(float)" in repr(load(path))


def test_what_is_no_audio_is_refused(path, tmp_path):
    model = load(path)
    for X in ("a.wav", np.zeros(100), [3], [], np.array([[np.nan]])):
        with pytest.raises((InputError, ValueError)):
            model.predict(X)
    with pytest.raises(AudioError, match=r"no\.wav"):
        model.predict([tmp_path / "no.wav"])


def test_a_bad_file_may_be_skipped(path, pipeline, wav_files, tmp_path):
    bad = str(tmp_path / "bad.wav")
    (tmp_path / "bad.wav").write_text("no audio")
    found = load(path).predict_records([wav_files[0], bad], on_error="skip")
    with pytest.warns(match="1 of 2 items gave no"):
        expected = pipeline.predict_records([wav_files[0], bad], on_error="skip")
    assert [list(record) for record in found] == [list(record) for record in expected]
    assert found[1] == expected[1]
    assert found[0] == pytest.approx(expected[0], abs=1e-3)
    assert "bad.wav" in found[1]["error"]
    with pytest.raises(InputError, match="on_error"):
        load(path).predict_records(wav_files, on_error="ignore")


def test_numbers_have_no_probabilities_and_no_emotions(fit, tmp_path, corpus):
    fit("va", model="ridge").save(tmp_path / "va.onnx")
    model = load(tmp_path / "va.onnx")
    with pytest.raises(InputError, match="numbers have no probabilities"):
        model.predict_proba(corpus.X[:1])
    with pytest.raises(InputError, match="without a labeller"):
        model.predict_emotion(corpus.X[:1])


# -------------------------------------------------------------------------- what it needs to run


def test_predicting_loads_nothing_heavy(path, wav_files, cold):
    code = "from mer_sklearn import load; "
    printed, loaded = cold(code + f"print(load({str(path)!r}).predict_records({wav_files[:1]}))")
    assert loaded == []
    assert "emotion" in printed[0]


@pytest.mark.parametrize("words", [["predict", "{}", "{wav}"], ["inspect", "{}", "--json"]])
def test_the_command_line_loads_nothing_heavy(words, path, wav_files, cold):
    words = [word.format(path, wav=wav_files[0]) for word in words]
    printed, loaded = cold(f"from mer_sklearn.cli import main; main({words})")
    assert loaded == []
    assert printed


# ------------------------------------------------------------------------------------ the file


def test_the_same_pipeline_makes_the_same_bytes(pipeline, path, tmp_path):
    info = {"scores": {"accuracy": 0.5}, "training": {"name": "test"}}
    pipeline.save(tmp_path / "again.onnx", info=info)
    assert (tmp_path / "again.onnx").read_bytes() == path.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["again.onnx"]


def test_onnx_itself_accepts_the_file(path):
    import onnx

    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [entry.key for entry in model.metadata_props] == ["mer_sklearn"]
    assert {domain.domain for domain in model.opset_import} <= {"", "ai.onnx.ml"}


def test_a_changed_word_of_the_manifest_is_found(copy):
    copy.write_bytes(copy.read_bytes().replace(b'"accuracy": 0.5', b'"accuracy": 0.9'))
    with pytest.raises(ArtifactError, match=r"copy\.onnx: was damaged"):
        read_manifest(copy)


@pytest.mark.parametrize("place", [0.01, 0.3, 0.6, 0.8, 0.999])
def test_a_flipped_byte_is_found(copy, place):
    content = bytearray(copy.read_bytes())
    content[int(len(content) * place)] ^= 0x08
    copy.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"copy\.onnx: "):
        load(copy)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.97])
def test_a_cut_file_is_found(copy, share):
    content = copy.read_bytes()
    copy.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ArtifactError, match=r"copy\.onnx: ") as caught:
        load(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"schema": 2}, "format 2"), ({"format": "other"}, "no model of mer_sklearn")],
    ids=["schema", "format"],
)
def test_files_of_other_versions_are_refused(change, sentence, path, copy):
    n_bytes = read_manifest(path)["n_bytes"]
    _write(copy, path.read_bytes()[:n_bytes], {**read_manifest(path), **change})
    with pytest.raises(ArtifactError, match=sentence):
        load(copy)


def test_a_model_without_a_manifest_is_none_of_ours(path, copy):
    copy.write_bytes(path.read_bytes()[: read_manifest(path)["n_bytes"]])
    with pytest.raises(ArtifactError, match="an ONNX model, but not one of mer_sklearn"):
        load(copy)


def _write(path, graph, manifest):
    import onnx

    says = onnx.ModelProto()
    says.metadata_props.add(key="mer_sklearn", value=json.dumps(manifest))
    path.write_bytes(graph + says.SerializeToString())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mood.onx", r"ends in \.joblib or \.onnx"),
        ("no/folder/mood.onnx", "does not exist"),
        ("folder.onnx", "is a folder"),
    ],
)
def test_a_wrong_place_is_refused(pipeline, tmp_path, name, sentence):
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ArtifactError, match=sentence):
        pipeline.save(tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["folder.onnx"]
    with pytest.raises(ArtifactError, match=name):
        load(tmp_path / name)


def test_text_is_no_model(tmp_path):
    (tmp_path / "mood.onnx").write_text("no model")
    with pytest.raises(ArtifactError, match=r"mood\.onnx: is no ONNX model"):
        load(tmp_path / "mood.onnx")


# ------------------------------------------------------------------------- what has no ONNX form


def own_kernel(a, b):
    return a @ b.T


class LabelsXGB(XGBClassifier):
    """A type that no table names."""


REFUSED = {
    "labels that spread": (LabelSpreading("knn", n_neighbors=3), "LabelSpreading has no"),
    "gauss": (GaussianProcessClassifier(), "GaussianProcessClassifier"),
    "no probabilities": (SVC(), r"SVC gives no probabilities.*ScoreClassifier\(SVC"),
    "one against rest": (OneVsRestClassifier(SVC()), "OneVsRestClassifier gives no probabilities"),
}


@pytest.mark.parametrize(("model", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_classifier_without_a_graph_is_refused_by_name(model, sentence, fit, refused):
    refused(fit(model=model), sentence)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_ties_that_skl2onnx_leaves_are_refused(fit, refused):
    model = SVC(probability=True, break_ties=True)
    refused(fit(model=model), r"SVC\(break_ties=True\) has no export.*does not break ties")


def test_boosters_without_trees_are_refused(fit, refused):
    refused(fit("va", model=XGBRegressor(booster="gblinear")), "booster='gblinear' has no export")
    refused(fit("va", model=XGBRegressor(booster="dart")), "booster='dart' has no export")


def test_targets_on_another_scale_are_refused(fit, refused):
    model = TransformedTargetRegressor(Ridge(), transformer=MinMaxScaler())
    refused(fit("va", model=model), "another transformer than StandardScaler has no export")


def test_a_transformer_of_python_code_is_refused(fit, refused):
    refused(fit("va", model="ridge", select=FunctionTransformer(np.sinh)), "FunctionTransformer")


def test_a_table_has_no_waveform(table, corpus, refused):
    pipeline = EmotionPipeline(None, model="ridge").fit(table, corpus.y("va"))
    refused(pipeline, "features=None takes tables, so there is no way from a waveform")


def test_the_self_test_can_be_made_again(path):
    """As the manifest says: anyone can make the signal, and has to find the label."""
    from mer_sklearn.artifact.signals import chirp

    said = read_manifest(path)["self_test"]
    assert said["signal"] == "chirp"
    assert load(path).predict_records([Clip(chirp(), 22_050)]) == [said["answer"]]


def test_the_file_reads_as_a_clip_does(path, wav_files):
    model = load(path)
    clip = read_audio(wav_files[0])
    np.testing.assert_array_equal(model.predict_proba([clip]), model.predict_proba(wav_files[:1]))
