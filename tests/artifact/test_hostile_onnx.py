"""ONNX files that are cut, altered or hostile: each is one sentence, also on the command line."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from mer_sklearn import load
from mer_sklearn.artifact.runtime import open_session, read_manifest
from mer_sklearn.cli import main
from mer_sklearn.errors import ArtifactError


@pytest.fixture(scope="module")
def saved(fit, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mood.onnx"
    fit(model="logistic").save(path)
    return path


@pytest.fixture
def copy(saved, tmp_path):
    copied = tmp_path / "mood.onnx"
    copied.write_bytes(saved.read_bytes())
    return copied


def refused(path, sentence, read=load):
    with pytest.raises(ArtifactError, match=sentence) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


# ------------------------------------------------------------------------- the bytes of the file


@pytest.mark.parametrize("share", [0.0, 1e-5, 0.1, 0.5, 0.95, 0.99999])
@pytest.mark.parametrize("read", [load, read_manifest])
def test_a_cut_file_is_found(read, share, copy):
    content = copy.read_bytes()
    copy.write_bytes(content[: int(len(content) * share)])
    refused(copy, r"not a complete one|not one of mer_sklearn", read)


def test_a_file_cut_anywhere_in_its_manifest_is_found(copy):
    content, start = copy.read_bytes(), read_manifest(copy)["n_bytes"]
    for end in range(start, len(content), 97):
        copy.write_bytes(content[:end])
        refused(copy, r"not a complete one|not one of mer_sklearn")


@pytest.mark.parametrize("read", [load, read_manifest])
def test_a_changed_byte_is_found_wherever_it_is(read, copy, rng):
    content = bytearray(copy.read_bytes())
    for place in rng.integers(0, len(content), 60):
        content[place] ^= 1 << rng.integers(8)
        copy.write_bytes(content)
        refused(copy, "mood.onnx: ", read)
        content = bytearray(content)


@pytest.mark.parametrize(
    "more",
    [
        b"\x00",
        b"\x08\x0a",
        b"\x3a\x00",
        b"\x72\x04\x0a\x00\x12\x00",
        b"garbage",
        b"\x08\x0a" * 2000,
    ],
    ids=["zero", "a version", "a graph", "metadata", "garbage", "many fields"],
)
def test_what_was_added_behind_is_found(more, copy):
    copy.write_bytes(copy.read_bytes() + more)
    refused(copy, r"was changed after it was saved|not a complete one")


def test_a_second_manifest_is_found(copy, forge, tmp_path):
    content, n_bytes = copy.read_bytes(), read_manifest(copy)["n_bytes"]
    forge(copy, {}, payload=content[:n_bytes] + content[n_bytes:])
    refused(copy, "was changed after it was saved")


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        (
            2**28,
            "its manifest has 256 MB, more than the 4 MB that mer_sklearn writes or reads. Do not "
            "use the file.",
        ),
        (
            2**33,
            "is no ONNX model, or not a complete one (9 GB are too many). Give a file that `save` "
            "or `mer export` wrote, or copy it again from its source.",
        ),
    ],
    ids=["of 256 MB", "of 8 GB"],
)
def test_a_huge_manifest_costs_no_memory(size, sentence, tmp_path, peak_memory):
    path = tmp_path / "huge.onnx"
    value = size - 100
    key = b"\x0a\x0bmer_sklearn\x12" + _varint(value)
    with path.open("wb") as file:
        file.write(b"\x72" + _varint(len(key) + value) + key)
        file.truncate(file.tell() + value)
    refused(path, f"^{re.escape(f'{path}: {sentence}')}$")
    assert peak_memory() < 2**21


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (bytes(1000), "its bytes are no message of protobuf"),
        (b"\x08", "it ends too early"),
        (b"\x3a\x7f", "it ends too early"),
    ],
    ids=["empty", "zeros", "a tag", "a length"],
)
def test_what_is_no_message_is_no_model(content, reason, tmp_path):
    (tmp_path / "mood.onnx").write_bytes(content)
    refused(
        tmp_path / "mood.onnx", rf"is no ONNX model, or not a complete one \({reason}\)\. Give a"
    )


def test_a_huge_graph_of_others_costs_no_memory(tmp_path, peak_memory):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.write(b"\x3a" + _varint(2**28))
        file.truncate(file.tell() + 2**28)
    refused(path, "not one of mer_sklearn")
    assert peak_memory() < 2**21


def _varint(number):
    low = b""
    while number > 127:
        low += bytes([number & 127 | 128])
        number >>= 7
    return low + bytes([number])


# --------------------------------------------------------------------- a graph that is not ours


def graph(nodes, inputs, outputs, initializers=()):
    """Return the bytes of a small model."""
    made = helper.make_graph(nodes, "made", inputs, outputs, list(initializers))
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return model.SerializeToString()


def number(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def answering(label, probabilities, **others):
    """Return a model that always answers the same."""
    constants = {"label": np.array(label, object), "probabilities": np.float32(probabilities)}
    tensors = {
        name: helper.make_tensor(
            f"{name}_",
            TensorProto.STRING if name == "label" else TensorProto.FLOAT,
            value.shape,
            value.ravel().tolist(),
        )
        for name, value in constants.items()
    }
    nodes = [helper.make_node("Constant", [], [n], value=tensors[n]) for n in constants]
    outputs = [number("label", [None], TensorProto.STRING), number("probabilities", [None, None])]
    inputs = others.get("inputs", [number("waveform", ["n", "m"])])
    return graph(nodes, inputs, outputs)


FAIR = [[0.25, 0.25, 0.25, 0.25]]


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ([number("sound", ["n", "m"])], "does not take one waveform"),
        ([number("waveform", ["n"])], "does not take one waveform"),
        ([number("waveform", ["n", "m"], TensorProto.DOUBLE)], "does not take one waveform"),
        ([number("waveform", ["n", "m"]), number("more", [1])], "does not take one waveform"),
        ([], "does not take one waveform"),
    ],
    ids=["name", "shape", "type", "number", "none"],
)
def test_wrong_inputs_are_refused(inputs, sentence, copy, forge):
    refused(forge(copy, {}, payload=answering(["happy"], FAIR, inputs=inputs)), sentence)


def test_wrong_outputs_are_refused(copy, forge):
    nodes = [helper.make_node("Identity", ["waveform"], ["label"])]
    nodes += [helper.make_node("Identity", ["waveform"], ["probabilities"])]
    waveform = number("waveform", ["n", "m"])
    outputs = [number(name, ["n", "m"]) for name in ("label", "probabilities")]
    refused(forge(copy, {}, payload=graph(nodes, [waveform], outputs)), "gives no label as our")
    nodes = [helper.make_node("Identity", ["waveform"], ["values"])]
    payload = graph(nodes, [waveform], [number("values", ["n", "m"])])
    refused(forge(copy, {}, payload=payload), "gives no probabilities as our|gives no label as our")


@pytest.mark.parametrize(
    ("label", "probabilities"),
    [
        (["\x1b[31mevil"], FAIR),
        (["happy", "sad"], FAIR),
        ([], FAIR),
        (["happy"], [[0.5, 0.5]]),
        (["happy"], [0.25, 0.25, 0.25, 0.25]),
        (["happy"], FAIR * 2),
        (["happy"], [[float("nan"), 0.5, 0.5, 0.0]]),
    ],
    ids=["label", "labels", "no label", "width", "shape", "rows", "NaN"],
)
def test_answers_that_the_manifest_does_not_know_are_refused(
    label, probabilities, copy, forge, wav_files
):
    model = load(forge(copy, {}, payload=answering(label, probabilities)))
    for answer in (model.predict, model.predict_proba, model.predict_records):
        refused(
            copy,
            "its graph answers what its manifest does not say",
            lambda _, answer=answer: answer(wav_files[:1]),
        )


def test_another_graph_under_our_manifest_fails_the_self_test(copy, forge):
    forge(copy, {}, payload=answering(["happy"], FAIR))
    load(copy)
    refused(copy, "does not answer as when it was saved", lambda path: load(path, check=True))


def elsewhere(place):
    """Return a model whose numbers lie in another file."""
    tensor = helper.make_tensor("numbers", TensorProto.FLOAT, [1, 4], FAIR[0])
    del tensor.float_data[:]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    nodes = [helper.make_node("Identity", ["numbers"], ["probabilities"])]
    waveform, probabilities = number("waveform", ["n", "m"]), number("probabilities", [1, 4])
    return graph(nodes, [waveform], [probabilities], [tensor])


PLACES = ["/etc/hostname", "numbers.bin", "../numbers.bin", "folder/../numbers.bin"]


@pytest.mark.parametrize("place", PLACES)
def test_external_data_are_refused(place, copy, forge, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numbers.bin").write_bytes(bytes(16))
    refused(forge(copy, {}, payload=elsewhere(place)), "points at another file")
    refused(copy, "points at another file", read_manifest)


@pytest.mark.parametrize("place", PLACES)
def test_a_session_finds_no_external_data(place, tmp_path, monkeypatch):
    """The second lock, should the bytes be written so that the first does not see them."""
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numbers.bin").write_bytes(bytes(16))
    with pytest.raises(ArtifactError, match="is no ONNX model that onnxruntime can open"):
        open_session(elsewhere(place), "mood.onnx")


def test_a_graph_that_fails_to_run_is_one_sentence(copy, forge, wav_files):
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [3, 5])
    label = helper.make_tensor("l", TensorProto.STRING, [1], [b"happy"])
    nodes = [
        helper.make_node("Reshape", ["waveform", "shape"], ["probabilities"]),
        helper.make_node("Constant", [], ["label"], value=label),
    ]
    outputs = [number("label", [1], TensorProto.STRING), number("probabilities", [3, 5])]
    payload = graph(nodes, [number("waveform", ["n", "m"])], outputs, [shape])
    model = load(forge(copy, {}, payload=payload))
    refused(copy, "onnxruntime could not run it", lambda _: model.predict(wav_files[:1]))


def test_a_model_of_others_is_refused(tmp_path):
    (tmp_path / "other.onnx").write_bytes(answering(["happy"], FAIR))
    refused(tmp_path / "other.onnx", "is an ONNX model, but not one of mer_sklearn")


def test_onnxruntime_does_not_see_a_file_that_is_refused(copy, monkeypatch):
    from mer_sklearn.artifact import runtime

    monkeypatch.setattr(runtime, "open_session", lambda *_, **__: pytest.fail("it was opened"))
    content = bytearray(copy.read_bytes())
    content[1000] ^= 1
    copy.write_bytes(content)
    refused(copy, "was damaged")


def test_a_manifest_is_read_without_onnxruntime(saved):
    code = (
        "import sys; from mer_sklearn.artifact.runtime import open_session, read_manifest; "
        f"read_manifest({str(saved)!r}); print('onnxruntime' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


# --------------------------------------------------------------------------- on the command line


@pytest.mark.parametrize(
    ("change", "payload", "sentence"),
    [
        ({"labels": 3}, None, "labels is 3"),
        ({"schema": 7}, None, "format 7"),
        ({}, answering(["\x1b[31mevil"], FAIR), "answers what its manifest does not say"),
        ({}, answering(["happy"], FAIR, inputs=[]), "does not take one waveform"),
        ({}, b"garbage", "no ONNX model"),
    ],
    ids=["manifest", "format", "answer", "inputs", "garbage"],
)
@pytest.mark.parametrize("words", [["inspect"], ["inspect", "--json"], ["predict"]])
def test_the_command_line_says_one_sentence(
    words, change, payload, sentence, copy, forge, wav_files, capsys
):
    command, *options = words
    files = wav_files[:1] if command == "predict" else []
    forge(copy, change, payload=payload)
    assert main([command, str(copy), *files, *options]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert captured.err.strip().isprintable()
    assert "error of mer itself" not in captured.err


def test_onnx_itself_finds_the_manifest(saved):
    model = onnx.load(saved)
    assert [entry.key for entry in model.metadata_props] == ["mer_sklearn"]
